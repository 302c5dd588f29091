import CSemid
import SemanticID

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What a handle stands for.
enum Held: Sendable {
  case tokenizer(any Tokenizer)
  case registry(Registry, mayChange: Bool)
  /// One state of an index, which does not change.
  case state(SemanticIndex)
  case live(LiveIndex)
  case filter(ItemFilter)
  case vocabulary(TokenVocabulary)
  case constraint(DecodingConstraint)
  case result(CallResult)

  var name: String {
    switch self {
    case .tokenizer: "a tokenizer"
    case .registry: "a registry"
    case .state, .live: "an index"
    case .filter: "a filter"
    case .vocabulary: "a vocabulary"
    case .constraint: "a constraint"
    case .result: "a result"
    }
  }
}

/// Handles are numbers in a table, so that one which is closed or made up is found out. Numbers are not given out twice.
///
/// A call holds on to what its handle stands for, so that another thread may close the handle meanwhile.
enum HandleTable {
  /// Guarded by the lock of `CSemid`, which fork() takes, too.
  nonisolated(unsafe) private static var table: [UInt64: (held: Held, process: Int32)] = [:]
  /// What a forked child closed of its parent's: the files go on being the parent's, so nothing of it may be torn down.
  nonisolated(unsafe) private static var parents: [Held] = []
  nonisolated(unsafe) private static var last: UInt64 = 0

  private static func locked<Value>(_ body: () throws -> Value) rethrows -> Value {
    semid_table_lock()
    defer { semid_table_unlock() }
    return try body()
  }

  static var count: Int { locked { table.count } }

  static func add(_ held: Held) -> UInt64 {
    locked {
      last += 1
      table[last] = (held, getpid())
      return last
    }
  }

  static func close(_ handle: UInt64) throws {
    // What it stands for goes outside the lock: that may take time, and may take other locks.
    guard let (held, process) = locked({ table.removeValue(forKey: handle) }) else {
      throw missing(handle, "an open handle")
    }
    switch held {
    case .registry, .live:
      guard process == getpid() else { return locked { parents.append(held) } }
      if case .registry(let registry, _) = held { try registry.close() }
    default: break
    }
  }

  static subscript(handle: UInt64, expected: String) -> Held {
    get throws {
      guard let (held, process) = locked({ table[handle] }) else { throw missing(handle, expected) }
      switch held {
      case .registry, .live:
        // SQLite's connections and a writer's lock are of one process.
        guard process == getpid() else {
          throw InputError(
            .usage, held.name, expected: "one that this process opened", found: "one that its parent opened",
            remedy: "open it after the fork")
        }
      default: break
      }
      return held
    }
  }

  private static func missing(_ handle: UInt64, _ expected: String) -> Call.BadHandle {
    Call.BadHandle(expected: expected, found: locked { handle > 0 && handle <= last } ? "a closed one" : "none")
  }
}

extension UInt64 {
  private func wrong(_ expected: String, _ held: Held) -> Call.BadHandle {
    Call.BadHandle(expected: expected, found: held.name)
  }

  var tokenizer: any Tokenizer {
    get throws {
      let held = try HandleTable[self, "a tokenizer"]
      guard case .tokenizer(let value) = held else { throw wrong("a tokenizer", held) }
      return value
    }
  }

  var registry: Registry {
    get throws {
      let held = try HandleTable[self, "a registry"]
      guard case .registry(let value, _) = held else { throw wrong("a registry", held) }
      return value
    }
  }

  /// A registry that was not opened to be read only.
  var changeableRegistry: Registry {
    get throws {
      let held = try HandleTable[self, "a registry"]
      guard case .registry(let value, let mayChange) = held else { throw wrong("a registry", held) }
      guard mayChange else {
        throw InputError(
          .usage, value.path ?? "registry", expected: "a registry that was opened to be changed",
          found: "one for reading")
      }
      return value
    }
  }

  /// The state of an index: of one that changes, that of now.
  var index: SemanticIndex {
    get throws {
      switch try HandleTable[self, "an index"] {
      case .state(let value): return value
      case .live(let value): return value.current
      case let held: throw wrong("an index", held)
      }
    }
  }

  var live: LiveIndex {
    get throws {
      let held = try HandleTable[self, "an index that was opened to be changed"]
      guard case .live(let value) = held else { throw wrong("an index that was opened to be changed", held) }
      return value
    }
  }

  /// nil for 0.
  var filter: ItemFilter? {
    get throws {
      guard self != 0 else { return nil }
      let held = try HandleTable[self, "a filter"]
      guard case .filter(let value) = held else { throw wrong("a filter", held) }
      return value
    }
  }

  var vocabulary: TokenVocabulary {
    get throws {
      let held = try HandleTable[self, "a vocabulary"]
      guard case .vocabulary(let value) = held else { throw wrong("a vocabulary", held) }
      return value
    }
  }

  var constraint: DecodingConstraint {
    get throws {
      let held = try HandleTable[self, "a constraint"]
      guard case .constraint(let value) = held else { throw wrong("a constraint", held) }
      return value
    }
  }

  var result: CallResult {
    get throws {
      let held = try HandleTable[self, "a result"]
      guard case .result(let value) = held else { throw wrong("a result", held) }
      return value
    }
  }
}

extension UnsafeMutablePointer<UInt64>? {
  /// Gives out a handle.
  func give(_ held: Held, as name: String) throws {
    guard let self else { throw InputError(.usage, name, expected: "a place for the handle", found: "null") }
    self.pointee = HandleTable.add(held)
  }

  /// Gives out a result, where it is asked for.
  func giveIfAsked(_ result: @autoclosure () throws -> CallResult) rethrows {
    if let self { self.pointee = HandleTable.add(.result(try result())) }
  }

  func give(_ result: CallResult) throws { try give(.result(result), as: "result") }
}

import CKernels
import Vectors

/// A constraint in the layout of the kernels: the prefixes' arrays, each level's tokens, and the masks of nodes with
/// many children.
///
/// States are numbered in this order: the tokens before an ID; the root; the prefixes, depth after depth; the tokens
/// behind an ID.
final class ConstraintTables: @unchecked Sendable {
  // Written by `init` alone; read by any number of threads after.
  let pointer: UnsafeMutablePointer<semid_constraint>
  private let levels: UnsafeMutableBufferPointer<semid_constraint_level>
  /// The owners of the memory that the pointers lead to. The memory of a `Buffer` stays in place as long as the buffer.
  private let owners: [any Sendable]

  let stateCount: Int
  /// Bytes of the masks that are kept ready.
  let tableBytes: Int

  init(
    _ tree: PrefixTree, _ tokens: ConstraintTokens, _ levelTokens: [LevelTokens], vocabularySize: Int,
    pool: ThreadPool
  ) throws {
    var owners: [any Sendable] = []
    func address<Element>(_ buffer: Buffer<Element>) -> UnsafePointer<Element>? {
      owners.append(buffer)
      return buffer.isEmpty ? nil : buffer.withUnsafeBufferPointer(\.baseAddress)
    }
    let counts = [1] + tree.levels.map(\.codes.count)
    let states = counts.reduce(tokens.begin.count, +) + max(tokens.end.count, 1)
    guard states < UInt32.max else {
      throw InputError(
        .unsupported, "decoding constraint", expected: "fewer than 2³² prefixes", found: "\(states)",
        remedy: "split the catalogue")
    }
    let root = Buffer<UInt32>([0, UInt32(counts.count > 1 ? counts[1] : 0)])
    var first = tokens.begin.count
    var bytes = 0
    levels = .allocate(capacity: counts.count)
    for depth in counts.indices {
      var level = semid_constraint_level()
      level.first = UInt32(first)
      level.count = UInt32(counts[depth])
      first += counts[depth]
      level.wide = .max
      if depth > 0, let ends = tree.levels[depth - 1].ends { level.ends = address(ends) }
      if depth < tree.levels.count {
        let next = tree.levels[depth]
        let tokens = levelTokens[depth]
        level.children = address(depth == 0 ? root : tree.levels[depth - 1].children)
        level.codes = address(next.codes)
        level.children_count = UInt32(next.codes.count)
        level.token = Int32(tokens.first)
        level.tokens = UInt32(tokens.count)
        level.codes_of = tokens.codes.flatMap(address)
        level.word = UInt32(tokens.words.lowerBound)
        level.words = UInt32(tokens.words.count)
        level.shift = UInt32(tokens.shift)
        level.bits = tokens.places.flatMap { places in
          address(Buffer(places.array.map { $0 + UInt32(tokens.shift) }))
        }
        if let wide = WideRows(&level, pool) {
          owners.append(wide)
          bytes += wide.bytes
        }
      }
      levels.initializeElement(at: depth, to: level)
    }
    pointer = .allocate(capacity: 1)
    pointer.initialize(
      to: semid_constraint(
        levels: UnsafePointer(levels.baseAddress), depths: UInt32(counts.count),
        begin: address(Buffer(tokens.begin)), begins: UInt32(tokens.begin.count),
        end: address(Buffer(tokens.end)), ends: UInt32(tokens.end.count), tail: UInt32(first),
        padding: address(Buffer(tokens.padding)), paddings: UInt32(tokens.padding.count),
        triggers: address(Buffer(tokens.triggers)), triggers_count: UInt32(tokens.triggers.count),
        free: tokens.triggers.isEmpty ? nil : address(Self.everything(vocabularySize)),
        words: UInt32((vocabularySize + 31) / 32), vocabulary: UInt32(vocabularySize)))
    self.owners = owners
    stateCount = states
    tableBytes = bytes
  }

  /// A mask of every token; the bits behind the last one are zero.
  private static func everything(_ vocabularySize: Int) -> Buffer<UInt32> {
    Buffer(
      (0..<(vocabularySize + 31) / 32).map { word in
        vocabularySize - word * 32 >= 32 ? .max : 1 << UInt32(vocabularySize - word * 32) - 1
      })
  }

  deinit {
    pointer.deallocate()
    levels.deallocate()
  }

  /// The state of the first prefix of each depth, and that behind the last.
  var firsts: [Int] { levels.map { Int($0.first) } + [Int(pointer.pointee.tail)] }
}

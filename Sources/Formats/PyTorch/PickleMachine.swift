import Vectors

/// Reads pickles of tensors, as PyTorch writes them, and of numpy's arrays, and executes nothing: of all that a pickle can
/// call it knows how to put tensors, arrays, ordered dictionaries and sizes together, and refuses every other name.
///
/// Protocols 2 to 5. Memory is bounded by the pickle's own size: no instruction makes more than it brings, save for
/// references.
struct PickleMachine {
  private let bytes: UnsafeRawBufferPointer
  private let source: String
  /// What the pickle is called in errors.
  private let place: String
  private(set) var position: Int
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private let arena: PickleArena
  /// Tuples in tuples, at most; PyTorch's own go three deep.
  private static let mostTuples = 64

  /// - Parameters:
  ///   - position: where the pickle starts.
  ///   - arena: what keeps the values that the pickle makes.
  init(
    _ bytes: UnsafeRawBufferPointer, at position: Int = 0, source: String, place: String, arena: PickleArena
  ) {
    self.bytes = bytes
    self.arena = arena
    self.position = position
    self.source = source
    self.place = place
  }

  /// Reads to the end of the pickle and returns what it made; `position` is then behind it.
  mutating func run() throws -> PickleValue {
    while true {
      let start = position
      let opcode = try byte()
      if opcode == UInt8(ascii: ".") { return try pop() }
      try execute(opcode, start)
    }
  }

  // What is taken off the stack is taken before a method that does not change it is called: its view of the stack would
  // make the change a copy.
  private mutating func execute(_ opcode: UInt8, _ start: Int) throws {
    switch opcode {
    case 0x80:
      let version = try byte()
      guard (2...5).contains(version) else {
        throw fault(start, expected: "pickle protocol 2 to 5", found: "\(version)")
      }
    case 0x95: _ = try bytes(8)  // FRAME
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.bool(true))
    case 0x89: stack.append(.bool(false))
    case UInt8(ascii: "J"): stack.append(.int(Int(Int32(truncatingIfNeeded: try integer(4)))))
    case UInt8(ascii: "K"): stack.append(.int(try integer(1)))
    case UInt8(ascii: "M"): stack.append(.int(try integer(2)))
    case 0x8A: stack.append(.int(try longInteger(start)))
    case UInt8(ascii: "G"):
      let raw = try bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      stack.append(.float(Double(bitPattern: raw)))
    case UInt8(ascii: "X"): stack.append(.string(try text(try integer(4), start)))
    case 0x8C: stack.append(.string(try text(try integer(1), start)))
    case 0x8D: stack.append(.string(try text(try integer(8), start)))
    case UInt8(ascii: "T"): stack.append(.string(try text(try integer(4), start)))
    case UInt8(ascii: "U"): stack.append(.string(try text(try integer(1), start)))
    case UInt8(ascii: "B"): try pushBytes(try integer(4))
    case UInt8(ascii: "C"): try pushBytes(try integer(1))
    case 0x8E, 0x96: try pushBytes(try integer(8))  // BINBYTES8, BYTEARRAY8
    case UInt8(ascii: "]"): stack.append(arena.list())
    case UInt8(ascii: "}"): stack.append(arena.dictionary())
    case UInt8(ascii: ")"): stack.append(.tuple([], depth: 1))
    case 0x85, 0x86, 0x87, UInt8(ascii: "t"):
      let values = opcode == UInt8(ascii: "t") ? try popToMark(start) : try pop(count: Int(opcode) - 0x84)
      stack.append(try tuple(values, start))
    case UInt8(ascii: "a"), UInt8(ascii: "e"):
      let values = opcode == UInt8(ascii: "a") ? try pop(count: 1) : try popToMark(start)
      try append(values, start)
    case UInt8(ascii: "s"), UInt8(ascii: "u"):
      let values = opcode == UInt8(ascii: "s") ? try pop(count: 2) : try popToMark(start)
      try set(values, start)
    case UInt8(ascii: "q"): memo[try integer(1)] = try top()
    case UInt8(ascii: "r"): memo[try integer(4)] = try top()
    case 0x94: memo[memo.count] = try top()
    case UInt8(ascii: "h"): stack.append(try remembered(try integer(1), start))
    case UInt8(ascii: "j"): stack.append(try remembered(try integer(4), start))
    case UInt8(ascii: "c"):
      let module = try line(start)
      stack.append(.global(module + "." + (try line(start))))
    case 0x93:
      let names = try pop(count: 2).compactMap(\.string)
      guard names.count == 2 else { throw fault(start, expected: "two names", found: "something else") }
      stack.append(.global(names.joined(separator: ".")))
    case UInt8(ascii: "Q"): stack.append(.storage(try PickleCalls.storage(try pop()) { fault(start, $0, $1) }))
    case UInt8(ascii: "R"), 0x81:
      let parts = try pop(count: 2)
      stack.append(try PickleCalls.call(parts[0], parts[1], arena) { fault(start, $0, $1) })
    case UInt8(ascii: "b"):
      let parts = try pop(count: 2)
      switch parts[0] {
      case .dictionary: break  // such as a state dict's versions: nothing that is read here
      case .array(let array): try array.set(parts[1]) { fault(start, $0, $1) }
      case .type(let type): try type.set(parts[1]) { fault(start, $0, $1) }
      default: throw fault(start, expected: "the state of a dictionary or an array", found: "that of \(parts[0].noun)")
      }
      stack.append(parts[0])
    default:
      throw fault(
        start, expected: "an instruction that tensors need", found: "instruction \(opcode)",
        remedy: "save tensors or a state dict, not whole objects")
    }
  }

  // MARK: Stack

  private func top() throws -> PickleValue {
    guard let last = stack.last, stack.count > marks.last ?? 0 else { throw underflow() }
    return last
  }

  private mutating func pop() throws -> PickleValue {
    let last = try top()
    stack.removeLast()
    return last
  }

  private mutating func pop(count: Int) throws -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else { throw underflow() }
    let values = Array(stack.suffix(count))
    stack.removeLast(count)
    return values
  }

  private mutating func popToMark(_ start: Int) throws -> [PickleValue] {
    guard let mark = marks.popLast() else { throw fault(start, expected: "a mark", found: "none") }
    let values = Array(stack[mark...])
    stack.removeLast(values.count)
    return values
  }

  private func tuple(_ values: [PickleValue], _ start: Int) throws -> PickleValue {
    let inner = values.reduce(0) { if case .tuple(_, let depth) = $1 { max($0, depth) } else { $0 } }
    guard inner < Self.mostTuples else {
      throw fault(start, expected: "tuples at most \(Self.mostTuples) deep", found: "deeper ones")
    }
    return .tuple(values, depth: inner + 1)
  }

  private func append(_ values: [PickleValue], _ start: Int) throws {
    guard case .list(let list) = try top() else {
      throw fault(start, expected: "a list", found: try top().noun)
    }
    list.values += values
  }

  private func set(_ values: [PickleValue], _ start: Int) throws {
    guard case .dictionary(let dictionary) = try top(), values.count % 2 == 0 else {
      throw fault(start, expected: "a dictionary and pairs", found: try top().noun)
    }
    for index in Swift.stride(from: 0, to: values.count, by: 2) { dictionary.set(values[index], values[index + 1]) }
  }

  private func remembered(_ key: Int, _ start: Int) throws -> PickleValue {
    guard let value = memo[key] else { throw fault(start, expected: "a value noted before", found: "note \(key)") }
    return value
  }

  // MARK: Bytes

  private mutating func byte() throws -> UInt8 {
    guard position < bytes.count else { throw fault(position, expected: "more", found: "the end") }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func bytes(_ count: Int) throws -> UnsafeRawBufferPointer {
    guard count >= 0, count <= bytes.count - position else {
      throw fault(position, expected: "\(count) bytes", found: "\(bytes.count - position)")
    }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
  }

  /// Little-endian, without a sign.
  private mutating func integer(_ size: Int) throws -> Int {
    let value = try bytes(size).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let value = Int(exactly: value) else {
      throw fault(position - size, expected: "a size", found: "\(value)")
    }
    return value
  }

  /// LONG1: up to eight bytes, two's complement. Longer ones are no size of anything: their value is not kept.
  private mutating func longInteger(_ start: Int) throws -> Int {
    let digits = try bytes(try integer(1))
    guard digits.count <= 8 else { return .max }
    var value = digits.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    if let high = digits.last, high & 0x80 != 0, digits.count < 8 { value |= .max << UInt64(8 * digits.count) }
    return Int(Int64(bitPattern: value))
  }

  private mutating func text(_ count: Int, _ start: Int) throws -> String {
    guard let text = String(validating: try bytes(count), as: UTF8.self) else {
      throw fault(start, expected: "UTF-8 text", found: "other bytes")
    }
    return text
  }

  private mutating func pushBytes(_ count: Int) throws { stack.append(.bytes(Array(try bytes(count)))) }

  private mutating func line(_ start: Int) throws -> String {
    guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else {
      throw fault(start, expected: "a name and its line's end", found: "the end")
    }
    defer { position = end + 1 }
    return try text(end - position, start)
  }

  private func underflow() -> InputError { fault(position, expected: "a value on the stack", found: "none") }

  private func fault(_ at: Int, _ expected: String, _ found: String) -> InputError {
    fault(at, expected: expected, found: found)
  }

  private func fault(_ at: Int, expected: String, found: String, remedy: String? = nil) -> InputError {
    InputError(
      .malformed, source, at: place + ", byte \(at)", expected: expected, found: found, remedy: remedy)
  }
}

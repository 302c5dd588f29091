import Vectors

/// A numpy type in a pickle: made of its name, then told its byte order.
final class PickleType {
  /// numpy's name: `f4`, `U12`, `O8`.
  let name: String
  /// `<`, `>`, or `|` where there is no order.
  var order = "|"

  init(name: String) { self.name = name }

  /// Takes what `dtype.__setstate__` is given, of which the second is the byte order.
  func set(_ state: PickleValue, _ fault: PickleCalls.Fault) throws {
    guard let parts = state.tuple, parts.count > 5, let order = parts[1].string, ["<", ">", "|", "="].contains(order)
    else { throw fault("a type's byte order", "something else") }
    // Parts by name, as structured types have.
    for part in parts[2...4] {
      guard case .none = part else { throw fault("a type of numbers or strings", "a structured one") }
    }
    self.order = order
  }

  /// As the header of an `.npy` file says it.
  var descriptor: String {
    let isByte = name.hasSuffix("1") && name.count == 2 || name.hasPrefix("S")
    return (isByte ? "|" : order == "|" || order == "=" ? "<" : order) + name
  }

  var isObject: Bool { name.hasPrefix("O") }
}

/// A numpy array in a pickle: made empty, then told its shape, type and contents.
final class PickleArray {
  private(set) var shape: [Int] = []
  private(set) var isColumnMajor = false
  private(set) var type: PickleType?
  /// What an array of Python objects holds; nil for one of numbers or strings.
  private(set) var objects: [PickleValue]?
  private var bytes: [UInt8] = []

  /// Takes what `ndarray.__setstate__` is given: version, shape, type, order, contents.
  func set(_ state: PickleValue, _ fault: PickleCalls.Fault) throws {
    guard let parts = state.tuple, parts.count == 5, case .type(let type) = parts[2], case .bool(let order) = parts[3]
    else { throw fault("an array's version, shape, type, order and contents", state.noun) }
    try set(shape: parts[1], type, isColumnMajor: order, parts[4], fault)
  }

  func set(
    shape: PickleValue, _ type: PickleType, isColumnMajor: Bool, _ contents: PickleValue, _ fault: PickleCalls.Fault
  ) throws {
    guard let shape = shape.ints ?? shape.int.map({ [$0] }), shape.allSatisfy({ $0 >= 0 }), shape.count <= 32 else {
      throw fault("an array's shape", "something else")
    }
    switch contents {
    case .bytes(let bytes) where !type.isObject: self.bytes = bytes
    case .list(let list) where type.isObject:
      guard byteCount(of: shape, elementSize: 1) == list.values.count else {
        throw fault("as many objects as shape \(text(shape)) has", "\(list.values.count)")
      }
      objects = list.values
    default: throw fault("an array's contents", contents.noun)
    }
    (self.shape, self.type, self.isColumnMajor) = (shape, type, isColumnMajor)
  }

  /// Lets go of what it holds: see `PickleArena`.
  func removeAll() { objects = nil }

  /// The array as an `.npy` file has it, which checks type and size.
  func array(_ source: String, _ place: String) throws -> NPYArray {
    guard let type, objects == nil else {
      throw InputError(.unsupported, source, at: place, expected: "numbers or strings", found: "Python objects")
    }
    let dictionary = """
      {'descr': '\(type.descriptor)', 'fortran_order': \(isColumnMajor ? "True" : "False"), 'shape': \(text(shape)), }\n
      """
    let header = Array(dictionary.utf8)
    let length = withUnsafeBytes(of: UInt16(clamping: header.count).littleEndian) { Array($0) }
    return try NPYArray(
      bytes: Buffer([0x93] + Array("NUMPY".utf8) + [1, 0] + length + header + bytes), source: source, place: place)
  }

  /// The type of its numbers; nil for strings and objects.
  var elementType: ElementType? {
    switch type?.name {
    case "b1": .bool
    case "u1": .uint8
    case "u2": .uint16
    case "u4": .uint32
    case "u8": .uint64
    case "i1": .int8
    case "i2": .int16
    case "i4": .int32
    case "i8": .int64
    case "f2": .float16
    case "f4": .float32
    case "f8": .float64
    default: nil
    }
  }
}

/// Calls that pickles of numpy arrays make, done by hand.
extension PickleCalls {
  /// - Returns: nil for a name that is none of numpy's.
  static func numpy(
    _ name: String, _ arguments: [PickleValue], _ arena: PickleArena, _ fault: Fault
  ) throws -> PickleValue? {
    switch name {
    case "numpy.dtype":
      guard let name = arguments.first?.string, name.utf8.count < 24, name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x27 })
      else { throw fault("the name of a type", "something else") }
      return .type(PickleType(name: name))
    case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct":
      guard case .global("numpy.ndarray")? = arguments.first else { throw fault("an array of numpy", "another object") }
      return arena.array()
    case "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer":
      guard arguments.count == 4, case .type(let type) = arguments[1], let order = arguments[3].string,
        case .array(let array) = arena.array()
      else { throw fault("an array's contents, type, shape and order", "something else") }
      try array.set(shape: arguments[2], type, isColumnMajor: order == "F", arguments[0], fault)
      return .array(array)
    case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar":
      guard arguments.count == 2, case .type(let type) = arguments[0], case .bytes = arguments[1] else {
        throw fault("a number's type and bytes", "something else")
      }
      return try scalar(type, arguments[1], fault)
    case "_codecs.encode":
      // How pickles of protocol 2 hold bytes: as text of as many characters.
      guard arguments.count == 2, let text = arguments[0].string, arguments[1].string == "latin1" else {
        throw fault("bytes as text", "something else")
      }
      let bytes = text.unicodeScalars.compactMap { UInt8(exactly: $0.value) }
      guard bytes.count == text.unicodeScalars.count else { throw fault("bytes as text", "other characters") }
      return .bytes(bytes)
    default: return nil
    }
  }

  private static func scalar(_ type: PickleType, _ bytes: PickleValue, _ fault: Fault) throws -> PickleValue {
    let array = PickleArray()
    try array.set(shape: .tuple([.int(1)], depth: 1), type, isColumnMajor: false, bytes, fault)
    let stored = try array.array("a number", "of numpy")
    guard stored.elementType != nil else { return .string(try stored.strings()[0]) }
    let numbers = try stored.numbers()
    return numbers.elementType.isFloatingPoint
      ? .float(try numbers.doubles()[0]) : .int(Int(try numbers.integers(as: Int64.self)[0]))
  }
}

import Vectors

/// A window on a storage.
struct TorchTensor {
  var storage: TorchStorage
  /// In elements, as the strides are.
  var offset: Int
  var shape: [Int]
  var strides: [Int]

  /// Whether the elements lie one behind the other, in C order.
  var isContiguous: Bool {
    var expected = 1
    for (length, stride) in zip(shape, strides).reversed() {
      if length == 0 { return true }
      if length > 1, stride != expected { return false }
      expected *= length
    }
    return true
  }

  /// Calls `body` with each element's place in C order and its place in the storage.
  func forEachElement(_ body: (Int, Int) -> Void) {
    var index = [Int](repeating: 0, count: shape.count)
    var element = offset
    for place in 0..<shape.reduce(1, *) {
      body(place, element)
      var axis = shape.count - 1
      while axis >= 0 {
        index[axis] += 1
        element += strides[axis]
        if index[axis] < shape[axis] { break }
        element -= strides[axis] * shape[axis]
        index[axis] = 0
        axis -= 1
      }
    }
  }

  /// Its numbers in C order, out of its storage's bytes.
  func array(_ storage: Buffer<UInt8>, _ byteOrder: ByteOrder, source: String, place: String) throws -> NumericArray {
    let size = self.storage.elementType.size
    let count = shape.reduce(1, *)
    let bytes: Buffer<UInt8>
    if isContiguous {
      bytes = count == 0 ? Buffer([]) : storage[slice: offset * size..<(offset + count) * size]
    } else {
      bytes = Buffer(count: count * size) { target in
        storage.withUnsafeBufferPointer { source in
          forEachElement { place, element in
            for byte in 0..<size { target[place * size + byte] = source[element * size + byte] }
          }
        }
      }
    }
    return try NumericArray(
      elementType: self.storage.elementType, byteOrder: byteOrder, shape: shape, bytes: bytes, source: source,
      place: place)
  }
}

/// Numbers in a pickle.
enum PickledNumbers {
  case tensor(TorchTensor)
  case array(PickleArray)

  /// Every tensor, and every array of numbers, that a value reaches, with its name: keys and places with dots between.
  ///
  /// - Throws: `InputError` where values lie in each other deeper, or in more ways, than tensors do.
  static func forEach(in root: PickleValue, source: String, _ body: (String, PickledNumbers) -> Void) throws {
    var budget = 1 << 22
    func visit(_ value: PickleValue, _ name: String, _ depth: Int) throws {
      budget -= 1
      guard depth < 32, budget > 0 else {
        throw InputError(
          .malformed, source, expected: "a few tensors in dictionaries and lists",
          found: depth < 32 ? "millions of values" : "values more than 32 deep in each other")
      }
      func inside(_ part: String) -> String { name.isEmpty ? part : name + "." + part }
      switch value {
      case .tensor(let tensor): body(name, .tensor(tensor))
      case .array(let array): if array.elementType != nil { body(name, .array(array)) }
      case .dictionary(let dictionary):
        for (key, value) in dictionary.entries {
          guard let part = key.string ?? key.int.map({ String($0) }) else { continue }
          try visit(value, inside(part), depth + 1)
        }
      case .list(let list): try visitAll(list.values, inside, depth)
      case .tuple(let values, _): try visitAll(values, inside, depth)
      default: break
      }
    }
    /// Numbers and texts are passed by, at a smaller price.
    func visitAll(_ values: [PickleValue], _ name: (String) -> String, _ depth: Int) throws {
      budget -= values.count / 64
      for (place, value) in values.enumerated() where value.holdsOthers {
        try visit(value, name(String(place)), depth + 1)
      }
    }
    try visit(root, "", 0)
  }
}

package import Vectors

/// An array of numbers as a file holds it: type, byte order, shape and the bytes, which stay mapped until someone asks
/// for them in another form.
///
/// What `.npy` files, members of `.npz` files and tensors of `.safetensors` files are read as.
package struct NumericArray: Sendable {
  package let elementType: ElementType
  package let byteOrder: ByteOrder
  /// The length of each dimension; empty for a single number.
  package let shape: [Int]
  /// Fortran's order: the first index varies fastest.
  package let isColumnMajor: Bool
  /// Exactly `count` elements.
  package let bytes: Buffer<UInt8>
  /// The file, for errors.
  package let source: String
  /// Where in the file, for errors: a member, a tensor.
  package let place: String?

  package var count: Int { shape.reduce(1, *) }

  /// - Throws: `InputError` when the shape does not claim exactly the bytes that are there. Nothing is allocated.
  init(
    elementType: ElementType, byteOrder: ByteOrder = .little, shape: [Int], isColumnMajor: Bool = false,
    bytes: Buffer<UInt8>, source: String, place: String? = nil
  ) throws {
    let claimed = byteCount(of: shape, elementSize: elementType.size)
    guard let claimed, claimed == bytes.count else {
      throw InputError(
        .malformed, source, at: place,
        expected: "\(sizeText(claimed)) of data for shape \(text(shape))", found: "\(bytes.count) bytes",
        remedy: (claimed ?? .max) > bytes.count ? "the file is cut short or its header is wrong" : nil)
    }
    self.elementType = elementType
    self.byteOrder = elementType.size == 1 ? .little : byteOrder
    self.shape = shape
    self.isColumnMajor = isColumnMajor && shape.count > 1
    self.bytes = bytes
    self.source = source
    self.place = place
  }

  /// The elements where they lie, when that is how `Element` lies in memory: no copy, mapped files stay mapped.
  func inPlace<Element: ArrayElement>(as type: Element.Type) -> Buffer<Element>? {
    guard elementType == Element.elementType, byteOrder == .little, !isColumnMajor else { return nil }
    return bytes.withUnsafeBufferPointer { raw in
      guard UInt(bitPattern: raw.baseAddress) % UInt(MemoryLayout<Element>.alignment) == 0 else { return nil }
      return Buffer(unsafe: raw.baseAddress, count: raw.count / MemoryLayout<Element>.stride, keeping: bytes)
    }
  }

  func fault(
    _ kind: InputError.Kind = .malformed, at place: String? = nil, expected: String? = nil, found: String? = nil,
    remedy: String? = nil
  ) -> InputError {
    let places = [self.place, place].compactMap(\.self)
    return InputError(
      kind, source, at: places.isEmpty ? nil : places.joined(separator: ", "), expected: expected, found: found,
      remedy: remedy)
  }

  /// `row 12, column 3 (from 0)` of the element at `index` in storage order.
  func position(ofElement index: Int) -> String {
    var rest = index
    var indices = [Int](repeating: 0, count: shape.count)
    for dimension in isColumnMajor ? Array(shape.indices) : shape.indices.reversed() {
      indices[dimension] = rest % shape[dimension]
      rest /= shape[dimension]
    }
    switch indices.count {
    case 0: return "its only number"
    case 1: return "row \(indices[0]) (from 0)"
    case 2: return "row \(indices[0]), column \(indices[1]) (from 0)"
    default: return "index \(indices) (from 0)"
    }
  }
}

/// The bytes that an array takes; nil when they are too many to count.
func byteCount(of shape: [Int], elementSize: Int) -> Int? {
  // Zero lengths are set aside first, so that a product that overflows is refused wherever the zero stands.
  var bytes = elementSize
  for length in shape where length != 0 {
    let (product, overflow) = bytes.multipliedReportingOverflow(by: length)
    guard !overflow, length > 0 else { return nil }
    bytes = product
  }
  return shape.contains(0) ? 0 : bytes
}

func sizeText(_ bytes: Int?) -> String { bytes.map { "\($0) bytes" } ?? "2⁶³ bytes or more" }

/// `(3, 4)`, as Python writes a shape.
func text(_ shape: [Int]) -> String {
  shape.count == 1 ? "(\(shape[0]),)" : "(" + shape.map { "\($0)" }.joined(separator: ", ") + ")"
}

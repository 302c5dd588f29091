package import Vectors

/// Writes `.safetensors` files.
///
/// The same tensors give the same bytes: tensors lie in the order of the reference implementation (widest type first,
/// then by name), so that each is aligned to its type, and metadata are sorted by key.
package struct SafetensorsWriter {
  /// Free texts for `__metadata__`.
  package var metadata: [String: String]
  private var tensors: [(name: String, type: ElementType, shape: [Int], data: Buffer<UInt8>)] = []

  package init(metadata: [String: String] = [:]) { self.metadata = metadata }

  /// Adds a matrix as F32.
  package mutating func add(_ name: String, _ matrix: Matrix) {
    add(name, matrix.values, shape: [matrix.rows, matrix.columns])
  }

  /// Adds numbers of the given shape, in C order.
  ///
  /// - Precondition: `name` is new and the shape fits.
  package mutating func add<Element: ArrayElement>(_ name: String, _ values: Buffer<Element>, shape: [Int]) {
    precondition(shape.reduce(1, *) == values.count, "the shape must have as many elements as are written")
    precondition(name != "__metadata__" && tensors.allSatisfy { $0.name != name }, "\(name) is taken")
    let data = values.withUnsafeBufferPointer { elements in
      Buffer<UInt8>(
        unsafe: elements.baseAddress, count: elements.count * MemoryLayout<Element>.stride, keeping: values)
    }
    tensors.append((name, Element.elementType, shape, data))
  }

  /// Writes the file.
  package func write(to path: String) throws {
    try AtomicFile.write(to: path) { try write(into: $0) }
  }

  /// As `write(to:)`, into a file that is being written.
  package func write(into writer: FileWriter) throws {
    let ordered = tensors.sorted { ($1.type.size, $0.name) < ($0.type.size, $1.name) }
    var fields: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key < $1.key }.map { "\(jsonString($0.key)):\(jsonString($0.value))" }
      fields.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
    }
    var end = 0
    for tensor in ordered {
      let begin = end
      end += tensor.data.count
      let shape = tensor.shape.map { "\($0)" }.joined(separator: ",")
      fields.append(
        "\(jsonString(tensor.name)):{\"dtype\":\"\(tensor.type.safetensorsName)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(begin),\(end)]}")
    }
    var header = Array("{\(fields.joined(separator: ","))}".utf8)
    header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    try writer.write((0..<8).map { UInt8(truncatingIfNeeded: UInt64(header.count) >> (8 * UInt64($0))) })
    try writer.write(header)
    for tensor in ordered { try writer.write(tensor.data) }
  }
}

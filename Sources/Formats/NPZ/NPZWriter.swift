package import Vectors

/// Writes `.npz` files: arrays under names, stored (`numpy.savez`) or deflated (`numpy.savez_compressed`).
///
/// The same arrays give the same bytes: members keep the order of the calls and carry no time of day.
package struct NPZWriter {
  private var members: [(key: String, header: Buffer<UInt8>, data: Buffer<UInt8>)] = []

  package init() {}

  /// Adds an N×d matrix as float32.
  package mutating func add(_ key: String, _ matrix: Matrix) {
    add(key, matrix.values, shape: [matrix.rows, matrix.columns])
  }

  /// Adds numbers of the given shape, in C order.
  ///
  /// - Precondition: `key` is new and the shape fits.
  package mutating func add<Element: ArrayElement>(_ key: String, _ values: Buffer<Element>, shape: [Int]) {
    precondition(shape.reduce(1, *) == values.count, "the shape must have as many elements as are written")
    precondition(members.allSatisfy { $0.key != key }, "array \(key) is there already")
    let data = values.withUnsafeBufferPointer { elements in
      Buffer<UInt8>(
        unsafe: elements.baseAddress, count: elements.count * MemoryLayout<Element>.stride, keeping: values)
    }
    members.append((key, Buffer(NPY.header(descriptor: Element.elementType.npyDescriptor, shape: shape)), data))
  }

  /// Writes the archive.
  package func write(to path: String, deflated: Bool = false) throws {
    try AtomicFile.write(toPath: path) { temporary in
      try ZipWriter.write(
        members.map { ($0.key + ".npy", [$0.header, $0.data]) }, to: temporary, source: path, deflated: deflated)
    }
  }
}

package import Vectors

/// Writes a state dict, tensors of float32 or int64 under names, which `torch.load` reads with `weights_only` too.
package struct TorchFileWriter {
  private var tensors: [(name: String, storage: String, shape: [Int], count: Int, bytes: Buffer<UInt8>)] = []

  package init() {}

  /// - Precondition: the shape fits.
  package mutating func add(_ name: String, _ values: Buffer<Float>, shape: [Int]) {
    add(name, "FloatStorage", values, shape)
  }

  /// - Precondition: the shape fits.
  package mutating func add(_ name: String, _ values: Buffer<Int64>, shape: [Int]) {
    add(name, "LongStorage", values, shape)
  }

  private mutating func add<Element: ArrayElement>(
    _ name: String, _ storage: String, _ values: Buffer<Element>, _ shape: [Int]
  ) {
    precondition(shape.reduce(1, *) == values.count, "the shape must have as many elements as are written")
    let bytes = values.withUnsafeBufferPointer {
      Buffer<UInt8>(unsafe: $0.baseAddress, count: $0.count * MemoryLayout<Element>.stride, keeping: values)
    }
    tensors.append((name, storage, shape, values.count, bytes))
  }

  package mutating func add(_ name: String, _ matrix: Matrix) {
    add(name, matrix.values, shape: [matrix.rows, matrix.columns])
  }

  /// Writes the file.
  package func write(to path: String) throws {
    try AtomicFile.write(toPath: path) { temporary in
      var members: [(name: String, bytes: Buffer<UInt8>)] = [
        ("data.pkl", Buffer(pickle)), ("byteorder", Buffer(Array("little".utf8))),
      ]
      for (index, tensor) in tensors.enumerated() {
        members.append(("data/\(index)", tensor.bytes))
      }
      members.append(("version", Buffer(Array("3\n".utf8))))
      try ZipWriter.write(members.map { ("archive/" + $0.name, [$0.bytes]) }, to: temporary, source: path)
    }
  }

  /// An OrderedDict of tensors, in pickle protocol 2.
  private var pickle: [UInt8] {
    var out: [UInt8] = [0x80, 2]
    func global(_ module: String, _ name: String) { out += Array("c\(module)\n\(name)\n".utf8) }
    func string(_ text: String) {
      out.append(UInt8(ascii: "X"))
      append(Int32(text.utf8.count))
      out += Array(text.utf8)
    }
    func append(_ value: Int32) { withUnsafeBytes(of: value.littleEndian) { out += Array($0) } }
    func integer(_ value: Int) {
      if let small = Int32(exactly: value) {
        out.append(UInt8(ascii: "J"))
        append(small)
      } else {
        out += [0x8A, 8]
        withUnsafeBytes(of: Int64(value).littleEndian) { out += Array($0) }
      }
    }
    func tuple(_ values: [Int]) {
      out.append(UInt8(ascii: "("))
      for value in values { integer(value) }
      out.append(UInt8(ascii: "t"))
    }
    func emptyDictionary() {
      global("collections", "OrderedDict")
      out += Array(")R".utf8)
    }
    emptyDictionary()
    out.append(UInt8(ascii: "("))
    for (index, tensor) in tensors.enumerated() {
      string(tensor.name)
      global("torch._utils", "_rebuild_tensor_v2")
      out += Array("((".utf8)
      string("storage")
      global("torch", tensor.storage)
      string(String(index))
      string("cpu")
      integer(tensor.count)
      out += Array("tQ".utf8)
      integer(0)
      tuple(tensor.shape)
      var strides = tensor.shape
      var next = 1
      for axis in tensor.shape.indices.reversed() {
        strides[axis] = next
        next *= max(1, tensor.shape[axis])
      }
      tuple(strides)
      out.append(0x89)
      emptyDictionary()
      out += Array("tR".utf8)
    }
    out += Array("u.".utf8)
    return out
  }
}

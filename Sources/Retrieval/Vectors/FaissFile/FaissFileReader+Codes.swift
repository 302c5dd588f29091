extension FaissFileReader {
  /// Vectors as they are.
  mutating func flat(_ header: FaissIndexHeader, _ type: FaissTypeCode, at start: Int) throws {
    guard (type == "IxF2") == (header.metric == .l2) else {
      throw fault("the metric that the type \(type) says", "the other", at: start)
    }
    let count = try product(header.count, header.dimension, of: "vectors")
    _ = try array(Float.self, "values", count: count)
  }

  mutating func scalarCodes(_ header: FaissIndexHeader) throws {
    let size = try scalarQuantizer(header.dimension)
    _ = try array(UInt8.self, "bytes of codes", count: product(header.count, size, of: "codes"))
  }

  mutating func productCodes(_ header: FaissIndexHeader) throws {
    let quantizer = try productQuantizer(header.dimension)
    _ = try array(UInt8.self, "bytes of codes", count: product(header.count, quantizer.codeSize, of: "codes"))
    // Other searches compare codes of the query too, under conditions of their own.
    try number(Int32.self, "a search type of", is: 0)
    try number(UInt8.self, "a flag of signs as codes,", is: 0)
    _ = try number(Int32.self, "a Hamming threshold of", in: 0...1 << 30)
  }

  /// How many vectors fast scan takes together. FAISS does not search all that it makes of others.
  static let blockOfVectors = 32

  mutating func fastScanCodes(_ header: FaissIndexHeader) throws {
    let quantizer = try productQuantizer(header.dimension, bits: 4...4)
    try number(Int32.self, "an implementation of", is: 0)
    let block = Self.blockOfVectors
    try number(Int32.self, "a block of vectors of", is: block)
    try number(Int32.self, "a block of queries of", is: 0)
    let rounded = (header.count + block - 1) / block * block
    try number(UInt64.self, "a count rounded up to blocks, of", is: rounded)
    let pairs = (quantizer.parts + 1) / 2
    try number(UInt64.self, "a number of parts rounded up, of", is: 2 * pairs)
    _ = try array(UInt8.self, "bytes of codes", count: product(rounded, pairs, of: "codes"))
  }

  mutating func hashes(_ header: FaissIndexHeader) throws {
    let bits = try number(Int32.self, "a number of bits of", in: 1...1 << 20)
    let isRotated = try flag("a flag of rotation,")
    let hasThresholds = try flag("a flag of thresholds,")
    guard isRotated || bits <= header.dimension else {
      throw fault("at most one bit a dimension where nothing is rotated", "\(bits)", at: offset)
    }
    _ = try array(Float.self, "thresholds", count: hasThresholds ? bits : 0)
    let size = (bits + 7) / 8
    try number(Int32.self, "a code size of", is: size)
    let start = offset
    let rotation = try transform(["rrot"], isUsed: isRotated)
    guard rotation.from == header.dimension, rotation.to == bits else {
      throw fault(
        "a rotation of \(header.dimension) dimensions to \(bits)", "\(rotation.from) to \(rotation.to)", at: start)
    }
    _ = try array(UInt8.self, "bytes of codes", count: product(header.count, size, of: "codes"))
  }
}

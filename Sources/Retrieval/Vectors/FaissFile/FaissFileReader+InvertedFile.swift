extension FaissFileReader {
  mutating func invertedFile(_ header: FaissIndexHeader, _ type: FaissTypeCode) throws {
    let lists = try number(UInt64.self, "a number of lists of", in: 1...Int(Int32.max))
    _ = try number(UInt64.self, "a number of lists to visit of", in: 1...Int(Int32.max))
    _ = try index(
      FaissFamily.codes + [.graph],
      FaissIndexHeader(dimension: header.dimension, count: lists, metric: header.metric),
      as: "quantizer of an inverted file")
    // The map from labels to entries is made anew after reading: no file of ours holds one.
    try number(UInt8.self, "a map of labels of the type", is: 0)
    _ = try array(Int64.self, "entries of the map of labels", count: 0)
    let shape = InvertedShape(lists: lists, count: header.count)
    switch type {
    case "IwFl":
      try arrayLists(shape, codeSize: 4 * header.dimension)
    case "IwSq":
      let size = try scalarQuantizer(header.dimension)
      try number(UInt64.self, "a code size of", is: size)
      _ = try flag("a flag of residuals,")
      try arrayLists(shape, codeSize: size)
    case "IwPf":
      try fastScanLists(header, shape)
    default:
      try productLists(header, shape, isRefined: type == "IwQR")
    }
  }

  private mutating func productLists(_ header: FaissIndexHeader, _ shape: InvertedShape, isRefined: Bool) throws {
    // A quantizer of what is left over needs what is left over.
    if isRefined { try number(UInt8.self, "a flag of residuals,", is: 1) } else { _ = try flag("a flag of residuals,") }
    let start = offset
    let size = try number(UInt64.self, "a code size of", in: 1...Int(Int32.max))
    let quantizer = try productQuantizer(header.dimension)
    guard size == quantizer.codeSize else { throw fault("a code size of \(quantizer.codeSize)", "\(size)", at: start) }
    try arrayLists(shape, codeSize: size)
    guard isRefined else { return }
    let refined = try productQuantizer(header.dimension)
    _ = try array(UInt8.self, "bytes of codes", count: product(header.count, refined.codeSize, of: "codes"))
    _ = try float("a factor of candidates from", in: 1...1000)
  }

  private mutating func fastScanLists(_ header: FaissIndexHeader, _ shape: InvertedShape) throws {
    _ = try flag("a flag of residuals,")
    let start = offset
    let size = try number(UInt64.self, "a code size of", in: 1...Int(Int32.max))
    let block = Self.blockOfVectors
    try number(Int32.self, "a block of vectors of", is: block)
    let parts = try number(UInt64.self, "a number of parts rounded up, of", in: 2...1 << 21)
    try number(Int32.self, "an implementation of", is: 0)
    try number(UInt64.self, "a block of queries of", is: 0)
    let quantizer = try productQuantizer(header.dimension, bits: 4...4)
    guard size == quantizer.codeSize, parts == (quantizer.parts + 1) / 2 * 2 else {
      throw fault("codes of \(quantizer.codeSize) bytes", "\(size), in \(parts) parts", at: start)
    }
    try blockLists(shape, block: block, blockSize: product(block, parts / 2, of: "codes"))
  }
}

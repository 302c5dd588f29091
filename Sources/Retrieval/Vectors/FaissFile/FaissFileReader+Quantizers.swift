/// What the layout of codes follows from.
struct FaissProductQuantizer {
  /// Subspaces.
  let parts: Int
  let codeSize: Int
}

extension FaissFileReader {
  /// - Parameter bits: of the code of one part.
  mutating func productQuantizer(
    _ dimension: Int, bits range: ClosedRange<Int> = 1...FaissFactory.mostBits
  ) throws -> FaissProductQuantizer {
    try number(UInt64.self, "a product quantizer of dimension", is: dimension)
    let start = offset
    let parts = try number(UInt64.self, "a number of parts of", in: 1...dimension)
    guard dimension % parts == 0 else {
      throw fault("parts that divide the dimension \(dimension)", "\(parts)", at: start)
    }
    let bits = try number(UInt64.self, "bits of a code,", in: range)
    _ = try array(Float.self, "centroid values", count: product(dimension, 1 << bits, of: "centroids"))
    return FaissProductQuantizer(parts: parts, codeSize: (bits * parts + 7) / 8)
  }

  /// - Returns: bytes of a code.
  mutating func scalarQuantizer(_ dimension: Int) throws -> Int {
    let start = offset
    let type = try number(Int32.self, "a type of scalar quantizer of", in: 0...255)
    guard let type = FaissScalarType(rawValue: type), type.isKnown else {
      throw fault(
        "the type of a scalar quantizer of FAISS \(FaissIndex.version): SQ4, SQ6, SQ8, SQfp16 or SQbf16", "\(type)",
        at: start)
    }
    _ = try number(Int32.self, "a statistic of ranges of", in: 0...3)
    _ = try float("argument of the statistic")
    try number(UInt64.self, "a scalar quantizer of dimension", is: dimension)
    let size = type.codeSize(dimension)
    try number(UInt64.self, "a code size of", is: size)
    _ = try array(Float.self, "ranges", count: type.hasRanges ? 2 * dimension : 0)
    return size
  }
}

/// How a scalar quantizer holds a component: those types that the factory makes of floats.
enum FaissScalarType: Int {
  case bits8 = 0
  case bits4 = 1
  case float16 = 4
  case bits6 = 6
  case bfloat16 = 7

  /// Whether the FAISS in use has it: an unknown type ends the process, from within threads of its own.
  var isKnown: Bool {
    guard self == .bfloat16 else { return true }
    return FaissIndex.version.split(separator: ".").compactMap { Int($0) }.lexicographicallyPrecedes([1, 9]) == false
  }

  /// Whether each dimension has a range of its own, learned in training.
  var hasRanges: Bool { self == .bits4 || self == .bits6 || self == .bits8 }

  /// Bytes of the code of a vector.
  func codeSize(_ dimension: Int) -> Int {
    switch self {
    case .bits8: dimension
    case .bits4: (dimension + 1) / 2
    case .bits6: (6 * dimension + 7) / 8
    case .float16, .bfloat16: 2 * dimension
    }
  }
}

import Vectors

/// The kinds of FAISS indexes that can hold the vectors of an index: those whose files are checked.
enum FaissFamily: CaseIterable {
  case flat
  case scalarQuantizer
  case productQuantizer
  /// Product-quantized codes of 4 bits in blocks, summed by shuffles.
  case fastScan
  case hash
  case invertedFile
  case graph
  /// Vectors are rotated, reduced or the like, and then held by another index.
  case transformed
  /// One index finds candidates, another ranks them.
  case refined

  /// Those that hold each vector's code on its own, at its label's place.
  static let codes: [FaissFamily] = [.flat, .scalarQuantizer, .productQuantizer]

  init?(_ type: FaissTypeCode) {
    switch type {
    case "IxF2", "IxFI": self = .flat
    case "IxSQ": self = .scalarQuantizer
    case "IxPq": self = .productQuantizer
    case "IPfs": self = .fastScan
    case "IxHe": self = .hash
    case "IwFl", "IwSq", "IwPQ", "IwQR", "IwPf": self = .invertedFile
    case "IHNf", "IHNs", "IHNp": self = .graph
    case "IxPT": self = .transformed
    case "IxRF": self = .refined
    default: return nil
    }
  }

  var name: String {
    switch self {
    case .flat: "Flat"
    case .scalarQuantizer: "a scalar quantizer"
    case .productQuantizer: "a product quantizer"
    case .fastScan: "a product quantizer for fast scan"
    case .hash: "LSH"
    case .invertedFile: "an inverted file"
    case .graph: "an HNSW graph"
    case .transformed: "a transform before an index"
    case .refined: "a refined index"
    }
  }
}

/// What every FAISS index begins with.
struct FaissIndexHeader {
  let dimension: Int
  /// Number of vectors.
  let count: Int
  let metric: FaissIndex.Metric
}

extension FaissFileReader {
  /// An index, with all that is inside it.
  ///
  /// - Parameters:
  ///   - families: the families that are allowed. Those of a part never include those of the whole, so the depth is
  ///     bounded.
  ///   - expected: the shape that it must have as a part of another.
  ///   - role: what it is to that other.
  mutating func index(
    _ families: [FaissFamily], _ expected: FaissIndexHeader?, as role: String
  ) throws -> FaissIndexHeader {
    let start = offset
    let type = try type()
    guard let family = FaissFamily(type) else {
      throw fault(
        "an index of \(FaissFactory.families)", "the type \(type)", at: start, kind: .unsupported)
    }
    guard families.contains(family) else {
      throw fault("\(families.map(\.name).joined(separator: " or ")) as the \(role)", family.name, at: start)
    }
    let header = try header()
    if let expected {
      guard
        header.dimension == expected.dimension, header.count == expected.count, header.metric == expected.metric
      else {
        throw fault("a \(role) of \(describe(expected))", describe(header), at: start)
      }
    }
    switch family {
    case .flat: try flat(header, type, at: start)
    case .scalarQuantizer: try scalarCodes(header)
    case .productQuantizer: try productCodes(header)
    case .fastScan: try fastScanCodes(header)
    case .hash: try hashes(header)
    case .invertedFile: try invertedFile(header, type)
    case .graph: try graph(header, type)
    case .transformed: try transformed(header)
    case .refined: try refined(header)
    }
    return header
  }

  private mutating func header() throws -> FaissIndexHeader {
    let dimension = try number(Int32.self, "a dimension of", in: 1...1 << 20)
    let count = try number(Int64.self, "a count of", in: 0...Int(UInt32.max))
    // Two numbers that mean nothing, and that every version writes as these.
    for _ in 0..<2 { try number(Int64.self, "a filler of", is: 1 << 20) }
    try number(UInt8.self, "a flag of a trained index,", is: 1)
    let metric = try number(Int32.self, "a metric, inner product (0) or l2 (1):", in: 0...1)
    return FaissIndexHeader(dimension: dimension, count: count, metric: metric == 0 ? .innerProduct : .l2)
  }

  private func describe(_ header: FaissIndexHeader) -> String {
    "\(header.count) vectors of length \(header.dimension), \(header.metric == .l2 ? "l2" : "inner product")"
  }
}

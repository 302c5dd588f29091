import Foundation
import TestSupport
import Vectors

@testable import Retrieval

/// FAISS indexes of every family that is taken, for the tests that read, damage and forge their files.
enum FaissCases {
  static let dimension = 16
  static let count = 300

  /// Factory strings of every family, variant of it and combination.
  static let all = codes + trees + composites

  /// Training `PQ4` on so few vectors takes seconds, for its codes are put in an order that suits Hamming distances
  /// ("polysemous"): it is here once. The others with `np` ("not polysemous") have files of the same form.
  static let codes = [
    "Flat", "SQ4", "SQ6", "SQ8", "SQfp16", "PQ4", "PQ4np", "PQ4x6", "PQ4x5np", "PQ8x4fs", "PQ16x4fs", "PQ1x4fs_32",
    "LSH",
    "LSHr", "LSHt", "LSHrt",
  ]
  static let trees = [
    "HNSW8", "HNSW8,Flat", "HNSW8_SQ8", "HNSW2,SQfp16", "HNSW,PQ4np", "HNSW8,PQ4np", "IVF8,Flat", "IVF8,SQ8",
    "IVF8,SQ4",
    "IVF8,SQ6", "IVF8,SQfp16", "IVF8,PQ4np", "IVF8,PQ4x6", "IVF8,PQ4+4", "IVF8,PQ8x4fs", "IVF8,PQ8x4fsr",
    "IVF8_HNSW8,Flat", "IVF8_HNSW,PQ4np", "IVF8(HNSW8,SQ8),PQ4np", "IVF8(SQ8),SQ8",
  ]
  static let composites = [
    "PCA8,Flat", "PCAR8,SQ8", "RR,PQ4np", "RR8,Flat", "OPQ4,PQ4np", "OPQ4_8,IVF8,PQ4np", "L2norm,Flat", "Pad32,SQ8",
    "PCA8,OPQ4,HNSW8", "SQ8,RFlat", "IVF8,PQ4np,RFlat", "PCA8,IVF8,SQ8,RFlat", "PQ4np,Refine(SQ8)",
    "OPQ4,PQ8x4fs,RFlat",
    "HNSW8,Refine(PQ8np)",
  ]

  /// Whether FAISS 1.7.3 makes it for the inner product too.
  static func isForInnerProducts(_ factory: String) -> Bool {
    !factory.hasPrefix("LSH") && !factory.contains("+") && !(factory.hasPrefix("HNSW") && factory.contains("PQ4"))
  }

  static func vectors(_ count: Int = Self.count, seed: UInt64 = 70) -> Matrix {
    var catalogue = RandomCatalogue(seed: seed)
    return catalogue.matrix(rows: count, columns: dimension)
  }

  static func make(
    _ factory: String, _ metric: FaissIndex.Metric = .l2, of vectors: Matrix = vectors(),
    trainedOn sample: Matrix? = nil
  ) throws -> FaissIndex {
    try FaissIndex(
      factory: factory, metric: metric, dimension: vectors.columns, count: vectors.rows,
      training: { sample ?? vectors }, piece: { vectors[rows: $0] })
  }

  static func bytes(_ factory: String, _ metric: FaissIndex.Metric = .l2) throws -> [UInt8] {
    let folder = try TemporaryFolder()
    try make(factory, metric).write(to: folder.file("index"))
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.file("index"))))
  }

  /// Asks an index all that the engine ever asks one.
  static func use(_ index: FaissIndex, _ factory: String) throws {
    let queries = vectors(3, seed: 71)
    // Whoever opens one compares its length with the manifest's first.
    guard index.dimension == dimension else { return }
    for k in [1, 5, 40, index.count] {
      let found = try index.search(queries, k: k)
      guard found.labels.allSatisfy({ (-1..<Int64(index.count)).contains($0) }) else {
        throw InputError(.malformed, factory, found: "a label that no vector has")
      }
    }
    // FAISS 1.7.3 takes no number of lists for a search of fast-scan codes.
    if factory.contains("IVF"), !factory.contains("RFlat"), !factory.contains("x4fs") {
      _ = try index.search(queries, k: 3, probes: .max >> 1)
    }
    for label in 0..<min(index.count, 1000) { _ = try index.reconstruct(label) }
    let labels = (0..<UInt32(min(index.count, 1000))).map { $0 }
    var distances = [Float](repeating: 0, count: labels.count)
    try queries.row(0).withUnsafeBufferPointer { query in
      if let query = query.baseAddress { try index.distances(query, labels, count: labels.count, into: &distances) }
    }
  }
}

/// Changes that a reader of sizes and types must not fall for.
struct FaissMutator {
  private var random: CounterRandom
  private static let types = [
    "IxF2", "IxFI", "IxFl", "IxSQ", "IxPq", "IxPQ", "IPfs", "IxHe", "IxHE", "IwFl", "IwSq", "IwSQ", "IwPQ", "IwQR",
    "IwPf",
    "IvFl", "IHNf", "IHNs", "IHNp", "IHN2", "IxPT", "IxRF", "IxMp", "IxM2", "Imiq", "INSf", "IxRq", "null", "ilar",
    "ilbl",
    "ilod", "il00", "full", "sprs", "LTra", "rrot", "Pcam", "RmDT", "VNrm", "Viqt",
  ].map { Array($0.utf8) }
  private static let numbers = Set(types.map { type in type.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) } })

  init(seed: UInt64) { random = CounterRandom(seed: seed) }

  /// One of the changes, at a place that more often than not is one of structure.
  mutating func change(_ original: [UInt8]) -> [UInt8] {
    var bytes = original
    for _ in 0..<1 + random.below(2) * random.below(3) { change(&bytes) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8]) {
    guard bytes.count > 16 else { return }
    switch random.below(8) {
    case 0: bytes[place(bytes)] ^= 1 << UInt8(random.below(8))
    case 1: bytes[place(bytes)] = UInt8(random.below(256))
    case 2: bytes.removeLast(1 + random.below(bytes.count - 16))
    case 3: bytes += (0..<1 + random.below(16)).map { _ in UInt8(random.below(256)) }
    case 4: write([0, 1, 2, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 20, 0x7FC0_0000][random.below(8)], 4, &bytes)
    case 5:
      write([0, 1, .max, 1 << 63, 1 << 40, 1 << 32, .max >> 1, UInt64(FaissCases.count)][random.below(8)], 8, &bytes)
    case 6: swapType(&bytes)
    default:
      // A piece of it again, at another place.
      let from = place(bytes)
      let to = place(bytes)
      for index in 0..<min(1 + random.below(64), bytes.count - max(from, to)) {
        bytes[to + index] = bytes[from + index]
      }
    }
  }

  private mutating func place(_ bytes: [UInt8]) -> Int {
    switch random.below(4) {
    case 0: return random.below(bytes.count)
    case 1: return bytes.count - 1 - random.below(min(64, bytes.count))
    default:
      // After one of the types that stand in the file.
      let starts = places(of: Self.numbers, bytes)
      return min(bytes.count - 1, starts[random.below(starts.count)] + random.below(120))
    }
  }

  private mutating func write(_ value: UInt64, _ size: Int, _ bytes: inout [UInt8]) {
    let start = place(bytes)
    for index in 0..<min(size, bytes.count - start) {
      bytes[start + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
    }
  }

  private mutating func swapType(_ bytes: inout [UInt8]) {
    let starts = places(of: Self.numbers, bytes)
    let start = starts[random.below(starts.count)]
    bytes.replaceSubrange(start..<start + 4, with: Self.types[random.below(Self.types.count)])
  }

  /// Where types stand; the beginning, where they should.
  private func places(of types: Set<UInt32>, _ bytes: [UInt8]) -> [Int] {
    let places = bytes.withUnsafeBytes { bytes in
      (0..<bytes.count - 4).filter { types.contains(bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)) }
    }
    return places.isEmpty ? [0] : places
  }
}

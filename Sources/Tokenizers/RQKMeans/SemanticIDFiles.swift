import Clustering
import Foundation
import Formats
import Vectors

/// The files of the Python package semantic-id's `RQKMeans`: `metadata.json` and `codebooks.npz`, whose arrays
/// `codebook_0` … are float32 K×D.
enum SemanticIDFiles {
  static let metadataName = "metadata.json"
  static let codebooksName = "codebooks.npz"

  /// The keys that `RQKMeans.save` writes.
  private struct Metadata: Codable {
    var type: String
    var levels: Int
    var sizes: [Int]
    var metric: String
    var implementation: String
    var iterations: Int
    var tolerance: Double
    var seed: UInt64?
    var restarts: Int?
    var dimension: Int

    enum CodingKeys: String, CodingKey {
      case type, metric, implementation
      case levels = "n_levels"
      case sizes = "n_clusters"
      case iterations = "max_iter"
      case tolerance = "tol"
      case seed = "random_state"
      case restarts = "n_init"
      case dimension = "D"
    }

    func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(type, forKey: .type)
      try values.encode(levels, forKey: .levels)
      try values.encode(sizes, forKey: .sizes)
      try values.encode(metric, forKey: .metric)
      try values.encode(implementation, forKey: .implementation)
      try values.encode(iterations, forKey: .iterations)
      try values.encode(tolerance, forKey: .tolerance)
      // Its reader looks these two up: null, not absent.
      try values.encode(seed, forKey: .seed)
      try values.encode(restarts, forKey: .restarts)
      try values.encode(dimension, forKey: .dimension)
    }
  }

  static func write(_ model: RQKMeans, to path: String, replacing kind: DirectoryKind) throws {
    guard model.options.metric == .l2, !model.options.normalizesResiduals, model.prices.isEmpty,
      model.options.beam == 1
    else {
      throw InputError(
        .unsupported, path,
        expected: "a model with metric l2, plain residuals, no prices and a beam of 1, the only kind semantic-id has",
        found: "metric \(model.options.metric.rawValue), "
          + (model.options.normalizesResiduals ? "residuals of unit length" : "plain residuals")
          + (model.prices.isEmpty ? "" : ", prices") + ", a beam of \(model.options.beam)")
    }
    let kMeans = model.options.kMeans
    let metadata = Metadata(
      type: "RQKMeans", levels: model.levelSizes.count, sizes: model.levelSizes, metric: "l2",
      implementation: "kmeans", iterations: kMeans.iterations, tolerance: kMeans.tolerance,
      seed: kMeans.seed <= UInt64(UInt32.max) ? kMeans.seed : nil, restarts: kMeans.restarts,
      dimension: model.dimension)
    let json = try text(metadata)
    var archive = NPZWriter()
    for (level, matrix) in model.codebooks.levels.enumerated() { archive.add("codebook_\(level)", matrix) }
    try AtomicDirectory.write(to: path, replacing: kind) { directory in
      try directory.write(json, to: metadataName)
      try archive.write(to: directory.file(codebooksName), deflated: true)
    }
  }

  /// What `metadata.json` holds, in our spelling: keys sorted, a space on both sides of a colon.
  static func text(_ metadata: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(metadata), as: UTF8.self) + "\n"
  }

  /// Whether `text` is metadata of an RQKMeans as `write` spells them, and not as Python does.
  static func isOurs(_ text: [UInt8]) throws -> Bool {
    let metadata = try JSONDecoder().decode(Metadata.self, from: Data(text))
    return try metadata.type == "RQKMeans" && Array(Self.text(metadata).utf8) == text
  }

  static func read(_ path: String) throws -> RQKMeans {
    let file = path + "/" + metadataName
    let metadata = try JSONFile.decode(Metadata.self, path: file)
    guard metadata.type == "RQKMeans", metadata.metric == "l2" else {
      throw InputError(
        .unsupported, file, expected: "type RQKMeans and metric l2",
        found: "type \(metadata.type) and metric \(metadata.metric)")
    }
    let books = try codebooks(in: path + "/" + codebooksName)
    guard books.levelSizes == metadata.sizes, books.dimension == metadata.dimension else {
      throw InputError(
        .mismatch, path + "/" + codebooksName,
        expected:
          "codebooks of \(metadata.sizes) codewords of dimension \(metadata.dimension), as \(metadataName) says",
        found: "\(books.levelSizes) of dimension \(books.dimension)")
    }
    var options = RQKMeansOptions()
    options.kMeans.iterations = metadata.iterations
    options.kMeans.tolerance = metadata.tolerance
    options.kMeans.restarts = metadata.restarts ?? 1
    options.kMeans.start = .kMeansPlusPlus
    if let seed = metadata.seed { options.kMeans.seed = seed }
    return try RQKMeans(
      codebooks: books, options: options, prices: [], record: nil)
  }

  /// `codebook_0` … of an archive, or its only array: [L,K,d], or [K,d] for a single level.
  static func codebooks(in path: String) throws -> Codebooks {
    let archive = try NPZFile(path: path)
    if archive.keys.contains("codebook_0") {
      let count = archive.keys.count { $0.hasPrefix("codebook_") }
      return try Codebooks(
        levels: (0..<count).map { try archive.array("codebook_\($0)").matrix() }, source: path)
    }
    guard archive.keys.count == 1, let key = archive.keys.first else {
      throw InputError(
        .malformed, path, expected: "arrays codebook_0 … or a single array",
        found: archive.keys.isEmpty ? "no arrays" : archive.keys.joined(separator: ", "))
    }
    let array = try archive.array(key)
    switch array.shape.count {
    case 2: return try Codebooks(levels: [array.matrix()], source: path)
    case 3:
      let (levels, size, dimension) = (array.shape[0], array.shape[1], array.shape[2])
      let values = try array.numbers().floats()
      return try Codebooks(
        levels: (0..<levels).map { level in
          Matrix(
            rows: size, columns: dimension,
            values: values[slice: level * size * dimension..<(level + 1) * size * dimension])
        }, source: path)
    default:
      throw InputError(
        .malformed, path, at: "array \(key)", expected: "shape [L, K, d] or [K, d]", found: "\(array.shape)")
    }
  }
}

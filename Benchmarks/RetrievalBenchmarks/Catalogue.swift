import BenchmarkSupport
import Foundation
import Retrieval
import Tokenizers
import Vectors

/// 60,000 items of 384 dimensions, their 4×256 codes and their index in a temporary folder.
final class Catalogue {
  static let items = 60_000
  static let dimension = 384
  static let levels = 4

  let contents: IndexContents
  let index: SemanticIndex
  /// Rows drawn as the items were, but not among them.
  let queries: Matrix
  private let folder: URL

  init() throws {
    let embeddings = SyntheticEmbeddings()
    let vectors = embeddings.vectors(Self.items, dimension: Self.dimension)
    queries = embeddings.vectors(1024, dimension: Self.dimension, first: Self.items)
    var options = RQKMeansOptions()
    options.levelSizes = Array(repeating: 256, count: Self.levels)
    options.sampleSize = 8192
    options.kMeans.iterations = 5
    let model = try RQKMeans.train(vectors, options: options).model
    contents = IndexContents(
      codes: try model.encode(vectors), vectors: vectors, ids: StringColumn((0..<Self.items).map { "item \($0)" }),
      codebooks: model.codebooks, model: model.fingerprint)
    folder = try Self.temporaryFolder()
    let path = folder.appendingPathComponent("index").path
    try IndexBuilder().build(contents, at: path)
    index = try SemanticIndex(opening: path)
  }

  deinit { Self.remove(folder) }

  /// IDs of items drawn at random.
  func identifiers(_ count: Int) -> [[UInt16]] {
    var random = CounterRandom(seed: 6)
    return (0..<count).map { _ in contents.codes[random.below(Self.items)] }
  }

  static func temporaryFolder() throws -> URL {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("semid-bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    return url
  }

  static func remove(_ folder: URL) { try? FileManager.default.removeItem(at: folder) }
}

/// What a benchmark works on: made by its set-up, gone with its tear-down, so that no file outlives the run.
final class Holder<Value> {
  private var value: Value?

  func make(_ value: Value) { self.value = value }
  func drop() { value = nil }

  func use() throws -> Value {
    guard let value else { throw CocoaError(.featureUnsupported) }
    return value
  }
}

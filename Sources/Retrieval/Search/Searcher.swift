import Tokenizers
import Vectors

/// Searches one state of an index by vector, and owns the memory that its searches use.
///
/// It knows the segments and what the manifest says of them. An index makes one when it is opened, and keeps it. It is
/// an object, so that a search retains one reference.
final class Searcher: Sendable {
  /// The index's, for errors.
  let path: String
  let manifest: IndexManifest
  /// The segments as searches without a filter take them.
  let segments: [SearchedSegment]
  /// Number of items that are not deleted.
  let count: Int
  /// All codewords, level after level; nil where the index has none.
  let codewords: Matrix?
  let model: IndexTokenizer?
  /// Of the segments, without a filter.
  let scan: SketchScan
  let scratch: ScratchPool

  /// - Parameter earlier: the searcher of another state of the index, whose memory is used again.
  init(
    _ segments: [IndexSegment], of manifest: IndexManifest, path: String, model: IndexTokenizer?,
    reusing earlier: Searcher?
  ) {
    self.path = path
    self.manifest = manifest
    self.model = model
    self.segments = segments.map { SearchedSegment($0, $0.live) }
    count = segments.reduce(0) { $0 + $1.liveCount }
    codewords = segments.first?.arrays.codewords
    scan = SketchScan(self.segments)
    scratch = earlier?.scratch ?? ScratchPool()
  }

  var metric: Metric { manifest.metric }

  /// Whether items are scanned by inner product with the query. Latents are compared by distance, whatever the metric.
  var scansByInnerProduct: Bool { metric == .innerProduct && manifest.latentDimension == nil }

  /// The model that made the codes.
  ///
  /// - Throws: `InputError` when the index was built without it, or its files are damaged.
  func tokenizer() throws -> any Tokenizer {
    guard let model else {
      throw InputError(
        .unsupported, path, expected: "an index that keeps its model", found: "one without",
        remedy: "build it with the model")
    }
    return try model.open()
  }

  static func noVectors(_ path: String) -> InputError {
    InputError(
      .unsupported, path, expected: "an index with vectors", found: "one of codes alone",
      remedy: "build it with the items' vectors")
  }
}

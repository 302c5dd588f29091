import Tokenizers
import Vectors

/// What a segment is made of; row i of everything is the same item.
struct SegmentItems {
  var codes: Codes
  var ids: StringColumn?
  var vectors: VectorRows?
  /// ‖x‖ / ‖x̂‖ of every row, where earlier segments know it; otherwise the builder measures it.
  var scales: Buffer<Float>?
  var attributes: ItemAttributes?

  init(codes: Codes, ids: StringColumn?, vectors: VectorRows?, scales: Buffer<Float>? = nil) {
    self.codes = codes
    self.ids = ids
    self.vectors = vectors
    self.scales = scales
  }

  init(_ contents: IndexContents) throws {
    self.init(codes: contents.codes, ids: contents.ids, vectors: contents.vectors.map { VectorRows($0) })
    attributes = try contents.attributes.map {
      try ItemAttributes($0, ids: contents.ids, count: contents.codes.count)
    }
  }
}

/// The metric between vectors, for tokenizers, indexes and measurements alike.
///
/// Raw values are the names in files and in options.
public enum Metric: String, Codable, Hashable, Sendable, CaseIterable {
  /// ‖q − x‖², squared, as FAISS reports it.
  case l2
  /// 1 − cos(q, x). Vectors are scaled to length 1 first.
  case cosine
  /// −⟨q, x⟩, so that less is nearer, as with the others. Indexes have it. k-means does not, since no mean minimizes an
  /// inner product.
  case innerProduct = "ip"
}

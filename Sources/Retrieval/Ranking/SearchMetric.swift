/// What "near" means in an index.
public enum SearchMetric: String, Codable, Hashable, Sendable, CaseIterable {
  /// ‖q − x‖², squared, as FAISS reports it.
  case l2
  /// 1 − cos(q, x). Vectors are stored with length 1, and queries are brought to it.
  case cosine
  /// −⟨q, x⟩: less is nearer, as with the others.
  case innerProduct = "ip"
}

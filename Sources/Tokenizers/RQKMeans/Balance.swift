/// Whether, and how, the codes of a level are used evenly.
///
/// `price` and `strict` train alike. Every round shares the training rows out evenly, ⌊N/K⌋ or ⌈N/K⌉ to a codeword, at
/// the least total distance, and learns the prices of codewords that give this assignment. They differ in how rows are
/// encoded.
public enum Balance: String, Hashable, Sendable, Codable, CaseIterable {
  /// Every item gets the nearest codeword.
  case none
  /// Every item gets the codeword of the least squared distance plus price. Its code depends on that item alone. Codes
  /// are used evenly as far as the items are like the training rows.
  case price
  /// Items that are encoded together are shared out evenly. A single new item is encoded by price.
  case strict
}

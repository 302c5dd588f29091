/// Whether the codes of a level are made to be used evenly.
///
/// `price` and `strict` train alike: every round shares the training rows out evenly, ⌊N/K⌋ or ⌈N/K⌉ to a codeword, at the
/// least total distance, and learns the price of every codeword that does it. They differ in how rows are encoded.
public enum Balance: String, Hashable, Sendable, Codable, CaseIterable {
  /// Every item has the nearest codeword.
  case none
  /// Every item has the codeword of the least squared distance plus price. Its code depends on that item alone, and codes
  /// are used as evenly as items are like those trained on.
  case price
  /// What is encoded together is shared out evenly. A new item by itself is encoded by price.
  case strict
}

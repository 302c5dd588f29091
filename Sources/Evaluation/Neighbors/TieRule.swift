import Foundation

/// Recall@k and NDCG@k of one ranking against another, where both have ties.
///
/// The rule: items at equal distance stand in every order equally often, and the two rankings independently of each
/// other. What is reported is the exact mean over all those orders, so it depends on no order of rows and on no library.
/// A group of c tied items with b items before it takes the ranks b ..< b + c (from 0), and each item each of them with
/// probability 1/c. By linearity and independence
///
///     E[recall] = Σ P(item among the true k) · P(item among the found k) / k
///     E[NDCG]   = Σ E[relevance of item] · E[discount of item] / IDCG
///
/// where an item at true rank r has relevance max(0, k − r), and at found rank r the discount 1 / log₂(r + 2) for r < k
/// and 0 after.
struct TieRule: Sendable {
  let k: Int
  /// Element n: Σ of the discounts of the first n ranks.
  private let discounts: [Double]
  /// The gain of the true ranking itself.
  let idealGain: Double

  init(k: Int) {
    self.k = k
    var discounts = [0.0]
    var ideal = 0.0
    for rank in 0..<k {
      let discount = 1 / log2(Double(rank + 2))
      discounts.append(discounts[rank] + discount)
      ideal += Double(k - rank) * discount
    }
    self.discounts = discounts
    idealGain = ideal
  }

  /// The probability that an item of the group is among the first k.
  func inside(before: Int, count: Int) -> Double {
    guard before < k, count > 0 else { return 0 }
    return Double(min(k, before + count) - before) / Double(count)
  }

  /// The mean discount of an item of the group.
  func discount(before: Int, count: Int) -> Double {
    guard before < k, count > 0 else { return 0 }
    return (discounts[min(k, before + count)] - discounts[before]) / Double(count)
  }

  /// The mean relevance of an item of the group.
  func relevance(before: Int, count: Int) -> Double {
    guard before < k, count > 0 else { return 0 }
    // k − before, k − before − 1, …, as many as lie within k.
    let ranks = Double(min(k, before + count) - before)
    return ranks * (2 * Double(k - before) - ranks + 1) / 2 / Double(count)
  }
}

import Vectors

/// How a user's history becomes one vector.
package enum UserProfile: Hashable, Sendable {
  /// The mean of all item vectors.
  case mean
  /// The mean of the last vectors: so many, or all where there are fewer.
  case last(Int)

  /// As it is typed: `mean`, `last`, `last5`.
  package var name: String {
    switch self {
    case .mean: "mean"
    case .last(1): "last"
    case .last(let count): "last\(count)"
    }
  }

  /// Reads `mean`, `last` or `lastN`.
  package init?(parsing text: String) {
    if text == "mean" {
      self = .mean
    } else if text == "last" {
      self = .last(1)
    } else if text.hasPrefix("last"), let count = Int(text.dropFirst(4)), (1...1_000_000).contains(count) {
      self = .last(count)
    } else {
      return nil
    }
  }

  /// The items of a history that the profile is made of.
  func taken(of history: ArraySlice<UInt32>) -> ArraySlice<UInt32> {
    if case .last(let count) = self { history.suffix(count) } else { history }
  }

  /// The mean of the rows of `vectors` that the profile takes, in double precision.
  ///
  /// - Parameter history: rows of items, oldest first; not empty.
  func vector(of history: ArraySlice<UInt32>, _ vectors: UnsafeBufferPointer<Float>, dimension: Int) -> [Double] {
    let taken = taken(of: history)
    var sum = [Double](repeating: 0, count: dimension)
    for item in taken {
      for column in 0..<dimension { sum[column] += Double(vectors[Int(item) * dimension + column]) }
    }
    return sum.map { $0 / Double(taken.count) }
  }
}

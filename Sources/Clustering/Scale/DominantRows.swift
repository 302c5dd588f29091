/// A few rows that lie so far from the others that they make up most of the variance. Errors relative to the variance
/// then say little about all other rows, and codewords go to those few.
public struct DominantRows: Hashable, Sendable {
  /// The numbers of the rows, the farthest first; at least one, and at most a thousandth of all rows.
  public let rows: [Int]
  /// The same rows by their places among those that training looks at.
  package let places: [Int]
  /// The rows' share of the variance, above 0.5.
  public let share: Double
  /// How many times farther from the mean the farthest row is than the other rows, in the root mean square.
  public let distance: Double

  /// Fewer rows than these have no outliers to speak of.
  private static let fewest = 16

  /// - Parameters:
  ///   - squares: |x − mean|² of every row.
  ///   - variance: their sum.
  /// - Returns: nil when no few rows make up half of the sum.
  init?(_ squares: [Double], variance: Double, name: (Int) -> Int) {
    guard squares.count >= Self.fewest, variance > 0, variance.isFinite else { return nil }
    let limit = max(1, squares.count / 1000)
    guard (squares.max() ?? 0) * Double(limit) > variance / 2 else { return nil }
    var rows: [Int] = []
    var sum = 0.0
    for row in squares.indices.sorted(by: { (squares[$1], $0) < (squares[$0], $1) }).prefix(limit)
    where sum <= variance / 2 {
      rows.append(row)
      sum += squares[row]
    }
    guard sum > variance / 2, let first = rows.first else { return nil }
    let own = Set(rows)
    let others = squares.indices.reduce(0.0) { own.contains($1) ? $0 : $0 + squares[$1] }
    self.rows = rows.map(name)
    places = rows
    share = sum / variance
    distance = (squares[first] / max(others / Double(squares.count - rows.count), .leastNormalMagnitude)).squareRoot()
  }

  /// A warning for the user.
  public var warning: String {
    let named = rows.prefix(5).map(String.init).joined(separator: ", ") + (rows.count > 5 ? ", …" : "")
    let percent = Double(Int(share * 1000)) / 10
    return (rows.count == 1 ? "row \(named) makes" : "\(rows.count) rows (\(named)) make")
      + " up \(percent) % of the variance of all vectors: errors relative to the variance say little about the others; "
      + "look whether \(rows.count == 1 ? "it is" : "they are") right, and drop or scale "
      + (rows.count == 1 ? "it" : "them")
  }
}

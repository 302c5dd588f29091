import Formats
import Tokenizers
import Vectors

/// The vectors that a model decodes the items' codes to, one for each ID, with the items that have it.
///
/// The codes of an autoencoder are of its latent space. Distances there are not those of the vectors. What its decoder makes
/// of a code is a vector again, and can be compared with profiles.
struct DecodedItems: Sendable {
  private let scores: ItemScores
  /// Rows of items, ID after ID, ascending within one; where each ID's begin, and the end.
  private let rows: [Int]
  private let starts: [Int]

  /// - Parameter codes: N×L; levels that the model does not have are not decoded.
  /// - Complexity: O(N log N · L), and the decoder's work for each distinct ID.
  init(_ codes: Codes, _ tokenizer: any Tokenizer, _ metric: Metric, source: String, pool: ThreadPool) throws {
    let levels = tokenizer.levelSizes.count
    let values = codes.values.array
    func precedes(_ one: Int, _ other: Int) -> Bool {
      for level in 0..<levels {
        let (a, b) = (values[one * codes.levels + level], values[other * codes.levels + level])
        if a != b { return a < b }
      }
      return one < other
    }
    func isSame(_ one: Int, _ other: Int) -> Bool {
      (0..<levels).allSatisfy { values[one * codes.levels + $0] == values[other * codes.levels + $0] }
    }
    let rows = (0..<codes.count).sorted(by: precedes)
    let starts = rows.indices.filter { $0 == 0 || !isSame(rows[$0 - 1], rows[$0]) }
    let distinct = starts.flatMap { place in (0..<levels).map { values[rows[place] * codes.levels + $0] } }
    let decoded = try tokenizer.decode(
      Codes(levelSizes: tokenizer.levelSizes, values: Buffer(distinct), source: source), pool: pool)
    scores = try ItemScores(decoded, metric, source: "decoded \(source)", pool: pool)
    self.rows = rows
    self.starts = starts + [rows.count]
  }

  /// The `budget` items whose decoded vectors are nearest to a profile; of equal ones those of the first IDs, and of one ID
  /// the first rows.
  ///
  /// - Parameter profile: 1×d, as `ItemScores.profiles` makes it.
  /// - Complexity: O(U·d + U log U) for U distinct IDs.
  func nearest(_ profile: Matrix, budget: Int) -> [Int] {
    let products = scores.products(profile)
    let order = products.indices.sorted { (products[$0], $1) > (products[$1], $0) }
    var found: [Int] = []
    for id in order {
      guard found.count < budget else { break }
      found += rows[starts[id]..<starts[id + 1]].prefix(budget - found.count)
    }
    return found
  }
}

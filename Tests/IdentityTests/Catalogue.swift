import Tokenizers
import Vectors

/// A random model and vectors with as many collisions as a test asks for.
struct Catalogue {
  var model: RQKMeans
  var vectors: Matrix
  var ids: StringColumn

  var codes: Codes { get throws { try model.encode(vectors, pool: ThreadPool(threads: 1), source: "vectors") } }

  /// - Parameter distinct: how many different vectors there are; the rest repeats them.
  init(items: Int, levelSizes: [Int], dimension: Int = 6, distinct: Int? = nil, seed: UInt64) throws {
    var random = CounterRandom(seed: seed)
    func normal(_ rows: Int, _ scale: Float) -> Matrix {
      Matrix(
        rows: rows, columns: dimension,
        values: (0..<rows * dimension).map { _ in Float(random.normals().0) * scale })
    }
    let books = levelSizes.enumerated().map { normal($0.element, 1 / Float($0.offset + 1)) }
    model = try RQKMeans(codebooks: Codebooks(levels: books))
    let pool = normal(distinct ?? items, 1)
    vectors = distinct.map { count in pool.gathered((0..<items).map { _ in random.below(count) }) } ?? pool
    ids = StringColumn((0..<items).map { "item \($0 * 7919 % 10_007)-\($0)" })
  }

  /// The same items in another order, and for each of its rows the row here.
  func shuffled(seed: UInt64) -> (catalogue: Catalogue, rows: [Int]) {
    var random = CounterRandom(seed: seed)
    let rows = Array(ids.indices).shuffled(using: &random)
    return (selecting(rows), rows)
  }

  func selecting(_ rows: [Int]) -> Catalogue {
    var copy = self
    copy.vectors = vectors.gathered(rows)
    copy.ids = ids.gathered(rows)
    return copy
  }
}

extension Codes {
  /// How many items have each ID.
  var uses: [[UInt16]: Int] { (0..<count).reduce(into: [:]) { $0[self[$1], default: 0] += 1 } }
}

import Vectors

/// Measures, on the items themselves, whether it pays to have each of them in a second cell.
///
/// Some items are taken as queries. The cells are looked into, nearest first, until nearly all neighbors of the queries
/// were met. With one copy, a neighbor is met in its nearest cell. With two, it is met in either of its cells: sooner,
/// but cells hold twice as much. The trial compares how many items had to be scanned. One copy takes less where items
/// come in clusters no larger than cells. Two take less for text embeddings, whose neighbors are scattered.
struct CellTrial {
  private static let queries = 64
  private static let neighbors = 10
  private static let sizeSample = 1 << 14
  /// The share of the neighbors that must be met.
  private static let share = 0.95
  /// Two copies must scan less than this share of what one copy scans, since they take twice the memory and copies have
  /// to be removed.
  private static let gain = 0.8

  /// Items scanned, each as often as it is met.
  let (withOne, withTwo): (Double, Double)

  var pays: Bool { withTwo < Self.gain * withOne }

  /// About 64 · N · d operations.
  init(_ assignment: CellAssignment, seed: UInt64, _ pool: ThreadPool) {
    let source = assignment.source
    var random = CounterRandom(seed: seed, stream: 1)
    let queries = random.sample(min(Self.queries, source.count), below: source.count)
    let vectors = source.vectors(of: queries, pool)
    let neighbors = Self.neighbors(of: queries, vectors, source, pool)
    let cells = assignment.cells(copies: 2, count: neighbors.count, pool) { neighbors[$0].item }
    let sampled = random.sample(min(Self.sizeSample, source.count), below: source.count)
    let assigned = assignment.cells(copies: 2, count: sampled.count, pool) { sampled[$0] }
    var sizes = [(one: Int, two: Int)](repeating: (0, 0), count: assignment.centers.rows)
    for index in sampled.indices {
      sizes[Int(assigned[2 * index])].one += 1
      sizes[Int(assigned[2 * index])].two += 1
      sizes[Int(assigned[2 * index + 1])].two += 1
    }
    var costs: (one: [Int], two: [Int]) = ([], [])
    let products = source.products(vectors, with: assignment.centers)
    let squares = assignment.centers.withUnsafeBufferPointer { centers in
      (0..<assignment.centers.rows).map { source.square(centers.baseAddress.unsafelyUnwrapped + $0 * source.dimension) }
    }
    var scanned = sizes
    for query in queries.indices {
      let distances = squares.indices.map { squares[$0] - 2 * products[query, $0] }
      var sum = (one: 0, two: 0)
      for cell in distances.indices.sorted(by: { (distances[$0], $0) < (distances[$1], $1) }) {
        sum.one += sizes[cell].one
        sum.two += sizes[cell].two
        scanned[cell] = sum
      }
      for (index, neighbor) in neighbors.enumerated() where neighbor.query == query {
        let (first, other) = (Int(cells[2 * index]), Int(cells[2 * index + 1]))
        costs.one.append(scanned[first].one)
        costs.two.append(min(scanned[first].two, scanned[other].two))
      }
    }
    let scale = Double(source.count) / Double(max(sampled.count, 1))
    withOne = scale * Double(Self.quantile(costs.one))
    withTwo = scale * Double(Self.quantile(costs.two))
  }

  private static func quantile(_ values: [Int]) -> Int {
    values.sorted().dropFirst(Int(Double(values.count) * share)).first ?? 0
  }

  /// The nearest items to each query but itself, exactly.
  private static func neighbors(
    of queries: [Int], _ vectors: Matrix, _ source: CellSource, _ pool: ThreadPool
  ) -> [(query: Int, item: Int)] {
    let block = 256
    let piece = max(block, (source.count + 255) / 256)
    let pieces = (source.count + piece - 1) / piece
    var found = [[SmallestKeys]](repeating: [], count: pieces)
    found.withUnsafeMutableBufferPointer { found in
      pool.run(tasks: pieces) { number in
        var nearest = queries.map { _ in SmallestKeys(limit: neighbors) }
        let end = min(source.count, (number + 1) * piece)
        for start in stride(from: number * piece, to: end, by: block) {
          let items = start..<min(end, start + block)
          source.withProducts(of: items, with: vectors) { rows, products in
            for (row, item) in items.enumerated() {
              let square = source.square(rows + row * source.dimension)
              for (index, query) in queries.enumerated() where query != item {
                let distance = square - 2 * products[row * queries.count + index]
                if !(distance > nearest[index].threshold) {
                  nearest[index].insert(RankKey.make(distance, UInt32(truncatingIfNeeded: item)))
                }
              }
            }
          }
        }
        found[number] = nearest
      }
    }
    return queries.indices.flatMap { query in
      var nearest = SmallestKeys(limit: neighbors)
      for number in found.indices { found[number][query].withKept { $0.forEach { nearest.insert($0) } } }
      return nearest.withKept { kept in
        var kept = kept
        // An order that does not depend on how they were found.
        kept.sort()
        return kept.map { (query, Int(RankKey.item($0))) }
      }
    }
  }
}

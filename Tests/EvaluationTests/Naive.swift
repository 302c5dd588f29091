import Foundation
import Tokenizers
import Vectors

/// The definitions, written as plainly as they can be, for small inputs.
enum Naive {
  /// Whole numbers as coordinates make many ties, and equal vectors.
  static func vectors(_ rows: Int, _ columns: Int, values: Int, seed: UInt64) -> Matrix {
    var random = CounterRandom(seed: seed)
    return Matrix(
      rows: rows, columns: columns, values: (0..<rows * columns).map { _ in Float(random.below(values)) })
  }

  static func normals(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
    var random = CounterRandom(seed: seed)
    return Matrix(rows: rows, columns: columns, values: (0..<rows * columns).map { _ in Float(random.normals().0) })
  }

  static func codes(_ count: Int, _ sizes: [Int], seed: UInt64) throws -> Codes {
    var random = CounterRandom(seed: seed, stream: 7)
    return try Codes(
      levelSizes: sizes, values: Buffer((0..<count).flatMap { _ in sizes.map { UInt16(random.below($0)) } }))
  }

  static func squaredDistance(_ x: Matrix, _ a: Int, _ b: Int) -> Double {
    zip(x.row(a), x.row(b)).reduce(0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
  }

  static func hamming(_ a: [UInt16], _ b: [UInt16]) -> Int { zip(a, b).count { $0 != $1 } }

  static func prefix(_ a: [UInt16], _ b: [UInt16]) -> Int { a.count - zip(a, b).prefix { $0 == $1 }.count }

  /// Every order of the items in which none stands before a nearer one.
  static func orders(_ items: [Int], by distance: (Int) -> Double) -> [[Int]] {
    guard let least = items.map(distance).min() else { return [[]] }
    return items.filter { distance($0) == least }.flatMap { first in
      orders(items.filter { $0 != first }, by: distance).map { [first] + $0 }
    }
  }

  /// Recall and NDCG of one order against another, as they are defined without ties.
  static func scores(_ truth: [Int], _ found: [Int], k: Int) -> (recall: Double, ndcg: Double) {
    let recall = Double(Set(truth.prefix(k)).intersection(found.prefix(k)).count) / Double(k)
    var gain = 0.0
    var ideal = 0.0
    for rank in 0..<k {
      let discount = 1 / log2(Double(rank) + 2)
      if let place = truth.prefix(k).firstIndex(of: found[rank]) { gain += Double(k - place) * discount }
      ideal += Double(k - rank) * discount
    }
    return (recall, gain / ideal)
  }

  /// The mean over all pairs of orders, of all queries.
  static func enumerated(_ x: Matrix, _ codes: Codes, k: Int, _ distance: ([UInt16], [UInt16]) -> Int) -> (
    recall: Double, ndcg: Double
  ) {
    var recall = 0.0
    var ndcg = 0.0
    for query in 0..<x.rows {
      let others = (0..<x.rows).filter { $0 != query }
      let truths = orders(others) { squaredDistance(x, query, $0) }
      let found = orders(others) { Double(distance(codes[query], codes[$0])) }
      let pairs = truths.flatMap { truth in found.map { scores(truth, $0, k: k) } }
      recall += pairs.reduce(0) { $0 + $1.recall } / Double(pairs.count)
      ndcg += pairs.reduce(0) { $0 + $1.ndcg } / Double(pairs.count)
    }
    return (recall / Double(x.rows), ndcg / Double(x.rows))
  }
}

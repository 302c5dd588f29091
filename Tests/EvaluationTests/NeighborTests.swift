import Retrieval
import Synchronization
import Testing
import Tokenizers
import Vectors

@testable import Evaluation

@Suite struct NeighborTests {
  /// All rows whose distance is at most the k-th's.
  private func naive(_ x: Matrix, _ query: Int, k: Int) -> [ExactNeighbors.Neighbor] {
    let all = (0..<x.rows).filter { $0 != query }
      .map { row in
        let (a, b) = (x.row(query), x.row(row))
        return ExactNeighbors.Neighbor(
          row: row, distance: (a + b).withUnsafeBufferPointer { squaredDistance($0, 0, 1, x.columns) })
      }
      .sorted { ($0.distance, $0.row) < ($1.distance, $1.row) }
    return all.filter { $0.distance <= all[k - 1].distance }
  }

  @Test func equalBruteForceWithAllTies() {
    var cases: [(String, Matrix)] = [
      ("ties", Naive.vectors(700, 3, values: 4, seed: 1)), ("more ties", Naive.vectors(300, 6, values: 2, seed: 2)),
      ("all equal", Matrix(rows: 90, columns: 5, values: [Float](repeating: 0.3, count: 450))),
      ("all zero", Matrix(rows: 40, columns: 2, values: [Float](repeating: 0, count: 80))),
      ("normal", Naive.normals(5000, 17, seed: 3)), ("one column", Naive.normals(200, 1, seed: 4)),
    ]
    // Far from the origin, where floats cannot tell rows apart by |y|² − 2⟨x, y⟩; very large; very small; mixed.
    let near = Naive.normals(600, 9, seed: 5)
    for (name, change) in [
      ("far", { (value: Float, row: Int) in value + 3000 }), ("large", { value, row in value * 1e25 }),
      ("small", { value, row in value * 1e-25 }),
      ("mixed", { value, row in row % 3 == 0 ? value * 1e-22 : row % 3 == 1 ? value : value * 1e9 }),
    ] as [(String, (Float, Int) -> Float)] {
      cases.append(
        (
          name,
          Matrix(
            rows: 600, columns: 9,
            values: near.values.array.enumerated().map { change($0.element, $0.offset / 9) })
        ))
    }
    for (name, x) in cases {
      for k in [1, 7, 30] {
        let exact = ExactNeighbors(x, k: k, pool: ThreadPool(threads: 2))
        let queries = Array(stride(from: 0, to: x.rows, by: max(1, x.rows / 25)))
        var seen = 0
        for first in stride(from: 0, to: queries.count, by: ExactNeighbors.block) {
          exact.neighbors(of: queries[first..<min(queries.count, first + ExactNeighbors.block)]) { position, found in
            #expect(found == naive(x, queries[position], k: k), "\(name), k \(k), row \(queries[position])")
            seen += 1
          }
        }
        #expect(seen == queries.count)
      }
    }
  }

  @Test func squaredDistanceIsTheSumOfSquares() {
    let x = Naive.normals(6, 11, seed: 6)
    x.withUnsafeBufferPointer { values in
      for a in 0..<6 {
        for b in 0..<6 {
          let found = squaredDistance(values, a, b, 11)
          #expect(abs(found - Naive.squaredDistance(x, a, b)) <= 1e-13 * found)
          #expect(found == squaredDistance(values, b, a, 11))
        }
      }
    }
  }

  @Test func itemsAtEachCodeDistance() throws {
    for (count, sizes, seed) in [(500, [3, 4, 2], 1), (40, [1, 5], 2), (3000, [2, 2, 2, 2, 2], 3), (2, [9], 4)] {
      let codes = try Naive.codes(count, sizes, seed: UInt64(seed))
      let trie = try CodeTrie(codes)
      let set = CodeNeighborhood(trie, pool: ThreadPool(threads: 2))
      for row in stride(from: 0, to: count, by: max(1, count / 40)) {
        var prefix = [Int](repeating: 0, count: sizes.count + 1)
        var hamming = prefix
        for other in 0..<count where other != row {
          prefix[Naive.prefix(codes[row], codes[other])] += 1
          hamming[Naive.hamming(codes[row], codes[other])] += 1
          let distances = trie.codeDistances(row, other)
          #expect(distances.prefix == Naive.prefix(codes[row], codes[other]))
          #expect(distances.hamming == Naive.hamming(codes[row], codes[other]))
        }
        #expect(set.prefixCounts(Int(trie.positions[row])) == prefix)
        #expect(set.hammingCounts(Int(trie.positions[row])) == hamming)
      }
    }
  }

  /// Against a plain expectation over items, at a size where orders cannot be enumerated.
  @Test func agreementEqualsPlainExpectation() throws {
    let x = Naive.vectors(400, 3, values: 5, seed: 8)
    let codes = try Naive.codes(400, [4, 3, 3], seed: 8)
    let queries = [0, 399, 17, 200, 17]
    let k = 10
    let rule = TieRule(k: k)
    let found = NeighborAgreement.measure(x, [try CodeTrie(codes)], queries: queries, k: k)[0]
    var recall = 0.0
    var ndcg = 0.0
    for query in queries {
      let others = (0..<400).filter { $0 != query }
      for item in others {
        func group(_ distance: (Int) -> Double) -> (before: Int, count: Int) {
          let own = distance(item)
          return (others.count { distance($0) < own }, others.count { distance($0) == own })
        }
        let truth = group { Naive.squaredDistance(x, query, $0) }
        guard truth.before < k else { continue }
        let code = group { Double(Naive.prefix(codes[query], codes[$0])) }
        recall +=
          rule.inside(before: truth.before, count: truth.count) * rule.inside(before: code.before, count: code.count)
          / Double(k)
        ndcg +=
          rule.relevance(before: truth.before, count: truth.count)
          * rule.discount(before: code.before, count: code.count) / rule.idealGain
      }
    }
    #expect(abs(found.prefix.recall - recall / 5) < 1e-12)
    #expect(abs(found.prefix.ndcg - ndcg / 5) < 1e-12)
    #expect(found.queries == 5 && found.k == k)
  }

  @Test func progressCountsEveryQuery() throws {
    let done = Mutex(0)
    _ = NeighborAgreement.measure(
      Naive.normals(100, 4, seed: 1), [try CodeTrie(Naive.codes(100, [8], seed: 1))], queries: Array(0..<100), k: 3
    ) { count in done.withLock { $0 += count } }
    #expect(done.withLock { $0 } == 100)
  }
}

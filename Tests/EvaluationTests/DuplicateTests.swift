import Retrieval
import Testing
import Tokenizers
import Vectors

@testable import Evaluation

@Suite struct DuplicateTests {
  @Test func equalRowsAreFound() {
    let x = Matrix(rows: 5, columns: 2, values: [1, 0, 2, 2, 1, -0.0, 1, 0, 3, 3])
    let duplicates = DuplicateVectors(x)
    #expect(duplicates.first == [0, 1, 0, 0, 4])
    #expect(duplicates.count == 2 && duplicates.rowsSharing == 3)
  }

  @Test(arguments: [1, 2, 4]) func equalsAPlainCount(_ threads: Int) {
    for (rows, columns, values) in [(400, 3, 4), (3000, 5, 3), (50, 1, 1), (60, 8, 1000)] {
      let x = Naive.vectors(rows, columns, values: values, seed: UInt64(rows))
      let duplicates = DuplicateVectors(x, pool: ThreadPool(threads: threads))
      var first: [[Float]: Int] = [:]
      var sizes: [[Float]: Int] = [:]
      for row in 0..<rows {
        let vector = x.row(row)
        if first[vector] == nil { first[vector] = row }
        sizes[vector, default: 0] += 1
        #expect(duplicates.first[row] == first[vector])
      }
      #expect(duplicates.count == rows - first.count)
      #expect(duplicates.rowsSharing == sizes.values.filter { $0 > 1 }.reduce(0, +))
    }
  }

  @Test func collisionsAreEitherOfDuplicatesOrOfTheQuantizer() throws {
    // Vectors a a b c c, IDs 0 0 0 1 2: under ID 0 one duplicate and one other vector; the two c are kept apart.
    let x = Matrix(rows: 5, columns: 1, values: [1, 1, 2, 3, 3])
    let trie = try CodeTrie(Codes(levelSizes: [3], values: Buffer([0, 0, 0, 1, 2])))
    let found = DuplicateCollisions(trie, DuplicateVectors(x))
    #expect(found.itemsWithDuplicates == 4 && found.distinctVectors == 3 && abs(found.floor - 0.4) < 1e-15)
    #expect(found.ofDuplicates == 1 && found.ofQuantizer == 1)

    for seed in 0..<20 as Range<UInt64> {
      let x = Naive.vectors(200, 2, values: 6, seed: seed)
      let codes = try Naive.codes(200, [5, 3], seed: seed)
      let found = DuplicateCollisions(try CodeTrie(codes), DuplicateVectors(x))
      var vectors: [[UInt16]: Set<[Float]>] = [:]
      for item in 0..<200 { vectors[codes[item], default: []].insert(x.row(item)) }
      #expect(found.ofQuantizer == vectors.values.reduce(0) { $0 + $1.count - 1 })
      #expect(found.ofDuplicates + found.ofQuantizer == 200 - vectors.count)
    }
  }
}

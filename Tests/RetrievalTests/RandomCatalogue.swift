import Tokenizers
import Vectors

/// Random inputs of every shape, the same for the same seed.
struct RandomCatalogue {
  var random: CounterRandom

  init(seed: UInt64) { random = CounterRandom(seed: seed) }

  /// Codes of `count` items, some sharing an ID.
  mutating func codes(count: Int, levelSizes: [Int]) throws -> Codes {
    var values: [UInt16] = []
    for item in 0..<count {
      if item > 0, random.below(4) == 0 {
        // The ID of an earlier item, or the first codes of one, so that prefixes are shared at every level.
        let earlier = random.below(item) * levelSizes.count
        let shared = random.below(levelSizes.count + 1)
        values += values[earlier..<earlier + shared]
        values += levelSizes[shared...].map { UInt16(random.below($0)) }
      } else {
        values += levelSizes.map { UInt16(random.below($0)) }
      }
    }
    return try Codes(levelSizes: levelSizes, values: Buffer(values))
  }

  mutating func matrix(rows: Int, columns: Int, scale: Double = 1) -> Matrix {
    Matrix(rows: rows, columns: columns, values: (0..<rows * columns).map { _ in Float(random.normals().0 * scale) })
  }

  mutating func codebooks(levelSizes: [Int], dimension: Int) throws -> Codebooks {
    var scale = 2.0
    return try Codebooks(
      levels: levelSizes.map { size in
        scale /= 2
        return matrix(rows: size, columns: dimension, scale: scale)
      })
  }

  /// Items near the points that their codes stand for.
  mutating func vectors(_ codes: Codes, _ codebooks: Codebooks, noise: Double = 0.2) -> Matrix {
    let width = codebooks.dimension
    let noise = matrix(rows: codes.count, columns: width, scale: noise)
    return Matrix(rows: codes.count, columns: width) { target in
      for item in 0..<codes.count {
        for column in 0..<width {
          target[item * width + column] = zip(codebooks.levels, codes[item]).reduce(noise[item, column]) {
            $0 + $1.0[Int($1.1), column]
          }
        }
      }
    }
  }
}

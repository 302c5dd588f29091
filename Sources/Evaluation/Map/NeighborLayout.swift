import Vectors

/// A layout of points in the plane that keeps neighbors near and strangers apart: PaCMAP, by Wang, Huang, Rudin and
/// Shaposhnik 2021, "Understanding how dimension reduction tools work" (JMLR 22:201).
///
/// Three kinds of pairs pull or push: the 10 nearest neighbors (of the 60 nearest, those with the least d²ᵢⱼ / (σᵢ σⱼ), where
/// σ is the mean distance of a point's 4th to 6th neighbor), 5 pairs that are nearer than most, and 20 pairs drawn at random.
/// The weights of the kinds change over 450 rounds, as the paper sets them.
///
/// Each round moves all points at once, by the sum over their own pairs in a fixed order. So the layout does not depend on
/// the number of threads. O(n² · d) for the neighbors, O(n) per round.
struct NeighborLayout {
  static let near = 10
  private static let candidates = 60
  static let middle = 5
  static let far = 20
  static let rounds = 450
  /// Fewer points than this have no use for three kinds of pairs.
  static let least = 32

  let pool: ThreadPool
  var seed: UInt64

  /// Pairs of a kind as lists: the partners of point i are `partners[starts[i]..<starts[i + 1]]`, in both directions.
  private struct Pairs {
    var starts: [Int]
    var partners: [Int32]

    /// - Parameter lists: `width` partners of each point; −1 for none.
    init(_ lists: [Int32], width: Int) {
      let count = width > 0 ? lists.count / width : 0
      starts = [Int](repeating: 0, count: count + 1)
      for (place, partner) in lists.enumerated() where partner >= 0 {
        starts[place / width + 1] += 1
        starts[Int(partner) + 1] += 1
      }
      for point in 0..<count { starts[point + 1] += starts[point] }
      partners = [Int32](repeating: 0, count: starts[count])
      var next = starts
      for (place, partner) in lists.enumerated() where partner >= 0 {
        let point = place / width
        partners[next[point]] = partner
        next[point] += 1
        partners[next[Int(partner)]] = Int32(point)
        next[Int(partner)] += 1
      }
    }
  }

  /// - Parameters:
  ///   - points: n×d, at least `least` rows.
  ///   - start: where each point begins.
  ///   - progress: called with the work done so far, of n + `rounds`.
  func run(_ points: Matrix, start: [SIMD2<Float>], progress: @Sendable (Int) -> Void) -> [SIMD2<Float>] {
    precondition(points.rows >= Self.least && start.count == points.rows, "enough points, and a place for each")
    let nearest = neighbors(points, progress)
    let pairs = [
      Pairs(nearest, width: Self.near), Pairs(middlePairs(points), width: Self.middle),
      Pairs(farPairs(nearest, count: points.rows), width: Self.far),
    ]
    return pool.gathered { crew in
      var state = State(start: start)
      for round in 0..<Self.rounds {
        state.step(round, pairs, pool: crew)
        progress(1)
      }
      return state.places
    }
  }

  private func neighbors(_ points: Matrix, _ progress: @Sendable (Int) -> Void) -> [Int32] {
    let width = min(Self.candidates, points.rows - 1)
    let exact = ExactNeighbors(points, k: width, pool: pool)
    let rows = Array(0..<points.rows)
    var found = [Int32](repeating: 0, count: points.rows * width)
    var squares = [Float](repeating: 0, count: points.rows * width)
    var nearest = [Int32](repeating: -1, count: points.rows * Self.near)
    found.withUnsafeMutableBufferPointer { found in
      squares.withUnsafeMutableBufferPointer { squares in
        pool.run(over: points.rows, inPiecesOf: ExactNeighbors.block) { range in
          exact.neighbors(of: rows[range]) { point, neighbors in
            for (place, neighbor) in neighbors.prefix(width).enumerated() {
              found[point * width + place] = Int32(neighbor.row)
              squares[point * width + place] = Float(neighbor.distance)
            }
          }
          progress(range.count)
        }
        let scales = rows.map { point in
          max(1e-10, (3..<6).reduce(Float(0)) { $0 + squares[point * width + $1].squareRoot() } / 3)
        }
        nearest.withUnsafeMutableBufferPointer { nearest in
          pool.run(over: points.rows, inPiecesOf: 1024) { range in
            for point in range {
              let scaled = (0..<width).map { place in
                let other = Int(found[point * width + place])
                return (distance: squares[point * width + place] / (scales[point] * scales[other]), row: other)
              }.sorted { ($0.distance, $0.row) < ($1.distance, $1.row) }
              for place in 0..<Self.near { nearest[point * Self.near + place] = Int32(scaled[place].row) }
            }
          }
        }
      }
    }
    return nearest
  }

  /// For each pair the second nearest of six points drawn at random.
  private func middlePairs(_ points: Matrix) -> [Int32] {
    var pairs = [Int32](repeating: -1, count: points.rows * Self.middle)
    pairs.withUnsafeMutableBufferPointer { pairs in
      points.withUnsafeBufferPointer { values in
        pool.run(over: points.rows, inPiecesOf: 512) { range in
          for point in range {
            var random = CounterRandom(seed: seed, stream: 1)
            random.seek(toBlock: UInt64(point) * 64)
            for place in 0..<Self.middle {
              var drawn: [(distance: Double, row: Int)] = []
              while drawn.count < 6 {
                let other = random.below(points.rows)
                if other == point { continue }
                drawn.append((squaredDistance(values, point, other, points.columns), other))
              }
              drawn.sort { ($0.distance, $0.row) < ($1.distance, $1.row) }
              pairs[point * Self.middle + place] = Int32(drawn[1].row)
            }
          }
        }
      }
    }
    return pairs
  }

  /// Points drawn at random that are no neighbors.
  private func farPairs(_ nearest: [Int32], count: Int) -> [Int32] {
    var pairs = [Int32](repeating: -1, count: count * Self.far)
    pairs.withUnsafeMutableBufferPointer { pairs in
      pool.run(over: count, inPiecesOf: 512) { range in
        for point in range {
          var random = CounterRandom(seed: seed, stream: 2)
          random.seek(toBlock: UInt64(point) * 64)
          let own = nearest[point * Self.near..<(point + 1) * Self.near]
          var place = 0
          while place < Self.far {
            let other = Int32(random.below(count))
            if other == Int32(point) || own.contains(other) { continue }
            pairs[point * Self.far + place] = other
            place += 1
          }
        }
      }
    }
    return pairs
  }

  /// The places, and what Adam remembers of their moves.
  private struct State {
    var places: [SIMD2<Float>]
    private var next: [SIMD2<Float>]
    private var first: [SIMD2<Float>]
    private var second: [SIMD2<Float>]

    init(start: [SIMD2<Float>]) {
      places = start
      next = start
      first = Array(repeating: .zero, count: start.count)
      second = first
    }

    /// The paper's weights of near, middle and far pairs.
    static func weights(_ round: Int) -> (near: Float, middle: Float, far: Float) {
      switch round {
      case ..<100:
        let share = Float(round) / 100
        return (2, 1000 * (1 - share) + 3 * share, 1)
      case ..<200: return (3, 3, 1)
      default: return (1, 0, 1)
      }
    }

    mutating func step(_ round: Int, _ pairs: [Pairs], pool: ThreadPool) {
      let weights = Self.weights(round)
      let (fade1, fade2): (Float, Float) = (0.9, 0.999)
      let power = Double(round + 1)
      // Adam's correction of its first rounds, at a rate of 1.
      let rate = Float((1 - Math.pow(0.999, power)).squareRoot() / (1 - Math.pow(0.9, power)))
      places.withUnsafeBufferPointer { places in
        next.withUnsafeMutableBufferPointer { next in
          first.withUnsafeMutableBufferPointer { first in
            second.withUnsafeMutableBufferPointer { second in
              pool.run(over: places.count, inPiecesOf: 256) { range in
                for point in range {
                  var gradient = SIMD2<Float>.zero
                  Self.add(pairs[0], point, places, &gradient) { 20 * weights.near / (($0 + 10) * ($0 + 10)) }
                  if weights.middle > 0 {
                    Self.add(pairs[1], point, places, &gradient) {
                      20_000 * weights.middle / (($0 + 10_000) * ($0 + 10_000))
                    }
                  }
                  Self.add(pairs[2], point, places, &gradient) { -2 * weights.far / (($0 + 1) * ($0 + 1)) }
                  first[point] = fade1 * first[point] + (1 - fade1) * gradient
                  second[point] = fade2 * second[point] + (1 - fade2) * gradient * gradient
                  next[point] =
                    places[point] - rate * first[point] / (second[point].squareRoot() + SIMD2(repeating: 1e-7))
                }
              }
            }
          }
        }
      }
      swap(&places, &next)
    }

    /// Adds the pulls of the pairs of one kind; `pull` has 1 + the squared distance.
    @inline(__always)
    private static func add(
      _ pairs: Pairs, _ point: Int, _ places: UnsafeBufferPointer<SIMD2<Float>>, _ gradient: inout SIMD2<Float>,
      _ pull: (Float) -> Float
    ) {
      let own = places[point]
      pairs.partners.withUnsafeBufferPointer { partners in
        for place in pairs.starts[point]..<pairs.starts[point + 1] {
          let difference = own - places[Int(partners[place])]
          let square = difference * difference
          gradient += pull(1 + square.x + square.y) * difference
        }
      }
    }
  }
}

package import Vectors

/// A map of a catalogue: a place in the plane for each item, so that like items lie together.
///
/// The vectors are brought to their 50 widest directions (`PrincipalComponents`), and the items of the layout are placed by
/// `NeighborLayout`, from their two widest directions on. Other items are placed at the nearest of these, between several
/// that are about as near. Groups far out are then drawn in. Same bits for any number of threads.
package struct CatalogueMap: Sendable {
  package enum Method: String, Hashable, Sendable, CaseIterable {
    /// Neighbors stay together, groups come apart; distances between groups mean little.
    case pacmap
    /// The two directions in which the vectors vary most; distances are true, groups overlap.
    case pca
  }

  package struct Options: Hashable, Sendable {
    package var method = Method.pacmap
    /// The most items whose places the layout finds; the others are placed among them.
    package var layoutItems = 20_000
    /// What near means: `l2`, or `cosine` for the directions of the vectors alone.
    package var metric = Metric.l2
    package var seed: UInt64 = 42

    package init() {}
  }

  /// The rows that have a place, ascending.
  package let rows: [Int]
  /// Between 0 and 1, in the order of `rows`, with one scale for both axes.
  package let x: [Float]
  package let y: [Float]
  /// How many of the items the layout itself placed.
  package let laidOut: Int
  /// The share of the vectors' variance that their two widest directions have.
  package let planarShare: Double

  private static let components = 50
  /// Rows from which directions are found.
  private static let fitted = 10_000
  /// The standard deviation of the items along the widest direction where the layout begins.
  private static let startSpread = 0.01
  /// Nearest items of the layout that share in placing another item.
  private static let guides = 3

  /// Draws `count` of `total` rows evenly, ascending; all where there are no more.
  package static func sample(_ count: Int, of total: Int, seed: UInt64) -> [Int] {
    guard count < total else { return Array(0..<total) }
    var random = CounterRandom(seed: seed, stream: 7)
    return random.sample(count, below: total)
  }

  /// Places the items of `rows`, or all.
  ///
  /// - Parameters:
  ///   - vectors: N×d, finite.
  ///   - rows: ascending, of which the layout takes a sample of `layoutItems`; nil for all.
  ///   - progress: called with the work done by each step, of the total.
  package init(
    _ vectors: Matrix, rows: [Int]? = nil, options: Options = Options(), pool: ThreadPool = ThreadPool(),
    progress: @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) {
    let shown = rows ?? Array(0..<vectors.rows)
    let isUnit = options.metric == .cosine
    let places = Self.sample(options.layoutItems, of: shown.count, seed: options.seed)
    let anchors = places.map { shown[$0] }
    let stride = max(1, (anchors.count + Self.fitted - 1) / Self.fitted)
    var fitted = vectors.gathered(Swift.stride(from: 0, to: anchors.count, by: stride).map { anchors[$0] })
    if isUnit { fitted = fitted.withUnitRows(pool: pool) }
    let wantsNeighbors = options.method == .pacmap && anchors.count >= NeighborLayout.least
    let components = PrincipalComponents(
      fitted, count: wantsNeighbors ? Self.components : 2, seed: options.seed, pool: pool)
    planarShare = Self.share(components, of: fitted)

    var found: [SIMD2<Float>]
    if wantsNeighbors {
      let points = Self.projected(vectors, anchors, components, isUnit, pool)
      let total = anchors.count + NeighborLayout.rounds
      let layout = NeighborLayout(pool: pool, seed: options.seed)
      let widest = components.variances[0].squareRoot()
      let start = Self.plane(points, spread: widest > 0 ? Float(Self.startSpread / widest) : 0)
      let placed = layout.run(points, start: start) { progress($0, total) }
      if anchors.count == shown.count {
        found = placed
      } else {
        let placement = Placement(points: points, places: placed, guides: Self.guides)
        found = Array(repeating: .zero, count: shown.count)
        let piece = 1 << 14
        for start in Swift.stride(from: 0, to: shown.count, by: piece) {
          let range = start..<min(shown.count, start + piece)
          let others = Self.projected(vectors, Array(shown[range]), components, isUnit, pool)
          found.replaceSubrange(range, with: placement.run(others, pool: pool))
        }
        for (place, position) in zip(places, placed) { found[place] = position }
      }
      found = Self.drawnIn(found)
    } else {
      found = []
      for start in Swift.stride(from: 0, to: shown.count, by: 1 << 16) {
        let range = start..<min(shown.count, start + 1 << 16)
        found += Self.plane(Self.projected(vectors, Array(shown[range]), components, isUnit, pool), spread: 1)
      }
    }
    (x, y) = Self.unitSquare(found)
    self.rows = shown
    laidOut = anchors.count
  }

  private static func projected(
    _ vectors: Matrix, _ rows: [Int], _ components: PrincipalComponents, _ isUnit: Bool, _ pool: ThreadPool
  ) -> Matrix {
    let isRange = rows.isEmpty || rows[rows.count - 1] - rows[0] == rows.count - 1
    let picked = isRange && !rows.isEmpty ? vectors[rows: rows[0]..<rows[0] + rows.count] : vectors.gathered(rows)
    return components.project(picked, unit: isUnit, pool: pool)
  }

  /// The first two coordinates of each row.
  private static func plane(_ points: Matrix, spread: Float) -> [SIMD2<Float>] {
    let k = points.columns
    return points.withUnsafeBufferPointer { values in
      (0..<points.rows).map { SIMD2(values[$0 * k], k > 1 ? values[$0 * k + 1] : 0) * spread }
    }
  }

  private static func share(_ components: PrincipalComponents, of rows: Matrix) -> Double {
    var total = 0.0
    let d = rows.columns
    rows.withUnsafeBufferPointer { values in
      for row in 0..<rows.rows {
        for column in 0..<d {
          let difference = Double(values[row * d + column]) - Double(components.mean[column])
          total += difference * difference
        }
      }
    }
    let planar = components.variances.prefix(2).reduce(0, +) * Double(rows.rows)
    return total > 0 ? min(1, planar / total) : 1
  }

  /// Brings what lies far out nearer to the middle: a distance of r becomes ln(1 + r / m), with m the median distance. The
  /// layout puts groups that are like no others far away, and most of the map would be empty.
  private static func drawnIn(_ places: [SIMD2<Float>]) -> [SIMD2<Float>] {
    func median(_ values: [Float]) -> Float { values.sorted()[values.count / 2] }
    let middle = SIMD2(median(places.map(\.x)), median(places.map(\.y)))
    let distances = places.map { place in
      let difference = (place - middle) * (place - middle)
      return (difference.x + difference.y).squareRoot()
    }
    let scale = median(distances)
    guard scale > 0, scale.isFinite else { return places }
    return zip(places, distances).map { place, distance in
      distance > 0 ? (place - middle) * (Math.log(1 + distance / scale) / distance) : .zero
    }
  }

  private static func unitSquare(_ places: [SIMD2<Float>]) -> ([Float], [Float]) {
    guard let first = places.first else { return ([], []) }
    var (low, high) = (first, first)
    for place in places {
      low = pointwiseMin(low, place)
      high = pointwiseMax(high, place)
    }
    let extent = max(high.x - low.x, high.y - low.y)
    guard extent > 0, extent.isFinite else {
      return ([Float](repeating: 0.5, count: places.count), [Float](repeating: 0.5, count: places.count))
    }
    let middle = (low + high) / 2
    // Up is up: y grows towards the top of the map.
    return (
      places.map { min(1, max(0, 0.5 + ($0.x - middle.x) / extent)) },
      places.map { min(1, max(0, 0.5 + ($0.y - middle.y) / extent)) }
    )
  }
}

/// Places items among those of a layout: at the nearest, and between several that are about as near.
private struct Placement {
  let points: Matrix
  let places: [SIMD2<Float>]
  let guides: Int
  private let squares: [Float]

  init(points: Matrix, places: [SIMD2<Float>], guides: Int) {
    self.points = points
    self.places = places
    self.guides = min(guides, points.rows)
    let d = points.columns
    squares = points.withUnsafeBufferPointer { values in
      (0..<points.rows).map { row in
        (row * d..<(row + 1) * d).reduce(Float(0)) { $0 + values[$1] * values[$1] }
      }
    }
  }

  func run(_ items: Matrix, pool: ThreadPool) -> [SIMD2<Float>] {
    let (d, n) = (points.columns, points.rows)
    let tile = 2048
    var found = [SIMD2<Float>](repeating: .zero, count: items.rows)
    found.withUnsafeMutableBufferPointer { found in
      items.withUnsafeBufferPointer { items in
        points.withUnsafeBufferPointer { points in
          guard let items = items.baseAddress, let points = points.baseAddress else { return }
          pool.run(over: found.count, inPiecesOf: 128) { range in
            var products = [Float](repeating: 0, count: range.count * tile)
            var best = [(score: Float, row: Int)](
              repeating: (.infinity, 0), count: range.count * guides)
            for first in stride(from: 0, to: n, by: tile) {
              let count = min(tile, n - first)
              products.withUnsafeMutableBufferPointer { products in
                guard let products = products.baseAddress else { return }
                BLAS.gemm(
                  .no, .yes, m: range.count, n: count, k: d, items + range.lowerBound * d, lda: d, points + first * d,
                  ldb: d, products, ldc: tile)
                for item in 0..<range.count {
                  for place in 0..<count {
                    let score = squares[first + place] - 2 * products[item * tile + place]
                    guard score < best[(item + 1) * guides - 1].score else { continue }
                    var slot = (item + 1) * guides - 1
                    while slot > item * guides, score < best[slot - 1].score {
                      best[slot] = best[slot - 1]
                      slot -= 1
                    }
                    best[slot] = (score, first + place)
                  }
                }
              }
            }
            for item in 0..<range.count {
              let own = items + (range.lowerBound + item) * d
              var length: Float = 0
              for column in 0..<d { length += own[column] * own[column] }
              let near = best[item * guides..<(item + 1) * guides].map {
                (distance: max($0.score + length, 1e-9), place: places[$0.row])
              }
              // The fourth power of the ratio of squared distances: twice as far counts for nearly nothing.
              var (sum, total) = (SIMD2<Float>.zero, Float(0))
              for guide in near {
                let ratio = near[0].distance / guide.distance
                let weight = ratio * ratio * ratio * ratio
                sum += weight * guide.place
                total += weight
              }
              found[range.lowerBound + item] = sum / total
            }
          }
        }
      }
    }
    return found
  }
}

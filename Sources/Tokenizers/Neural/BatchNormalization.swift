import Vectors

/// Batch normalization under training (Ioffe and Szegedy 2015): statistics of the batch forward, running ones for
/// inference. Sums are in double precision, per shard, then over shards in order.
final class BatchNormalization {
  let scale: Parameter
  let shift: Parameter
  private(set) var runningMean: [Float]
  private(set) var runningVariance: [Float]
  private let width: Int
  private var mean: [Float]
  private var inverse: [Float]
  /// Two sums a column and shard, and whether the shard has any: each written by the task that has the shard.
  private let sums: UnsafeMutablePointer<Double>
  private let used: UnsafeMutablePointer<Bool>
  private let capacity: Int

  /// The share of the batch's statistic in the new running one.
  private static let momentum: Float = 0.1

  init(width: Int, batch: Int) {
    self.width = width
    scale = Parameter(vector: width)
    shift = Parameter(vector: width)
    scale.values.update(repeating: 1, count: width)
    runningMean = Array(repeating: 0, count: width)
    runningVariance = Array(repeating: 1, count: width)
    mean = runningMean
    inverse = runningVariance
    capacity = Shard.most(batch)
    sums = .allocate(capacity: capacity * 2 * width)
    sums.initialize(repeating: 0, count: capacity * 2 * width)
    used = .allocate(capacity: capacity)
    used.initialize(repeating: false, count: capacity)
  }

  deinit {
    sums.deallocate()
    used.deallocate()
  }

  // MARK: Forward

  func addStatistics(_ values: Panels, _ shard: Shard) {
    sum(shard) { panel in
      var (sums, squares) = (FloatPanel.Sum(), FloatPanel.Sum())
      for place in values.rowPlaces(panel, shard) {
        let value = values.floats(at: place)
        sums.add(value)
        squares.add(value, times: value)
      }
      return (sums, squares)
    }
  }

  func finishStatistics(rows: Int) {
    let totals = total()
    let n = Double(rows)
    for column in 0..<width {
      let m = totals[column] / n
      let variance = max(0, totals[width + column] / n - m * m)
      mean[column] = Float(m)
      inverse[column] = Float(1 / (variance + DenseLayer.Normalization.epsilon).squareRoot())
      runningMean[column] += Self.momentum * (Float(m) - runningMean[column])
      let unbiased = Float(rows > 1 ? variance * n / (n - 1) : variance)
      runningVariance[column] += Self.momentum * (unbiased - runningVariance[column])
    }
  }

  /// values ← (values − mean) / deviation; output ← that · scale + shift.
  func normalize(_ values: Panels, to output: Panels, _ shard: Shard) {
    for panel in 0..<values.count {
      let (mean, inverse) = (column(panel, of: mean), column(panel, of: inverse))
      let (scale, shift) = (column(panel, of: scale.values), column(panel, of: shift.values))
      for place in values.rowPlaces(panel, shard) {
        let normal = (values.floats(at: place) - mean) * inverse
        normal.store(to: values.start + place)
        (normal * scale + shift).store(to: output.start + place)
      }
    }
  }

  // MARK: Backward

  /// gradient ← gradient · f′(normalized · scale + shift)
  func scaleByDerivative(_ gradient: Panels, of activation: Activation, normalized: Panels, _ shard: Shard) {
    for panel in 0..<gradient.count {
      let (scale, shift) = (column(panel, of: scale.values), column(panel, of: shift.values))
      for place in gradient.rowPlaces(panel, shard) {
        let x = normalized.floats(at: place) * scale + shift
        let derivative = FloatPanel(activation.derivative(x.low), activation.derivative(x.high))
        (gradient.floats(at: place) * derivative).store(to: gradient.start + place)
      }
    }
  }

  func addGradient(_ gradient: Panels, normalized: Panels, _ shard: Shard) {
    sum(shard) { panel in
      var (sums, products) = (FloatPanel.Sum(), FloatPanel.Sum())
      for place in gradient.rowPlaces(panel, shard) {
        let g = gradient.floats(at: place)
        sums.add(g)
        products.add(g, times: normalized.floats(at: place))
      }
      return (sums, products)
    }
  }

  func finishGradient() {
    let totals = total()
    for column in 0..<width {
      shift.gradient[column] = Float(totals[column])
      scale.gradient[column] = Float(totals[width + column])
    }
  }

  /// gradient ← scale / deviation · (gradient − its mean − normalized · the mean of gradient · normalized)
  func backward(_ gradient: Panels, normalized: Panels, _ shard: Shard, rows: Int) {
    let n = FloatPanel(repeating: 1 / Float(rows))
    for panel in 0..<gradient.count {
      let (scaleGradient, shiftGradient) = (column(panel, of: scale.gradient), column(panel, of: shift.gradient))
      let (scale, inverse) = (column(panel, of: scale.values), column(panel, of: inverse))
      for place in gradient.rowPlaces(panel, shard) {
        let normal = normalized.floats(at: place)
        let centered = gradient.floats(at: place) - shiftGradient * n - normal * scaleGradient * n
        (centered * scale * inverse).store(to: gradient.start + place)
      }
    }
  }

  @inline(__always) private func column(_ panel: Int, of vector: UnsafePointer<Float>) -> FloatPanel {
    FloatPanel(panel, of: vector, count: width)
  }

  // MARK: Sums

  /// Keeps two sums for each column of the shard's rows, a panel at a time.
  @inline(__always) private func sum(_ shard: Shard, _ body: (_ panel: Int) -> (FloatPanel.Sum, FloatPanel.Sum)) {
    let target = sums + shard.index * 2 * width
    for first in stride(from: 0, to: width, by: FloatPanel.count) {
      let (one, other) = body(first / FloatPanel.count)
      one.store(to: target + first, count: width - first)
      other.store(to: target + width + first, count: width - first)
    }
    used[shard.index] = true
  }

  private func total() -> [Double] {
    var totals = [Double](repeating: 0, count: 2 * width)
    for shard in 0..<capacity where used[shard] {
      for index in totals.indices { totals[index] += sums[shard * 2 * width + index] }
      used[shard] = false
    }
    return totals
  }
}

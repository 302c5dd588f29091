import Vectors

/// Batch normalisation under training (Ioffe and Szegedy 2015): statistics of the batch forward, running ones for
/// inference. Sums are in double precision, a shard's by itself, then over shards in order.
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

  /// What a running statistic takes of a batch's.
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

  func addStatistics(_ values: UnsafePointer<Float>, _ shard: Shard) {
    let target = clear(shard)
    for row in shard.rows {
      for column in 0..<width {
        let value = Double(values[row * width + column])
        target[column] += value
        target[width + column] += value * value
      }
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
  func normalize(_ values: UnsafeMutablePointer<Float>, to output: UnsafeMutablePointer<Float>, _ shard: Shard) {
    mean.withUnsafeBufferPointer { mean in
      inverse.withUnsafeBufferPointer { inverse in
        guard let mean = mean.baseAddress, let inverse = inverse.baseAddress else { return }
        for row in shard.rows {
          let target = output + row * width
          mapLanes(values + row * width, count: width) { index, count, value in
            let normal = (value - lanes(mean + index, count)) * lanes(inverse + index, count)
            let result = normal * lanes(scale.values + index, count) + lanes(shift.values + index, count)
            count == Lanes.width ? result.store(to: target + index) : result.store(to: target + index, count: count)
            return normal
          }
        }
      }
    }
  }

  // MARK: Backward

  /// gradient ← gradient · f′(normalised · scale + shift)
  func scaleByDerivative(
    _ gradient: UnsafeMutablePointer<Float>, of activation: Activation, normalized: UnsafePointer<Float>,
    _ shard: Shard
  ) {
    for row in shard.rows {
      mapLanes(gradient + row * width, count: width) { index, count, g in
        let normal = lanes(normalized + row * width + index, count)
        let x = normal * lanes(scale.values + index, count) + lanes(shift.values + index, count)
        return g * activation.derivative(x)
      }
    }
  }

  func addGradient(_ gradient: UnsafePointer<Float>, normalized: UnsafePointer<Float>, _ shard: Shard) {
    let target = clear(shard)
    for index in shard.rows.lowerBound * width..<shard.rows.upperBound * width {
      let g = Double(gradient[index])
      target[index % width] += g
      target[width + index % width] += g * Double(normalized[index])
    }
  }

  func finishGradient() {
    let totals = total()
    for column in 0..<width {
      shift.gradient[column] = Float(totals[column])
      scale.gradient[column] = Float(totals[width + column])
    }
  }

  /// gradient ← scale / deviation · (gradient − its mean − normalised · the mean of gradient · normalised)
  func backward(
    _ gradient: UnsafeMutablePointer<Float>, normalized: UnsafePointer<Float>, _ shard: Shard, rows: Int
  ) {
    let n = 1 / Float(rows)
    inverse.withUnsafeBufferPointer { inverse in
      guard let inverse = inverse.baseAddress else { return }
      for row in shard.rows {
        mapLanes(gradient + row * width, count: width) { index, count, g in
          let normal = lanes(normalized + row * width + index, count)
          let centred =
            g - lanes(shift.gradient + index, count) * n - normal * lanes(scale.gradient + index, count) * n
          return centred * lanes(scale.values + index, count) * lanes(inverse + index, count)
        }
      }
    }
  }

  // MARK: Sums

  private func clear(_ shard: Shard) -> UnsafeMutablePointer<Double> {
    let target = sums + shard.index * 2 * width
    target.update(repeating: 0, count: 2 * width)
    used[shard.index] = true
    return target
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

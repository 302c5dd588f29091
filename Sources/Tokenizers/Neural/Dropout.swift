import Vectors

/// Sets a share of a layer's inputs to zero and scales the others up, so that their expectation stays.
///
/// What is dropped depends on seed, layer, step, row and column alone.
final class Dropout {
  let output: UnsafeMutablePointer<Float>
  /// batch × inputs: what the last batch was multiplied by.
  let factors: UnsafeMutablePointer<Float>
  private let memory: FloatMemory
  private let settings: TrainableLayer.Settings

  init(_ settings: TrainableLayer.Settings) {
    self.settings = settings
    let size = (settings.batch * settings.inputs + 15) / 16 * 16
    memory = FloatMemory(2 * size)
    output = memory.start
    factors = memory.start + size
  }

  func apply(_ source: UnsafePointer<Float>, _ shard: Shard, step: UInt64) {
    let width = settings.inputs
    let keep = Float(1 / (1 - settings.dropout))
    // Sixteen bits decide: a share is met to within 1/65,536.
    let threshold = UInt64(settings.dropout * 65_536)
    var random = CounterRandom(seed: settings.seed, stream: (settings.stream << 32 | 1 << 31) &+ step)
    for row in shard.rows {
      // Two numbers a block, four columns a number.
      random.seek(toBlock: UInt64(row * ((width + 7) / 8)))
      var bits: UInt64 = 0
      for column in 0..<width {
        if column % 4 == 0 { bits = random.next() }
        factors[row * width + column] = bits & 0xFFFF < threshold ? 0 : keep
        bits >>= 16
      }
    }
    let start = shard.rows.lowerBound * width
    mapLanes(output + start, count: shard.count * width) { index, count, _ in
      lanes(source + start + index, count) * lanes(factors + start + index, count)
    }
  }

  /// The loss by the layer's input from that by what the product took.
  func applyMask(_ gradient: UnsafeMutablePointer<Float>, _ shard: Shard) {
    let start = shard.rows.lowerBound * settings.inputs
    mapLanes(gradient + start, count: shard.count * settings.inputs) { index, count, g in
      g * lanes(factors + start + index, count)
    }
  }
}

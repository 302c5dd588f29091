import Vectors

/// Sets a share of a layer's inputs to zero and scales the others up, so that their expectation stays.
///
/// What is dropped depends on seed, layer, step, row and column alone.
final class Dropout {
  /// batch × inputs.
  let output: Panels
  /// batch × inputs: what the last batch was multiplied by.
  let factors: Panels
  private let memory: FloatMemory
  private let settings: TrainableLayer.Settings

  init(_ settings: TrainableLayer.Settings) {
    self.settings = settings
    let size = Panels.size(rows: settings.batch, columns: settings.inputs)
    memory = FloatMemory(2 * size)
    output = Panels(memory.start, rows: settings.batch, columns: settings.inputs)
    factors = Panels(memory.start + size, rows: settings.batch, columns: settings.inputs)
  }

  func apply(_ source: Panels, _ shard: Shard, step: UInt64) {
    let width = settings.inputs
    let keep = Float(1 / (1 - settings.dropout))
    // Sixteen bits decide: a share is met to within 1/65,536.
    let threshold = UInt64(settings.dropout * 65_536)
    var random = CounterRandom(seed: settings.seed, stream: (settings.stream << 32 | 1 << 31) &+ step)
    for row in shard.rows {
      // Two numbers per block, four columns per number.
      random.seek(toBlock: UInt64(row * ((width + 7) / 8)))
      var bits: UInt64 = 0
      for column in 0..<width {
        if column % 4 == 0 { bits = random.next() }
        factors[row, column] = bits & 0xFFFF < threshold ? 0 : keep
        bits >>= 16
      }
    }
    output.map(shard) { place, _ in source.lanes(at: place) * factors.lanes(at: place) }
  }

  /// From the loss by the product's input, the loss by the layer's input.
  func applyMask(_ gradient: Panels, _ shard: Shard) {
    gradient.map(shard) { place, g in g * factors.lanes(at: place) }
  }
}

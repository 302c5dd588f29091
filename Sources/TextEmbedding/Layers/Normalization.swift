import CKernels
import Vectors

/// (x − mean) / √(variance + ε) · gain + bias, row by row.
struct LayerNormalization: Sendable {
  let gain: Buffer<Float>
  let bias: Buffer<Float>
  let epsilon: Float

  func apply(_ x: FloatRows, _ rows: Range<Int>) {
    gain.withUnsafeBufferPointer { gain in
      bias.withUnsafeBufferPointer { bias in
        for row in rows { semid_layer_norm(x.row(row), gain.baseAddress, bias.baseAddress, epsilon, gain.count) }
      }
    }
  }
}

/// x / √(mean of squares + ε) · gain, row by row (Zhang and Sennrich 2019).
struct RMSNormalization: Sendable {
  let gain: Buffer<Float>
  let epsilon: Float

  func apply(_ x: FloatRows, to y: FloatRows) {
    gain.withUnsafeBufferPointer { gain in
      for row in 0..<x.rows { semid_rms_norm(x.row(row), gain.baseAddress, epsilon, gain.count, y.row(row)) }
    }
  }

  /// On the parts of a row, each as long as the gain.
  func apply(parts: Int, at start: UnsafeMutablePointer<Float>) {
    gain.withUnsafeBufferPointer { gain in
      for part in 0..<parts {
        let values = start + part * gain.count
        semid_rms_norm(values, gain.baseAddress, epsilon, gain.count, values)
      }
    }
  }
}

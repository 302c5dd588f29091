import CKernels
import Vectors

/// A random orthonormal rotation in O(d log d): rounds of random signs and Walsh–Hadamard transforms of the first and
/// of the last 2ᵏ dimensions (Ailon and Chazelle 2006; for any d as in the RaBitQ library).
///
/// It spreads a vector's energy over all dimensions, so that each sign says about as much as any other.
struct FastRotation: Sendable {
  private static let rounds = 3
  /// Dimensions in, and out: a multiple of 32, at least 256.
  let dimension: Int
  let width: Int
  /// The largest power of two that is no larger than `width`.
  private let window: Int
  /// ±1/√window, two rows of `width` a round: what each transform's input is multiplied with, within its window.
  private let signs: [Float]

  /// A short vector is spread over more dimensions than it has, since one bit for each would say too little.
  static func width(dimension: Int) -> Int { max(256, (dimension + 31) / 32 * 32) }

  init(dimension: Int) {
    self.dimension = dimension
    width = Self.width(dimension: dimension)
    var window = 1
    while window * 2 <= width { window *= 2 }
    self.window = window
    // Not the user's choice: any seed does, and an index must find the same signs again.
    var random = CounterRandom(seed: 0x5365_6D49_4453_6B65, stream: UInt64(width))
    let scale = 1 / Float(window).squareRoot()
    signs = (0..<2 * Self.rounds * width).map { _ in random.below(2) == 0 ? scale : -scale }
  }

  /// - Parameters:
  ///   - source: `dimension` floats.
  ///   - target: `width` floats; |target| = |source|.
  func apply(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) {
    target.update(from: source, count: dimension)
    (target + dimension).update(repeating: 0, count: width - dimension)
    signs.withUnsafeBufferPointer { signs in
      guard var signs = signs.baseAddress else { return }
      for _ in 0..<Self.rounds {
        // Of a power of two both are the whole.
        for start in stride(from: 0, through: width - window, by: max(1, width - window)) {
          for column in 0..<window { target[start + column] *= signs[column] }
          semid_hadamard(target + start, window)
          signs += width
        }
      }
    }
  }
}

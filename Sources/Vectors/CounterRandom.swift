/// Random numbers by counter: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11).
///
/// The n-th number depends on the key and on n alone. So work may be cut into pieces in any way, on any number of
/// threads, and draw the same numbers. `stream` separates independent uses of one seed (levels, restarts).
package struct CounterRandom: RandomNumberGenerator, Hashable, Sendable {
  private let key: SIMD2<UInt32>
  private let stream: UInt64
  private var block: UInt64 = 0
  private var pending: UInt64?

  package init(seed: UInt64, stream: UInt64 = 0) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    self.stream = stream
  }

  package mutating func next() -> UInt64 {
    if let value = pending {
      pending = nil
      return value
    }
    let out = Self.philox(
      counter: SIMD4(
        UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32),
        UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32)), key: key)
    block &+= 1
    pending = UInt64(out.z) | UInt64(out.w) << 32
    return UInt64(out.x) | UInt64(out.y) << 32
  }

  /// Moves to the numbers of block `index`: two 64-bit numbers per block.
  package mutating func seek(toBlock index: UInt64) {
    block = index
    pending = nil
  }

  /// Uniform in [0, 1), 53 bits.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform in 0..<bound, without bias (Lemire 2019).
  package mutating func below(_ bound: Int) -> Int { Int(next(upperBound: UInt64(bound))) }

  /// Ten rounds on one counter: the function that the published test vectors check.
  package static func philox(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var counter = counter
    var key = key
    for round in 0..<10 {
      if round > 0 { key = key &+ SIMD2(0x9E37_79B9, 0xBB67_AE85) }
      let low = UInt64(counter.x) &* 0xD251_1F53
      let high = UInt64(counter.z) &* 0xCD9E_8D57
      counter = SIMD4(
        UInt32(truncatingIfNeeded: high >> 32) ^ counter.y ^ key.x, UInt32(truncatingIfNeeded: high),
        UInt32(truncatingIfNeeded: low >> 32) ^ counter.w ^ key.y, UInt32(truncatingIfNeeded: low))
    }
    return counter
  }
}

extension CounterRandom {
  /// `count` different numbers below `bound`, ascending: Vitter's sequential sampling in its plain form, O(bound).
  package mutating func sample(_ count: Int, below bound: Int) -> [Int] {
    precondition(count <= bound, "a sample without replacement cannot be larger than its source")
    var chosen: [Int] = []
    chosen.reserveCapacity(count)
    for candidate in 0..<bound where chosen.count < count {
      if uniform() * Double(bound - candidate) < Double(count - chosen.count) { chosen.append(candidate) }
    }
    return chosen
  }

  /// Standard normal numbers by Box and Muller's transform, two at a time.
  package mutating func normals() -> (Double, Double) {
    let radius = (-2 * Math.log(1 - uniform())).squareRoot()
    let angle = 2 * Double.pi * uniform()
    return (radius * Math.cos(angle), radius * Math.sin(angle))
  }
}

/// A seeded 64-bit hash of a feature's bytes: FNV-1a (Fowler, Noll, Vo) from a start that the seed sets, then the
/// finalizer of MurmurHash3, which spreads FNV's weak high bits.
///
/// It is a part of the model: the same bytes and seed give the same bucket everywhere, for ever.
struct FeatureHash {
  private var state: UInt64

  /// - Parameter kind: keeps words, pairs and n-grams of the same spelling apart.
  init(seed: UInt64, kind: Kind) {
    state = 0xcbf2_9ce4_8422_2325 ^ Self.finalise(seed)
    combine(kind.rawValue)
  }

  enum Kind: UInt8 {
    case word = 1
    case pair = 2
    case gram = 3
  }

  @inline(__always)
  mutating func combine(_ byte: UInt8) { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }

  @inline(__always)
  mutating func combine(_ bytes: UnsafeBufferPointer<UInt8>) {
    for byte in bytes { combine(byte) }
  }

  /// The high bits choose the bucket, the lowest the sign.
  var value: UInt64 { Self.finalise(state) }

  private static func finalise(_ value: UInt64) -> UInt64 {
    var value = value
    value = (value ^ value >> 33) &* 0xff51_afd7_ed55_8ccd
    value = (value ^ value >> 33) &* 0xc4ce_b9fe_1a85_ec53
    return value ^ value >> 33
  }
}

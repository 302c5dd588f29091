/// Numbers that order pairs of a distance and an item: the smaller, the nearer, and at equal distance the lower item.
///
/// With its sign handled, a float's bits order as the float does. NaN comes after everything. So one 64-bit comparison
/// decides both parts, and every order is defined.
enum RankKey {
  @inline(__always)
  static func make(_ distance: Float, _ item: UInt32) -> UInt64 { UInt64(ordered(distance)) << 32 | UInt64(item) }

  @inline(__always)
  static func item(_ key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: key) }

  @inline(__always)
  static func distance(_ key: UInt64) -> Float {
    let ordered = UInt32(truncatingIfNeeded: key >> 32)
    return Float(bitPattern: ordered & 0x8000_0000 != 0 ? ordered ^ 0x8000_0000 : ~ordered)
  }

  @inline(__always)
  private static func ordered(_ value: Float) -> UInt32 {
    // −0 as +0, so that they are one distance.
    let bits = (value + 0).bitPattern
    return bits & 0x8000_0000 != 0 ? ~bits : bits | 0x8000_0000
  }
}

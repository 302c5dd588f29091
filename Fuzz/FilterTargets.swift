import SemanticID

/// What filters are made from, as users bring it.
extension FuzzTarget {
  static let filters = [roaring, attributePredicate]

  /// Bitmaps of rows. What is accepted must ascend, below the bound.
  private static let roaring = FuzzTarget("roaring") {
    roaringSeeds
  } run: { bytes in
    var last = -1
    try RoaringBitmap.read(Buffer(bytes), source: "x.roaring", below: 1 << 20) { row in
      precondition(row > last && row < 1 << 20, "a row out of order or of bounds")
      last = row
    }
  }

  /// A list, a list and a run, a bit set, and 64-bit values.
  private static let roaringSeeds: [[UInt8]] = {
    func little(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    func shorts(_ values: [UInt16]) -> [UInt8] { values.flatMap { little($0) } }
    let list = little(UInt32(12346)) + little(UInt32(1)) + shorts([0, 2]) + little(UInt32(16)) + shorts([1, 2, 7])
    let runs = little(UInt32(12347 | 1 << 16)) + [2] + shorts([0, 0, 3, 9]) + shorts([5]) + shorts([1, 10, 9])
    let set =
      little(UInt32(12346)) + little(UInt32(1)) + shorts([2, 8191]) + little(UInt32(16))
      + [UInt8](repeating: 0xFF, count: 1024) + [UInt8](repeating: 0, count: 7168)
    return [list, runs, set, little(UInt64(1)) + little(UInt32(0)) + list]
  }()

  private static let attributePredicate = FuzzTarget("attribute-predicate") {
    [
      "price < 20 and brand in (Acme, \"Smith & Sons\")", "not (a = 'it''s' or b is not null) and c >= 2024-01-31",
      "x not in (1, 2.5, -3e9) or y != true or z <> a and (q == 1)",
    ].map { Array($0.utf8) }
  } run: { bytes in
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    let predicate = try AttributePredicate(parsing: text)
    precondition(predicate.text == text, "another text")
  }
}

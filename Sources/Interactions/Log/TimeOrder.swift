/// Rows sorted by time, rows of one time in the order given.
enum TimeOrder {
  /// Radix sort by digits of 16 bits, from the lowest, each pass stable. Digits that all times share cost one look.
  /// O(rows) for each digit that differs; eight bytes a row beside the result.
  static func sorted(_ rows: consuming [UInt32], times: [Int64]) -> [UInt32] {
    var rows = rows
    if zip(rows, rows.dropFirst()).allSatisfy({ times[Int($0)] <= times[Int($1)] }) { return rows }
    var sorted = [UInt32](repeating: 0, count: rows.count)
    for shift in stride(from: 0, to: 64, by: 16) {
      // Flipping the sign makes the bits sort as the numbers do.
      func digit(_ row: UInt32) -> Int {
        Int(truncatingIfNeeded: UInt64(bitPattern: times[Int(row)] ^ .min) >> shift & 0xFFFF)
      }
      var starts = [Int](repeating: 0, count: 1 << 16)
      for row in rows { starts[digit(row)] += 1 }
      if starts.contains(rows.count) { continue }
      var start = 0
      for digit in starts.indices { (starts[digit], start) = (start, start + starts[digit]) }
      for row in rows {
        let digit = digit(row)
        sorted[starts[digit]] = row
        starts[digit] += 1
      }
      swap(&rows, &sorted)
    }
    return rows
  }
}

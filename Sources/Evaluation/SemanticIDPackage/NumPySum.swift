/// numpy's sum of contiguous float32, bit for bit: pairs of halves, and blocks of at most 128 by eight running sums.
///
/// In single precision, the order of additions shows in the seventh digit of a mean. To agree with a package that takes
/// such a mean, the order must be the same.
enum NumPySum {
  static func sum(_ values: UnsafeBufferPointer<Float>) -> Float {
    guard let base = values.baseAddress else { return 0 }
    return sum(base, values.count)
  }

  private static func sum(_ values: UnsafePointer<Float>, _ count: Int) -> Float {
    if count < 8 {
      // numpy starts from −0, which leaves a sum of zeros its sign.
      var total: Float = -0.0
      for index in 0..<count { total += values[index] }
      return total
    }
    if count <= 128 {
      func eight(_ index: Int) -> SIMD8<Float> {
        UnsafeRawPointer(values + index).loadUnaligned(as: SIMD8<Float>.self)
      }
      var sums = eight(0)
      let whole = count - count % 8
      for index in stride(from: 8, to: whole, by: 8) { sums += eight(index) }
      var total = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]))
      for index in whole..<count { total += values[index] }
      return total
    }
    let half = count / 2 - count / 2 % 8
    return sum(values, half) + sum(values + half, count - half)
  }
}

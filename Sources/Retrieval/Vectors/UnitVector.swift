/// Scales vectors to length 1, stored ones and queries in the same way. Sums are in double precision.
enum UnitVector {
  static func length(_ vector: UnsafePointer<Float>, count: Int) -> Double {
    var sum = 0.0
    for index in 0..<count { sum += Double(vector[index]) * Double(vector[index]) }
    return sum.squareRoot()
  }

  /// Copies a vector, brought to length 1 where it is to be stored so.
  ///
  /// - Parameter source: need not be aligned, as the vectors of mapped files are not.
  static func copy(
    _ source: UnsafePointer<Float>, count: Int, isToBeUnit: Bool, into target: UnsafeMutablePointer<Float>
  ) {
    if isToBeUnit {
      write(source, count: count, into: target)
    } else {
      UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: count * MemoryLayout<Float>.stride)
    }
  }

  /// - Returns: false, and zeros, when the vector has no direction.
  @discardableResult
  static func write(_ vector: UnsafePointer<Float>, count: Int, into target: UnsafeMutablePointer<Float>) -> Bool {
    let length = length(vector, count: count)
    guard length > 0, length.isFinite else {
      target.update(repeating: 0, count: count)
      return false
    }
    for index in 0..<count { target[index] = Float(Double(vector[index]) / length) }
    return true
  }
}

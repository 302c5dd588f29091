/// Memory that only grows.
final class GrowingMemory<Element> {
  private(set) var start = UnsafeMutablePointer<Element>.allocate(capacity: 1)
  private(set) var capacity = 1

  /// - Parameter kept: elements to keep, from the first on.
  /// - Returns: whether it is other memory now.
  func grow(to wanted: Int, keeping kept: Int = 0) -> Bool {
    guard wanted > capacity else { return false }
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: wanted)
    larger.update(from: start, count: kept)
    start.deallocate()
    start = larger
    capacity = wanted
    return true
  }

  deinit { start.deallocate() }
}

/// Floats that start as zero and go with the last reference; aligned to a cache line.
///
/// Confined to the call that makes it. Tasks of a pool may work on disjoint parts.
final class FloatMemory: @unchecked Sendable {
  let start: UnsafeMutablePointer<Float>
  let count: Int

  init(_ count: Int) {
    self.count = count
    let bytes = max(1, count) * MemoryLayout<Float>.stride
    start = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
      .initializeMemory(as: Float.self, repeating: 0, count: max(1, count))
  }

  deinit { start.deallocate() }
}

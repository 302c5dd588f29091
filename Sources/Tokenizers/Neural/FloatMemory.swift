import Vectors

/// Floats that start as zero, aligned to a cache line. They are freed with the last reference.
///
/// Confined to the call that makes it. Tasks of a pool may work on disjoint parts.
final class FloatMemory: @unchecked Sendable {
  let start: UnsafeMutablePointer<Float>
  let count: Int
  private let memory: ZeroedMemory

  init(_ count: Int) {
    self.count = count
    memory = ZeroedMemory(bytes: count * MemoryLayout<Float>.stride)
    start = memory.start.bindMemory(to: Float.self, capacity: count)
  }
}

/// Memory that kernels read and write, aligned to a cache line and zeroed; freed with the last reference.
public final class Memory<Element: BitwiseCopyable> {
  public let pointer: UnsafeMutablePointer<Element>
  public let count: Int

  public init(count: Int) {
    let bytes = max(1, count) * MemoryLayout<Element>.stride
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    pointer = raw.bindMemory(to: Element.self, capacity: max(1, count))
    self.count = count
  }

  /// `count` elements, element i being `value(i)`.
  public convenience init(count: Int, _ value: (Int) -> Element) {
    self.init(count: count)
    for index in 0..<count { pointer[index] = value(index) }
  }

  deinit { pointer.deallocate() }
}

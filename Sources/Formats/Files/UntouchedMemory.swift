import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Zeroed memory that costs nothing until it is written to.
///
/// For arrays whose size a header claims: a claim that the contents do not keep ends in an error before much of the
/// memory has come to be.
final class UntouchedMemory: Sendable {
  private let address: UInt
  private let bytes: Int

  /// - Returns: nil when the system will not give so much.
  init?(bytes: Int) {
    self.bytes = max(bytes, 1)
    guard let base = mmap(nil, self.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      base != MAP_FAILED
    else { return nil }
    #if os(Linux)
      _ = madvise(base, self.bytes, MADV_HUGEPAGE)
    #endif
    address = UInt(bitPattern: base)
  }

  deinit {
    if let base = UnsafeMutableRawPointer(bitPattern: address) { munmap(base, bytes) }
  }

  /// - Precondition: `Element` takes at most `bytes / count` bytes. Nobody reads what another thread writes.
  func elements<Element>(_ type: Element.Type, count: Int) -> UnsafeMutableBufferPointer<Element> {
    precondition(count * MemoryLayout<Element>.stride <= bytes, "more elements than memory")
    return UnsafeMutableBufferPointer(start: UnsafeMutablePointer(bitPattern: address), count: count)
  }
}

extension Buffer {
  /// As `init(count:initializingWith:)`, in memory that comes to be as `body` writes to it.
  ///
  /// - Throws: what `body` throws, or what `refusal` makes when there is no memory.
  init(
    untouched count: Int, else refusal: () -> InputError,
    initializingWith body: (UnsafeMutableBufferPointer<Element>) throws -> Void
  ) throws {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard count >= 0, !overflow, let memory = UntouchedMemory(bytes: bytes) else { throw refusal() }
    let elements = memory.elements(Element.self, count: count)
    try body(elements)
    self.init(unsafe: UnsafeRawPointer(elements.baseAddress), count: count, keeping: memory)
  }
}

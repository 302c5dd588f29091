#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Memory of zero bytes, aligned to at least 64 bytes, that is freed with its last reference.
///
/// Large pieces come from the system page by page, as the threads that fill them first write them. Pages that nobody
/// writes take no memory.
package final class ZeroedMemory: @unchecked Sendable {
  // Set once; who shares the memory keeps the rule of its own type.
  package let start: UnsafeMutableRawPointer
  private let mapped: Int?

  /// From this size on, fresh pages are faster than a loop that clears memory.
  private static let largest = 1 << 18

  package init(bytes: Int) {
    if bytes > Self.largest,
      let base = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), base != MAP_FAILED
    {
      #if os(Linux)
        // Fewer page faults while it is filled and fewer misses of the address cache while it is read.
        _ = madvise(base, bytes, MADV_HUGEPAGE)
      #endif
      start = base
      mapped = bytes
    } else {
      start = .allocate(byteCount: max(bytes, 1), alignment: 64)
      start.initializeMemory(as: UInt8.self, repeating: 0, count: max(bytes, 1))
      mapped = nil
    }
  }

  deinit {
    if let mapped { munmap(start, mapped) } else { start.deallocate() }
  }
}

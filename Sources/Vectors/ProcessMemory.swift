#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Memory of this process and of the machine.
package enum ProcessMemory {
  /// The memory of the machine, in bytes.
  package static let installed: Int = {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let size = sysconf(Int32(_SC_PAGESIZE))
    return pages > 0 && size > 0 ? pages * size : 1 << 35
  }()

  /// The most memory that the process has held so far, in bytes, including pages of mapped files that were touched.
  package static var peak: Int {
    var usage = rusage()
    // 0 is RUSAGE_SELF everywhere; Linux counts kilobytes, macOS bytes.
    getrusage(0, &usage)
    #if canImport(Darwin)
      return usage.ru_maxrss
    #else
      return usage.ru_maxrss * 1024
    #endif
  }
}

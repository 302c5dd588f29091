#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the system says of this process.
public enum ProcessMemory {
  /// The most memory it has held so far, in bytes; pages of mapped files that were touched count.
  public static var peak: Int {
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

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Position of the first line feed; the C library looks at 32 bytes at a time.
func firstNewline(in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
  guard let base = bytes.baseAddress, bytes.count > 0,
    let found = memchr(base, Int32(UInt8(ascii: "\n")), bytes.count)
  else { return nil }
  return UnsafeRawPointer(found) - UnsafeRawPointer(base)
}

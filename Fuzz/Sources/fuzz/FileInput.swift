import SemanticID

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Gives `body` the path of a file with these bytes: for parsers in libraries that open files by name.
///
/// One file for the whole run, in memory where the system can (`/dev/shm`).
func withFile(_ bytes: Buffer<UInt8>, _ body: (String) throws -> Void) throws {
  let folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
  let path = "\(folder)/semid-fuzz-\(getpid())"
  let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
  guard descriptor >= 0 else { fatalError("\(path) cannot be written") }
  defer {
    close(descriptor)
    unlink(path)
  }
  let written = bytes.withUnsafeBufferPointer { write(descriptor, $0.baseAddress, $0.count) }
  guard written == bytes.count else { fatalError("\(path) cannot be written") }
  try body(path)
}

import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The right to write at one place. The system takes it back when the process ends, however it ends.
struct WriterLock: ~Copyable {
  private let descriptor: Int32

  init(path: String, index: String) throws {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw InputError(.cannotCreate, index, found: "cannot be locked: \(String(cString: strerror(errno)))")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let busy = errno == EWOULDBLOCK
      close(descriptor)
      throw InputError(
        .cannotCreate, index, found: busy ? "another build or update is under way" : "cannot be locked",
        remedy: busy ? "wait for it to end" : nil)
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}

import Formats
import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The right to write at one place. The system takes it back when the process ends, in whatever way.
struct WriterLock: ~Copyable {
  private let descriptor: Int32

  /// - Parameter index: for errors.
  init(_ name: String, in folder: FolderHandle, index: String) throws {
    while true {
      let descriptor = try Self.open(name, in: folder, index: index)
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        let busy = errno == EWOULDBLOCK
        close(descriptor)
        throw InputError(
          .cannotCreate, index, found: busy ? "another build or update is under way" : "cannot be locked",
          remedy: busy ? "wait for it to end" : nil)
      }
      // A build that gave up may have removed its lock's file in between: then this is no lock any more.
      if folder.names(name, descriptor) {
        self.descriptor = descriptor
        return
      }
      close(descriptor)
    }
  }

  private static func open(_ name: String, in folder: FolderHandle, index: String) throws -> Int32 {
    do {
      return try folder.openLock(name)
    } catch let error as InputError where error.kind != .malformed {
      throw InputError(.cannotCreate, index, found: "cannot be locked: \(error.found ?? "no reason given")")
    }
  }

  deinit { close(descriptor) }
}

import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The right to write at one place. The system takes it back when the process ends, in whatever way.
package struct WriterLock: ~Copyable {
  private let descriptor: Int32

  /// - Parameters:
  ///   - name: the lock's file, which is made where there is none.
  ///   - source: what is written, for errors.
  ///   - work: who may have the right now, for errors.
  /// - Throws: `InputError` at once when somebody else has it.
  package init(
    _ name: String, in folder: FolderHandle, source: String, work: String = "another build or update"
  ) throws {
    while true {
      let descriptor = try Self.open(name, in: folder, source: source)
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        let busy = errno == EWOULDBLOCK
        close(descriptor)
        throw InputError(
          .cannotCreate, source, found: busy ? "\(work) is under way" : "cannot be locked",
          remedy: busy ? "wait for it to end; where a server changes the index, send changes to it" : nil)
      }
      // A build that gave up may have removed its lock's file in between: then this is no lock any more.
      if folder.names(name, descriptor) {
        self.descriptor = descriptor
        return
      }
      close(descriptor)
    }
  }

  private static func open(_ name: String, in folder: FolderHandle, source: String) throws -> Int32 {
    do {
      return try folder.openLock(name)
    } catch let error as InputError where error.kind != .malformed {
      throw InputError(.cannotCreate, source, found: "cannot be locked: \(error.found ?? "no reason given")")
    }
  }

  deinit { close(descriptor) }
}

import CSemid
import SemanticID

/// The status of a call, and the message that its thread can ask for.
enum Call {
  /// Thrown by a progress function, and turned into `SEMID_CANCELLED`.
  struct Cancelled: Error {}

  /// A handle that is closed, was never made, or is of another kind.
  struct BadHandle: Error {
    var expected: String
    var found: String
  }

  /// Runs the body of a function of the C face. Every error becomes a status; nothing is thrown on.
  static func run(_ body: () throws -> Void) -> Int32 {
    do {
      try body()
      keep(nil)
      return Int32(SEMID_OK.rawValue)
    } catch let error as InputError {
      keep(error)
      return status(of: error.kind)
    } catch let error as BadHandle {
      keep(InputError(.usage, "handle", expected: error.expected, found: error.found), kind: "handle")
      return Int32(SEMID_HANDLE.rawValue)
    } catch is Cancelled {
      keep(InputError(.usage, "call", found: "it was cancelled"), kind: "cancelled")
      return Int32(SEMID_CANCELLED.rawValue)
    } catch {
      keep(InputError(.io, "engine", found: "\(error)"), kind: "internal")
      return Int32(SEMID_INTERNAL.rawValue)
    }
  }

  private static func status(of kind: InputError.Kind) -> Int32 {
    let status =
      switch kind {
      case .usage: SEMID_USAGE
      case .malformed: SEMID_MALFORMED
      case .missing: SEMID_MISSING
      case .mismatch: SEMID_MISMATCH
      case .unsupported: SEMID_UNSUPPORTED
      case .io: SEMID_IO
      case .cannotCreate: SEMID_CANNOT_CREATE
      }
    return Int32(status.rawValue)
  }

  private static func keep(_ error: InputError?, kind: String? = nil) {
    guard let error else { return semid_keep_error(nil) }
    let parts: [String?] = [
      kind ?? error.kind.rawValue, error.source, error.place, error.expected, error.found, error.remedy,
      error.description,
    ]
    let copies = parts.map { $0.flatMap { part in part.withCString { strdup($0) } } }
    defer { for copy in copies { free(copy) } }
    let pointers = copies.map { UnsafePointer($0) }
    pointers.withUnsafeBufferPointer { semid_keep_error($0.baseAddress) }
  }

  /// The pool of a call. In a child of fork() one thread: Dispatch's workers did not come along.
  static func pool(_ threads: Int64) throws -> ThreadPool {
    try InputError.check("threads", Int(clamping: threads), in: 0...65_536)
    if semid_is_forked() != 0 { return ThreadPool(threads: 1) }
    return ThreadPool(threads: threads == 0 ? nil : Int(threads))
  }
}

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

import Foundation
import Testing

/// Runs `body` on a thread of its own and waits for it, `seconds` at most.
///
/// The limit holds for `body` alone. That of Swift Testing also counts the time that a test waits for its turn.
///
/// - Returns: what `body` returns.
/// - Throws: what `body` throws, or `Late` when it is not done in time; it then runs on.
public func within<Result: Sendable>(
  seconds: Double, _ body: @escaping @Sendable () throws -> Result
) throws -> Result {
  let outcome = Outcome<Result>()
  let done = DispatchSemaphore(value: 0)
  let thread = Thread {
    outcome.set(Swift.Result { try body() })
    done.signal()
  }
  thread.stackSize = 8 << 20
  thread.start()
  guard done.wait(timeout: .now() + seconds) == .success, let result = outcome.value else {
    throw Late(seconds: seconds)
  }
  return try result.get()
}

/// Something took longer than it may.
public struct Late: Error, CustomStringConvertible {
  let seconds: Double

  public var description: String { "not done within \(seconds) seconds" }
}

private final class Outcome<Success: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private var stored: Result<Success, any Error>?

  var value: Result<Success, any Error>? { lock.withLock { stored } }

  func set(_ result: Result<Success, any Error>) { lock.withLock { stored = result } }
}

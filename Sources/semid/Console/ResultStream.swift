import Foundation
import SemanticID
import Synchronization

/// Standard output: lines, buffered, and a fault when they cannot be written (a full disk under a redirection).
final class ResultStream: Sendable {
  private let buffer = Mutex<[UInt8]>([])
  private let capacity: Int
  private let write: @Sendable (Data) throws -> Void

  /// - Parameter capacity: bytes kept before they are written; 0 writes each line at once.
  init(capacity: Int, write: @escaping @Sendable (Data) throws -> Void) {
    self.capacity = capacity
    self.write = write
  }

  static let standardOutput = ResultStream(capacity: Terminal.isTerminal(STDOUT_FILENO) ? 0 : 1 << 16) { data in
    try FileHandle.standardOutput.write(contentsOf: data)
  }

  func line(_ text: String) throws {
    try buffer.withLock { buffer in
      buffer.append(contentsOf: text.utf8)
      buffer.append(UInt8(ascii: "\n"))
      if buffer.count > capacity { try drain(&buffer) }
    }
  }

  func flush() throws {
    try buffer.withLock { try drain(&$0) }
  }

  private func drain(_ buffer: inout [UInt8]) throws {
    guard !buffer.isEmpty else { return }
    let data = Data(buffer)
    buffer.removeAll(keepingCapacity: true)
    do {
      try write(data)
    } catch {
      throw InputError(.io, "standard output", found: "a failed write (\(error.localizedDescription))")
    }
  }
}

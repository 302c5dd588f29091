import Foundation
import Synchronization

/// Standard error: lines for people, and one line that is drawn over while a step runs.
final class Diagnostics: Sendable {
  /// The line under the cursor is one that the next text replaces.
  private let hasOpenLine = Mutex(false)
  /// Whether lines can be drawn over; otherwise `draw` does nothing.
  let canRedraw: Bool
  private let terminalColumns: @Sendable () -> Int
  private let write: @Sendable (String) -> Void

  init(
    canRedraw: Bool, columns: @escaping @Sendable () -> Int = { 80 }, write: @escaping @Sendable (String) -> Void
  ) {
    self.canRedraw = canRedraw
    terminalColumns = columns
    self.write = write
  }

  static let standardError = Diagnostics(
    canRedraw: Terminal.canRedraw, columns: { Terminal.width(STDERR_FILENO) ?? 80 }
  ) { text in
    // There is no one left to tell when standard error itself cannot be written.
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  private static let clearLine = "\r\u{1B}[2K"

  /// A text that was to be written, without what clears the line before it.
  static func withoutControl(_ text: String) -> String { text.replacing(clearLine, with: "") }

  /// The columns that a drawn line may take. A line as wide as the terminal would wrap, and could then not be cleared.
  var columns: Int { max(1, terminalColumns() - 1) }

  func line(_ text: String) {
    hasOpenLine.withLock { isOpen in
      write((isOpen ? Self.clearLine : "") + text + "\n")
      isOpen = false
    }
  }

  /// Shows `text` in place of what was drawn before.
  func draw(_ text: String) {
    guard canRedraw else { return }
    hasOpenLine.withLock { isOpen in
      write(Self.clearLine + DisplayWidth.truncate(text, to: columns))
      isOpen = true
    }
  }

  /// Takes away what was drawn.
  func clear() {
    hasOpenLine.withLock { isOpen in
      if isOpen { write(Self.clearLine) }
      isOpen = false
    }
  }
}

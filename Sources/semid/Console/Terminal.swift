import Foundation

/// What a stream is connected to.
enum Terminal {
  static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// The columns of the terminal behind `descriptor`; nil when there is none.
  static func width(_ descriptor: Int32) -> Int? {
    guard isTerminal(descriptor) else { return nil }
    var size = winsize()
    if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    return ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) } ?? 80
  }

  /// Whether a line can be drawn over: not so in an editor's or a build server's pane.
  static var canRedraw: Bool {
    let environment = ProcessInfo.processInfo.environment
    return isTerminal(STDERR_FILENO) && environment["TERM"] != "dumb" && environment["CI"] == nil
  }
}

import Foundation

/// The command `semid` as its users run it: in a process of its own.
public struct Program: Sendable {
  public let executable: String

  public init(executable: String) { self.executable = executable }

  /// Beside the tests, where the build leaves it, or what `SEMID` names.
  public static let semid: Program = {
    if let path = ProcessInfo.processInfo.environment["SEMID"] { return Program(executable: path) }
    let tests =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    let folder = URL(fileURLWithPath: tests).deletingLastPathComponent().path
    return Program(executable: folder + "/semid")
  }()

  public static var isReady: Bool {
    if FileManager.default.isExecutableFile(atPath: semid.executable) { return true }
    print("skipped: no program at \(semid.executable); build it, or set SEMID")
    return false
  }

  /// How a process ended.
  public struct Outcome: Sendable, CustomStringConvertible {
    /// The exit status; nil: a signal ended the process.
    public var status: Int32?
    public var signal: Int32?
    /// Whether it was ended since it ran too long.
    public var timedOut = false
    public var output: String
    public var errors: String

    public var description: String {
      "\(timedOut ? "too long, " : "")\(signal.map { "signal \($0)" } ?? "status \(status ?? -1)"): \(errors)\(output)"
    }
  }

  /// A process that has been started. Its output goes to files, which fill up without anyone reading.
  public final class Running {
    private let process = Process()
    private let folder: TemporaryFolder
    private let done = DispatchSemaphore(value: 0)

    fileprivate init(_ executable: String, _ arguments: [String], input: String?, _ folder: String?) throws {
      self.folder = try TemporaryFolder()
      process.executableURL = URL(fileURLWithPath: executable)
      process.arguments = arguments
      if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
      for name in ["out", "err"] { _ = FileManager.default.createFile(atPath: self.folder.file(name), contents: nil) }
      process.standardInput = input.flatMap { FileHandle(forReadingAtPath: $0) } ?? FileHandle.nullDevice
      process.standardOutput = FileHandle(forWritingAtPath: self.folder.file("out"))
      process.standardError = FileHandle(forWritingAtPath: self.folder.file("err"))
      process.terminationHandler = { [done] _ in done.signal() }
      try process.run()
    }

    /// Ends the process at once, wherever it is.
    public func kill() { Foundation.kill(process.processIdentifier, SIGKILL) }

    /// Waits, and ends the process when it takes longer than `seconds`.
    public func outcome(within seconds: Double) throws -> Outcome {
      let timedOut = done.wait(timeout: .now() + seconds) == .timedOut
      if timedOut {
        kill()
        process.waitUntilExit()
      }
      func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: folder.file(name))), as: UTF8.self)
      }
      let exited = process.terminationReason == .exit
      return Outcome(
        status: exited ? process.terminationStatus : nil, signal: exited ? nil : process.terminationStatus,
        timedOut: timedOut, output: try text("out"), errors: try text("err"))
    }
  }

  /// - Parameters:
  ///   - input: a file for standard input; empty by default.
  ///   - folder: the working directory.
  public func start(_ arguments: [String], input: String? = nil, in folder: String? = nil) throws -> Running {
    try Running(executable, arguments, input: input, folder)
  }

  /// Runs the program to its end, `seconds` at most.
  public func run(
    _ arguments: [String], input: String? = nil, in folder: String? = nil, within seconds: Double = 60
  ) throws -> Outcome {
    try start(arguments, input: input, in: folder).outcome(within: seconds)
  }
}

import Foundation
import Vectors

extension DebianPackages {
  /// Reads the packages that this machine's apt knows: runs `apt-cache dumpavail` and parses while it prints.
  ///
  /// - Parameter command: the program's name, looked up in `PATH`, or its path.
  /// - Throws: `InputError` of kind `missing` when there is no such program or it lists no package, so that a caller
  ///   may turn to another catalogue; of kind `io` when it fails.
  package static func available(command: String = "apt-cache") throws -> DebianPackages {
    try read(command: command, arguments: ["dumpavail"])
  }

  static func read(command: String, arguments: [String]) throws -> DebianPackages {
    let source = ([command] + arguments).joined(separator: " ")
    guard let executable = locate(command) else {
      throw InputError(
        .missing, command, expected: "apt's package list", found: "no such program",
        remedy: "run on Debian or Ubuntu, or name a catalogue file")
    }
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    var environment = ProcessInfo.processInfo.environment
    environment["LC_ALL"] = "C.UTF-8"  // descriptions in English, whatever the user's language
    process.environment = environment
    do {
      try process.run()
    } catch {
      throw InputError(.io, source, found: "cannot be run: \(error.localizedDescription)")
    }
    var reader = Reader(source: source)
    var bytes = 0
    do {
      while let chunk = try pipe.fileHandleForReading.read(upToCount: 1 << 20), !chunk.isEmpty {
        bytes += chunk.count
        chunk.withUnsafeBytes { reader.consume($0) }
      }
    } catch {
      process.terminate()
      process.waitUntilExit()
      throw InputError(.io, source, found: "cannot be read: \(error.localizedDescription)")
    }
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw InputError(
        .io, source, expected: "exit status 0", found: "\(process.terminationStatus)",
        remedy: "run it by hand to see why")
    }
    guard bytes > 0 else {
      throw InputError(
        .missing, source, expected: "a list of packages", found: "nothing", remedy: "run apt-get update first")
    }
    return try reader.finish()
  }

  private static func locate(_ command: String) -> String? {
    guard !command.contains("/") else {
      return FileManager.default.isExecutableFile(atPath: command) ? command : nil
    }
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    return path.split(separator: ":").map { "\($0)/\(command)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}

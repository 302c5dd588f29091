import Foundation

/// The Python that holds the real readers (numpy, h5py, pyarrow, safetensors, faiss), as `scripts/python-env` makes it.
///
/// Tests that need it say `@Test(.enabled(if: Python.isReady))`; `isReady` prints why a test is left out.
public enum Python {
  public static let executable: String = {
    let environment = ProcessInfo.processInfo.environment
    if let path = environment["SEMID_PYTHON"] { return path }
    let cache = environment["SEMID_CACHE"] ?? (environment["HOME"] ?? "/tmp") + "/.cache/swift-semantic-id"
    return cache + "/python/bin/python"
  }()

  public static var isReady: Bool {
    if FileManager.default.isExecutableFile(atPath: executable) { return true }
    print("skipped: no Python at \(executable); run scripts/python-env, or set SEMID_PYTHON")
    return false
  }

  /// Whether the Python has all of these modules; prints why a test is left out.
  public static func has(_ modules: String...) -> Bool {
    guard isReady else { return false }
    if (try? run(
      "import importlib.util, sys; sys.exit(any(map(lambda m: importlib.util.find_spec(m) is None, sys.argv[1].split())))",
      modules.joined(separator: " "))) != nil
    {
      return true
    }
    print("skipped: the Python at \(executable) lacks one of \(modules.joined(separator: ", "))")
    return false
  }

  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// Runs `script` with `arguments` as `sys.argv[1:]`.
  ///
  /// - Returns: what it printed on standard output.
  /// - Throws: `Failure` with standard error when it exits with another status than 0.
  @discardableResult
  public static func run(_ script: String, _ arguments: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = ["-c", script] + arguments
    let folder = try TemporaryFolder()
    // Files, not pipes: a script that prints much to both would block on a full pipe.
    let output = folder.file("stdout")
    let errors = folder.file("stderr")
    _ = FileManager.default.createFile(atPath: output, contents: nil)
    _ = FileManager.default.createFile(atPath: errors, contents: nil)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let text = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
      throw Failure(description: "Python exited with status \(process.terminationStatus):\n\(text)")
    }
    return try String(contentsOfFile: output, encoding: .utf8)
  }
}

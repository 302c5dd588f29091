import Foundation
import TestSupport
import Testing
import Vectors

@testable import Identity

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A registry where nothing may be written: on a read-only mount, and as another user's.
///
/// Reading is done by this test program again, with one test chosen, `readsWhatMayNotBeWritten`, which an environment
/// variable turns on: only a process of its own can have other mounts or be another user.
@Suite struct RegistryReadOnlyTests {
  private static let variable = "SEMID_TEST_READ_ONLY_REGISTRY"
  private static let target = ProcessInfo.processInfo.environment[variable]
  private static let program = CommandLine.arguments[0]

  @Test(.enabled(if: target != nil)) func readsWhatMayNotBeWritten() throws {
    let path = try #require(Self.target)
    var answer: String
    do {
      let registry = try Registry(opening: path, access: .read)
      try registry.verify()
      answer = "\(try registry.snapshot().ids.count) items, \(try registry.generations().count) generations"
      try registry.close()
      #expect(throws: InputError.self) {
        _ = try Registry(opening: path, access: .update).remove(StringColumn(["item 0-0"]))
      }
    } catch let error as InputError {
      answer = "\(error.kind.rawValue): \(error)"
    }
    print("answer: \(answer)")
  }

  /// - Parameter command: what runs the program: the words before it.
  /// - Returns: what it printed; nil where the command cannot run here, for the reason that is printed.
  private func ask(_ path: String, _ command: [String]) throws -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      command + [Self.program, "--testing-library", "swift-testing", "--filter", "readsWhatMayNotBeWritten"]
    process.environment = ProcessInfo.processInfo.environment.merging([Self.variable: path]) { $1 }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("answer: ") }) else {
      print("not tested here: \(command.joined(separator: " ")): \(text.suffix(200))")
      return nil
    }
    #expect(process.terminationStatus == 0, "\(text.suffix(400))")
    return String(line.dropFirst(8))
  }

  private func readOnlyMount(_ folder: String) -> [String] {
    [
      "unshare", "-m", "sh", "-c",
      "mount --bind \(folder) \(folder) && mount -o remount,bind,ro \(folder) && exec \"$@\"", "-",
    ]
  }

  private let anotherUser = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

  private func registry(in folder: TemporaryFolder) throws -> (path: String, catalogue: Catalogue) {
    let path = folder.file("a registry?.db")
    let catalogue = try Catalogue(items: 60, levelSizes: [8, 8], seed: 1)
    let registry = try Registry(opening: path)
    _ = try registry.register(catalogue.selecting(Array(0..<50)))
    try registry.close()
    return (path, catalogue)
  }

  @Test(.enabled(if: target == nil && getuid() == 0, "needs root for mounts and other users"))
  func aClosedRegistryIsRead() throws {
    let folder = try TemporaryFolder()
    let (path, _) = try registry(in: folder)
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    for command in [readOnlyMount(folder.path), anotherUser] {
      guard let answer = try ask(path, command) else { continue }
      #expect(answer == "50 items, 1 generations", "\(command[0])")
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a registry?.db"])
    }
    // A folder that all may write to, as /tmp is: no file of a reader may stay in it, which the owner could not open.
    #expect(chmod(folder.path, 0o777) == 0 && chmod(path, 0o644) == 0)
    if let answer = try ask(path, anotherUser) {
      #expect(answer == "50 items, 1 generations")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a registry?.db"])
    }
  }

  @Test(.enabled(if: target == nil && getuid() == 0, "needs root for mounts and other users"))
  func whatAWriterHasInItsLogIsRead() throws {
    let folder = try TemporaryFolder()
    let (path, catalogue) = try registry(in: folder)
    let writer = try Registry(opening: path)
    _ = try writer.register(catalogue)
    #expect(FileManager.default.fileExists(atPath: path + "-wal"))
    for command in [readOnlyMount(folder.path), anotherUser] {
      guard let answer = try ask(path, command) else { continue }
      #expect(answer == "60 items, 2 generations", "\(command[0])")
    }
    _ = try writer.remove(catalogue.ids.gathered([1]))
    try writer.verify()
    try writer.close()
  }

  /// A copy of the file and the log alone, as a backup takes it: the file by itself is of the generation before.
  @Test(.enabled(if: target == nil && getuid() == 0, "needs root for mounts and other users"))
  func aLogThatCannotBeReadIsSaid() throws {
    let folder = try TemporaryFolder()
    let (path, catalogue) = try registry(in: folder)
    let writer = try Registry(opening: path)
    _ = try writer.register(catalogue)
    let copies = try TemporaryFolder()
    for suffix in ["", "-wal"] {
      try FileManager.default.copyItem(atPath: path + suffix, toPath: copies.file("ids.db" + suffix))
    }
    try writer.close()
    for command in [readOnlyMount(copies.path), anotherUser] {
      guard let answer = try ask(copies.file("ids.db"), command) else { continue }
      #expect(answer.hasPrefix("io: ") && answer.contains("ids.db-wal") && answer.contains("copy both files"))
    }
  }

  @Test func aFileThatChangesWhileItIsReadIsSaid() throws {
    guard getuid() != 0 else {
      print("not tested here: root may write everywhere")
      return
    }
    let folder = try TemporaryFolder()
    let (path, catalogue) = try registry(in: folder)
    #expect(chmod(path, 0o444) == 0)
    let reader = try Registry(opening: path, access: .read)
    #expect(try reader.generations().count == 1)
    #expect(chmod(path, 0o644) == 0)
    let writer = try Registry(opening: path)
    _ = try writer.register(catalogue)
    try writer.close()
    let error = #expect(throws: InputError.self) { try reader.generations() }
    #expect(error?.kind == .io)
  }

  @Test func whatIsNoFileIsRefused() throws {
    let folder = try TemporaryFolder()
    #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
    #expect(symlink("/dev/zero", folder.file("zero")) == 0)
    for name in ["pipe", "zero", "."] {
      for access in [Registry.Access.read, .update, .create] {
        let error = #expect(throws: InputError.self) { try Registry(opening: folder.file(name), access: access) }
        #expect(error?.kind == .malformed && error?.expected?.contains("regular file") == true)
      }
    }
    // A name that SQLite could take for an address.
    let odd = folder.file("file:x?mode=memory")
    try Registry(opening: odd).close()
    #expect(FileManager.default.fileExists(atPath: odd))
  }
}

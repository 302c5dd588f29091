import ArgumentParser
import Foundation
import SemanticID
import TestSupport
import Testing

@testable import semid

@Suite struct ExitStatusTests {
  @Test(arguments: [
    (InputError.Kind.usage, Int32(64)), (.malformed, 65), (.mismatch, 65), (.unsupported, 65), (.missing, 66),
    (.io, 74),
    (.cannotCreate, 73),
  ])
  func everyKindOfInputError(_ kind: InputError.Kind, _ status: Int32) {
    #expect(ExitStatus(kind).rawValue == status)
    #expect(ExitStatus(InputError(kind, "file") as any Error).rawValue == status)
  }

  @Test func errorsOfOthers() {
    struct Unknown: Error {}
    #expect(ExitStatus(Unknown()) == .software)
    #expect(ExitStatus(ValidationError("no")) == .usage)
    #expect(ExitStatus(CocoaError(.fileReadNoSuchFile)) == .noInput)
    #expect(ExitStatus(CocoaError(.fileWriteNoPermission)) == .cannotCreate)
    #expect(ExitStatus(CocoaError(.fileWriteOutOfSpace)) == .io)
    #expect(ExitStatus(POSIXError(.ENOENT)) == .noInput)
    #expect(ExitStatus(POSIXError(.EIO)) == .io)
  }

  @Test func commandLinesThatCannotBeUsed() {
    for arguments in [["--no-such-option"], ["no-such-verb"]] {
      let error = #expect(throws: (any Error).self) { _ = try Semid.parseAsRoot(arguments) }
      #expect(error.map { Semid.exitCode(for: $0).rawValue } == ExitStatus.usage.rawValue)
      #expect(error.map { Semid.fullMessage(for: $0).hasPrefix("semid: error: ") } == true)
    }
  }

  /// A range is checked by `InputError`, which ArgumentParser does not know: the program's `main` gives it the status.
  @Test(.enabled(if: Program.isReady), arguments: ["0", "-1", "1000000", "two"])
  func threadsThatCannotBeUsed(_ threads: String) throws {
    #expect(throws: (any Error).self) { try GlobalOptions.parse(["--threads", threads]) }
    let outcome = try Program.semid.run(["evaluate", "codes", "--codes", "none.npy", "--threads", threads], within: 20)
    #expect(outcome.status == ExitStatus.usage.rawValue && outcome.errors.contains("--threads"), "\(outcome)")
  }

  @Test func theVersionAndCompletionsAreNoFaults() {
    for arguments in [["--version"]]
      + ["bash", "zsh", "fish"].map({ ["--generate-completion-script", $0] })
    {
      let error = #expect(throws: (any Error).self) { _ = try Semid.parseAsRoot(arguments) }
      #expect(error.map { Semid.exitCode(for: $0) } == .success)
    }
  }

  @Test func theChangelogBeginsWithTheVersion() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let changelog = try String(contentsOf: root.appendingPathComponent("CHANGELOG.md"), encoding: .utf8)
    let heading = try #require(changelog.split(separator: "\n").first { $0.hasPrefix("## ") && $0 != "## Unreleased" })
    #expect(heading.split(separator: " ")[1] == EngineVersion.current)
    #expect(Semid.configuration.version == EngineVersion.current)
  }
}

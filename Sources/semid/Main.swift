import ArgumentParser
import Foundation
import SemanticID

extension Semid {
  /// The prefix of ArgumentParser's own messages, so that all errors read alike.
  static var _errorPrefix: String { "semid: error: " }

  static func main() async {
    // A reader that leaves (`semid search … | head`) ends us without a word, also where our parent ignored the signal.
    signal(SIGPIPE, SIG_DFL)
    var command: any ParsableCommand
    do {
      command = try await asyncParseAsRoot(NegativeNumbers.joined(CommandLine.arguments.dropFirst()))
    } catch {
      // Help, the version and completion scripts come this way too: they exit with 0, and all faults with EX_USAGE.
      if exitCode(for: error) == .failure {
        leave(.usage, saying: message(for: error))
      }
      exit(withError: error)
    }
    do {
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let error as InputError {
      leave(ExitStatus(error.kind), saying: error.description)
    } catch let error where error is CleanExit || error is ExitCode || error is ValidationError {
      exit(withError: error)
    } catch let error where exitCode(for: error) != .failure {
      // A request for help by a verb that only has verbs under it.
      exit(withError: error)
    } catch {
      leave(ExitStatus(error), saying: describe(error))
    }
  }

  /// Foundation's own description of a file error is a page of keys; its message leaves out the file.
  private static func describe(_ error: any Error) -> String {
    guard let error = error as? CocoaError else { return message(for: error) }
    return (error.filePath.map { $0 + ": " } ?? "") + error.localizedDescription
  }

  private static func leave(_ status: ExitStatus, saying message: String) -> Never {
    Diagnostics.standardError.line("semid: error: \(message)")
    Foundation.exit(status.rawValue)
  }
}

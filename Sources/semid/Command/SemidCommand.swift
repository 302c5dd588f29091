import ArgumentParser
import SemanticID

/// A verb of `semid`.
///
/// A verb declares its options, and does its work in `execute`:
///
///     struct Encode: SemidCommand {
///       static let configuration = CommandConfiguration(abstract: "…")
///       @OptionGroup(title: "Common options") var common: GlobalOptions
///
///       func execute(_ console: Console) async throws {
///         let progress = console.progress("encoding", total: rows, unit: "rows")
///         …
///         progress.finish()
///         try console.print(Summary(…)) { "encoded \(Text.count(rows)) rows" }
///       }
///     }
///
/// What it throws becomes a message on standard error and an exit status of sysexits.
protocol SemidCommand: AsyncParsableCommand {
  var common: GlobalOptions { get }

  func execute(_ console: Console) async throws
}

extension SemidCommand {
  func run() async throws {
    try Kernels.checkRequest()
    let console = Console(common)
    do {
      try await execute(console)
    } catch {
      // What was printed before the fault is shown before it; the fault itself matters more than a second one here.
      try? console.results.flush()
      throw error
    }
    try console.results.flush()
  }
}

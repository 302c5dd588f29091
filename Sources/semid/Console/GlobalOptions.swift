import ArgumentParser
import SemanticID

/// The options that every verb takes: `@OptionGroup(title: "Common options") var common: GlobalOptions`.
struct GlobalOptions: ParsableArguments {
  @Flag(help: "Print results as JSON, one object a line.")
  var json = false

  @Flag(help: "Print results, warnings and errors only: no progress, no notes.")
  var quiet = false

  @Option(help: ArgumentHelp("Threads to use; all processors by default.", valueName: "n"))
  var threads: Int?

  /// Beyond this a number is a typing error, and each thread would cost a stack.
  static let mostThreads = 1024

  func validate() throws {
    try InputError.check("--threads", threads, in: 1...Self.mostThreads)
  }
}

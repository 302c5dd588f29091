import ArgumentParser
import Foundation
import Pipeline
import SemanticID

struct Run: SemidCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a pipeline, from raw data to a table of results, as a file says.",
    discussion: """
      Example: semid run --example > pipeline.yaml
               semid run pipeline.yaml --dry-run
               semid run pipeline.yaml

      A pipeline prepares interactions, embeds items, trains tokenizers, gives IDs, builds indexes, writes corpora and \
      evaluates. Each section of the file is a verb of semid, and its keys are the options of that verb.

      A step whose command, inputs and version are those of its last run is not run again. Files are compared by their \
      contents. After a kill the same command goes on with the step that was stopped. manifest.json in the folder of \
      results names every input and every file by its SHA-256.

      Steps run in the folder of results. The command line of each stands in the manifest and in its log, and can be \
      typed there.
      """)

  @Argument(help: ArgumentHelp("The pipeline, in YAML.", valueName: "pipeline.yaml"), completion: .file())
  var pipeline: String?
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Folder of results; by default as the file says, or 'results' beside it.", valueName: "directory"),
    completion: .directory)
  var output: String?
  @Flag(help: "Show what would run and why; run nothing.")
  var dryRun = false
  @Option(
    help: ArgumentHelp(
      "End after this step, such as embed or train; by default the last one.", valueName: "step"))
  var until: String?
  @Option(
    help: ArgumentHelp(
      "Run this step again, such as train/rq-vae, or train for all of them. Repeatable; by default none.",
      valueName: "step"))
  var redo: [String] = []
  @Flag(help: "Read all files anew to compare them. By default a file of the same size and times counts as the same.")
  var rehash = false
  @Flag(help: "Print a pipeline with comments, to start from.")
  var example = false
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    guard example != (pipeline != nil) else {
      throw ValidationError(
        example
          ? "--example: prints a pipeline; give no other"
          : "<pipeline.yaml>: expected a file, found none; --example prints one")
    }
  }

  func execute(_ console: Console) async throws {
    guard let pipeline else {
      try console.results.line(PipelineExample.text)
      return
    }
    let file = try PipelineFile(opening: pipeline, environment: ProcessInfo.processInfo.environment)
    let plan = try PipelinePlan(file, verbs: try PipelineVerbs.catalogue())
    // Every command line is parsed before the first step runs: hours of work shall not end in a typing error.
    for step in plan.steps { _ = try StepCommand(step, threads: common.threads) }
    var options = PipelineRun.Options()
    options.redo = redo
    options.until = until
    options.rehashes = rehash
    let folder = try file.results(output)
    var run = try PipelineRun(plan, folder: folder, options: options)
    if dryRun { return try show(run.preview(), console) }
    try await self.run(&run, file, in: folder, console)
  }

  private func run(
    _ run: inout PipelineRun, _ file: PipelineFile, in folder: String, _ console: Console
  ) async throws {
    let steps = run.steps
    let text = try String(contentsOfFile: file.source, encoding: .utf8)
    let before = FileManager.default.currentDirectoryPath
    let outcomes = try await run.run(
      pipeline: text,
      starting: { step, number, reason in
        console.note("[\(number + 1)/\(steps.count)] \(step.name): \(reason)")
      },
      execute: { step, log in
        guard FileManager.default.changeCurrentDirectoryPath(folder) else {
          throw InputError(.io, folder, found: "cannot be entered")
        }
        defer { _ = FileManager.default.changeCurrentDirectoryPath(before) }
        do {
          try await StepCommand(step, threads: common.threads)
            .run(log: log, console.diagnostics, isQuiet: console.isQuiet)
        } catch var error as InputError {
          console.note("\(step.name) failed; its log is \(log)")
          error.source = "\(step.place): step \(step.name): \(error.source)"
          throw error
        } catch {
          console.warn("\(step.place): step \(step.name) failed; its log is \(log)")
          throw error
        }
      })
    try show(outcomes, in: folder, console)
  }

  // MARK: Output

  private struct Preview: Encodable {
    var step: String
    var state: String
    var reason: String
    var command: String
  }

  private func show(_ states: [(step: PipelineStep, state: StepState)], _ console: Console) throws {
    let rows = states.map { step, state in
      switch state {
      case .upToDate: Preview(step: step.name, state: "up to date", reason: "", command: step.command)
      case .due(let reason): Preview(step: step.name, state: "to run", reason: reason, command: step.command)
      case .blocked(let path, let reason, _):
        Preview(step: step.name, state: "refused", reason: "\(path) \(reason)", command: step.command)
      }
    }
    try console.print(
      rows, [Column("step") { $0.step }, Column("state") { $0.state }, Column("why") { $0.reason }])
  }

  private func show(_ outcomes: [PipelineRun.Outcome], in folder: String, _ console: Console) throws {
    try console.print(
      outcomes,
      [
        Column("step") { $0.step }, Column("state") { $0.ran ? "ran" : "up to date" },
        Column("time", .right) { $0.ran ? Text.duration(seconds: $0.seconds) : "" },
        Column("files", .right) { Text.count($0.files) }, Column("size", .right) { Text.bytes($0.bytes) },
      ])
    let offline = folder + "/evaluation/offline.json"
    if !console.isJSON, outcomes.contains(where: { $0.step == "evaluate/offline" }),
      let data = FileManager.default.contents(atPath: offline)
    {
      try console.results.line("")
      try OfflineTable(JSONDecoder().decode(OfflineReport.self, from: data), isWide: false).print(console)
    }
    let page = outcomes.contains { $0.step == "report" } ? "; open \(folder)/report.html" : ""
    console.note("results in \(folder)\(page)")
  }
}

extension PipelineFile {
  /// The folder of results, absolute.
  ///
  /// - Parameter output: where the command line wants it, from the current folder.
  func results(_ output: String?) throws -> String {
    let base = output == nil ? folder : FileManager.default.currentDirectoryPath
    let path = output ?? self.output?.values[0] ?? "results"
    let full = URL(fileURLWithPath: path.hasPrefix("/") ? path : base + "/" + path).standardized.path
    guard full != folder else {
      throw InputError(
        .usage, path, expected: "a folder of its own for results", found: "the folder of the pipeline's file")
    }
    return full
  }
}

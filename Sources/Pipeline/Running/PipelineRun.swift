import Foundation
import Formats
import Vectors

/// Runs the steps of a plan that have to run.
///
/// A step is up to date when its last run had the same command, the same contents of its inputs and the same version of
/// the engine, and when all that it wrote is still there, unchanged. A step whose inputs were made anew with the same
/// contents does not run again. The right to write in the folder of results is held during `run`.
package struct PipelineRun {
  package struct Options: Sendable {
    /// Steps that run whether or not they are up to date: names, or beginnings of names up to a slash.
    package var redo: [String] = []
    /// The last step to run.
    package var until: String?
    /// Read all files anew instead of trusting their times.
    package var rehashes = false

    package init() {}
  }

  /// What came of one step.
  package struct Outcome: Sendable, Encodable {
    package var step: String
    /// Whether it ran; otherwise it was up to date.
    package var ran: Bool
    /// Why it ran.
    package var reason: String?
    package var seconds: Double
    package var files: Int
    package var bytes: Int
    package var command: String
  }

  package let plan: PipelinePlan
  /// The steps up to `until`.
  package let steps: [PipelineStep]
  private let folder: ResultsFolder
  private let options: Options
  private var digests: FileDigests

  /// - Parameter folder: the folder of results, absolute. It is made by `run`.
  /// - Throws: `InputError` for a step that the plan does not have, and for a folder that holds something else.
  package init(_ plan: PipelinePlan, folder: String, options: Options = Options()) throws {
    self.plan = plan
    self.options = options
    self.folder = try ResultsFolder(folder)
    for name in options.redo where !plan.steps.contains(where: { Self.matches($0, name) }) {
      throw Self.unknown("--redo", name, plan)
    }
    if let until = options.until {
      guard let last = plan.steps.lastIndex(where: { Self.matches($0, until) }) else {
        throw Self.unknown("--until", until, plan)
      }
      steps = Array(plan.steps[...last])
    } else {
      steps = plan.steps
    }
    digests = options.rehashes ? FileDigests() : FileDigests(reading: self.folder.digests)
  }

  private static func matches(_ step: PipelineStep, _ name: String) -> Bool {
    step.name == name || step.name.hasPrefix(name + "/")
  }

  private static func unknown(_ option: String, _ name: String, _ plan: PipelinePlan) -> InputError {
    InputError(
      .usage, option, expected: "a step: \(plan.steps.map(\.name).joined(separator: ", "))", found: name)
  }

  // MARK: What would run

  /// What each step would do, without doing it.
  package mutating func preview() throws -> [(step: PipelineStep, state: StepState)] {
    // What steps that are due write, and their names, in the order of the steps.
    var due: [(output: String, step: String)] = []
    return try steps.map { step in
      let before = due.last { made in step.inputs.contains { Self.lies($0, in: made.output) } }?.step
      let state: StepState
      if let before {
        state = .due("\(before) runs first")
      } else {
        state = try self.state(of: step).state
      }
      if case .due = state { due += step.outputs.map { ($0, step.name) } }
      return (step, state)
    }
  }

  private static func lies(_ path: String, in folder: String) -> Bool { path == folder || path.hasPrefix(folder + "/") }

  private mutating func state(of step: PipelineStep) throws -> (state: StepState, now: StepRecord, last: StepRecord?) {
    let now = try StepRecord(step, in: folder.path, digests: &digests)
    let last = StepRecord(reading: folder.record(of: step.name))
    guard let last else {
      for output in step.outputs where exists(output) {
        let reason = "is there already, and this pipeline did not write it"
        return (.blocked(path: output, reason: reason), now, nil)
      }
      return (.due("it has not run yet"), now, nil)
    }
    guard last.progress == .done else {
      return (.due(last.progress == .failed ? "it failed" : "it was stopped"), now, last)
    }
    var missing: String?
    var files: [String: FileDigest] = [:]
    for output in step.outputs {
      guard exists(output) else {
        missing = missing ?? output
        continue
      }
      files.merge(try self.files(at: output)) { $1 }
    }
    let redo = options.redo.contains { Self.matches(step, $0) }
    for (path, digest) in files.sorted(by: { $0.key < $1.key }) where last.outputs[path] != digest {
      let reason =
        last.outputs[path] == nil ? "is there, and this pipeline did not write it" : "was changed since it was written"
      return (.blocked(path: path, reason: reason), now, last)
    }
    if let missing = missing ?? last.outputs.keys.filter({ files[$0] == nil }).min() {
      return (.due("\(missing) is missing"), now, last)
    }
    if let difference = last.difference(from: now) { return (.due(difference), now, last) }
    return (redo ? .due("it was asked for") : .upToDate, now, last)
  }

  private func exists(_ output: String) -> Bool { FileManager.default.fileExists(atPath: folder.absolute(output)) }

  /// The files at an output, by path in the folder of results.
  private mutating func files(at output: String) throws -> [String: FileDigest] {
    let found = try digests.files(at: folder.absolute(output))
    return Dictionary(
      uniqueKeysWithValues: found.map { ($0.name.isEmpty ? output : output + "/" + $0.name, $0.digest) })
  }

  // MARK: Running

  /// Runs what has to run, in order, and writes the manifest when all steps of the plan are done.
  ///
  /// - Parameters:
  ///   - pipeline: the text of the pipeline's file, which is kept beside the results.
  ///   - starting: is told of every step before it runs, with its number and why it runs.
  ///   - execute: does a step in the folder of results, and writes what it says to a log at a path.
  /// - Throws: `InputError` where a step would replace what it did not write, and what `execute` throws. What earlier
  ///   steps made stays, and the next run goes on from there.
  package mutating func run(
    pipeline: String, starting: (_ step: PipelineStep, _ number: Int, _ reason: String) -> Void,
    execute: (_ step: PipelineStep, _ log: String) async throws -> Void
  ) async throws -> [Outcome] {
    let lock = try folder.open(steps)
    defer { lock.release() }
    try folder.claim(by: plan.path)
    var outcomes: [Outcome] = []
    var records: [StepRecord] = []
    for (number, step) in steps.enumerated() {
      let (state, now, _) = try state(of: step)
      var record = now
      let began = ContinuousClock.now
      var reason: String?
      switch state {
      case .upToDate: break
      case .blocked(let path, let why):
        throw InputError(
          .cannotCreate, folder.absolute(path), expected: "what the step \(step.name) wrote, or nothing",
          found: "it \(why)",
          remedy: "move it away, and run again")
      case .due(let why):
        reason = why
        starting(step, number, why)
        try now.write(to: folder.record(of: step.name))
        try digests.write(to: folder.digests)
        do {
          try await execute(step, folder.log(of: step.name))
        } catch {
          record.progress = .failed
          try record.write(to: folder.record(of: step.name))
          throw error
        }
      }
      for output in step.outputs {
        guard exists(output) else {
          throw InputError(
            .io, folder.absolute(output), expected: "a file that the step \(step.name) writes", found: "none")
        }
        record.outputs.merge(try files(at: output)) { $1 }
      }
      record.progress = .done
      if reason != nil {
        try record.write(to: folder.record(of: step.name))
        try digests.write(to: folder.digests)
      }
      records.append(record)
      outcomes.append(
        Outcome(
          step: step.name, ran: reason != nil, reason: reason,
          seconds: reason == nil ? 0 : Stopwatch.seconds(since: began), files: record.outputs.count,
          bytes: record.outputs.values.reduce(0) { $0 + $1.bytes }, command: step.command))
    }
    if steps.count == plan.steps.count {
      try AtomicFile.write(pipeline, to: folder.absolute(PipelineManifest.pipelineName))
      try PipelineManifest(pipeline: pipeline, plan, records).write(to: folder.absolute(PipelineManifest.name))
    }
    return outcomes
  }
}

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
    // What a stopped step left cannot be told from what somebody else put there; it is replaced.
    if last.progress == .running { return (.due("it was stopped"), now, last) }
    let redo = options.redo.contains { Self.matches(step, $0) }
    if let ledger = step.ledger, last.outputs[ledger] != nil, !exists(ledger), !redo {
      return (
        .blocked(
          path: ledger, reason: "is gone, and with it the IDs that items had",
          remedy: "bring it back, or run with --redo \(step.name) to give new IDs"), now, last
      )
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
    for (path, digest) in files.sorted(by: { $0.key < $1.key })
    where last.outputs[path] != digest && path != step.ledger {
      let reason =
        last.outputs[path] == nil ? "is there, and this pipeline did not write it" : "was changed since it was written"
      return (.blocked(path: path, reason: reason), now, last)
    }
    // A model whose IDs stand in a registry stays while the catalogue grows.
    let isBound = step.bound.map(exists) ?? false
    let difference = isBound && last.isSame(but: now) ? nil : last.difference(from: now)
    if isBound, let bound = step.bound, difference != nil, !redo {
      return (
        .blocked(
          path: bound, reason: "has IDs of the model that would be replaced, since \(difference ?? "")",
          remedy: "give the tokenizer another name to keep both, or move the registry away to give new IDs"), now, last
      )
    }
    if last.progress == .failed { return (.due("it failed"), now, last) }
    if let missing = missing ?? last.outputs.keys.filter({ files[$0] == nil }).min() {
      return (.due("\(missing) is missing"), now, last)
    }
    if let difference { return (.due(difference), now, last) }
    return (redo ? .due("it was asked for") : .upToDate, now, last)
  }

  private func exists(_ output: String) -> Bool { FileManager.default.fileExists(atPath: folder.absolute(output)) }

  /// The files at an output, by path in the folder of results.
  private mutating func files(at output: String) throws -> [String: FileDigest] {
    var files: [String: FileDigest] = [:]
    for (name, digest) in try digests.files(at: folder.absolute(output)) {
      let path = name.isEmpty ? output : output + "/" + name
      guard files.updateValue(digest, forKey: path) == nil else {
        throw InputError(
          .cannotCreate, folder.absolute(path), found: "two files of this name, spelt in two forms of Unicode",
          remedy: "move away the one that this pipeline did not write")
      }
    }
    return files
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
      let (state, now, last) = try state(of: step)
      var record = now
      let began = ContinuousClock.now
      var reason: String?
      switch state {
      case .upToDate:
        // Of a model that stayed while the catalogue grew, what it was made of.
        if let last { record = last }
      case .blocked(let path, let why, let remedy):
        throw InputError(.cannotCreate, folder.absolute(path), at: "step \(step.name)", found: why, remedy: remedy)
      case .due(let why):
        reason = why
        starting(step, number, why)
        // It would name files of another run from now on.
        for name in [PipelineManifest.name, PipelineManifest.pipelineName] {
          try? FileManager.default.removeItem(atPath: folder.absolute(name))
        }
        try now.write(to: folder.record(of: step.name))
        try digests.write(to: folder.digests)
        do {
          var step = step
          if let last, last.difference(from: now) != nil { step.words += step.restart.map { .text($0) } }
          try await execute(step, folder.log(of: step.name))
        } catch {
          record.progress = .failed
          // What stands there now may be replaced by the next run, and nothing else.
          record.outputs = [:]
          for output in step.outputs where exists(output) { record.outputs.merge(try files(at: output)) { $1 } }
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

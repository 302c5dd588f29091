import ArgumentParser
import Foundation
import Pipeline
import SemanticID
import Synchronization

/// One step of a pipeline as the verb that it is, in this process.
struct StepCommand {
  let step: PipelineStep
  private let verb: any SemidCommand

  /// - Throws: `InputError` with the line of the pipeline for words that the verb refuses.
  init(_ step: PipelineStep, threads: Int?) throws {
    self.step = step
    guard let command = PipelineVerbs.commands[step.verb[0]] else {
      throw InputError(.usage, step.place, found: "no such verb: \(step.verb[0])")
    }
    let words = step.commandLine.dropFirst() + (threads.map { ["--threads", String($0)] } ?? [])
    do {
      let parsed = try command.parseAsRoot(NegativeNumbers.joined(words))
      guard let verb = parsed as? any SemidCommand else {
        throw InputError(.usage, step.place, found: "no verb: \(step.verb.joined(separator: " "))")
      }
      self.verb = verb
    } catch let error as InputError {
      throw error
    } catch {
      let message = command.message(for: error)
      // The line of the option that the message names, where it names one.
      let option = step.places.keys.filter { message.contains("--\($0)") }.max { $0.count < $1.count }
      throw InputError(
        .usage, option.flatMap { step.places[$0] } ?? step.place,
        found: "\(step.verb.joined(separator: " ")): \(message)")
    }
  }

  /// Runs the verb in the current folder. Its results go to the log or, as JSON, to the step's file; notes go to the log;
  /// progress and warnings go to both the log and `diagnostics`.
  func run(log path: String, _ diagnostics: Diagnostics, isQuiet: Bool) async throws {
    let log = try StepLog(path)
    log.write("$ \(step.command)\n")
    let start = ContinuousClock.now
    let keepsJSON = step.json != nil
    let json = Mutex<Data>(Data())
    let results = ResultStream(capacity: 0) { data in
      log.write(String(decoding: data, as: UTF8.self))
      if keepsJSON { json.withLock { $0.append(data) } }
    }
    let console = Console(
      verb.common, results: results, diagnostics: log.tee(isQuiet ? nil : diagnostics, warnings: diagnostics),
      notes: log.diagnostics, columns: nil)
    do {
      try await verb.execute(console)
      try results.flush()
    } catch {
      log.write("\(error)\n")
      throw error
    }
    if let target = step.json {
      let data = json.withLock { $0 }
      try AtomicFile.write(try Self.withoutTimes(data), to: target)
    }
    log.write("\(Text.duration(seconds: Stopwatch.seconds(since: start)))\n")
  }

  /// Lines of JSON without what a clock measured, so that the same run writes the same file. The log has them.
  static func withoutTimes(_ lines: Data) throws -> String {
    func timeless(_ value: Any) -> Any {
      switch value {
      case let object as [String: Any]:
        object.filter { $0.key != "seconds" && !$0.key.hasSuffix("Seconds") }.mapValues(timeless)
      case let array as [Any]: array.map(timeless)
      default: value
      }
    }
    return try lines.split(separator: UInt8(ascii: "\n")).map { line in
      let object = timeless(try JSONSerialization.jsonObject(with: Data(line)))
      let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
      return String(decoding: data, as: UTF8.self) + "\n"
    }.joined()
  }
}

/// What a step said, in a file.
final class StepLog: Sendable {
  private let file: FileHandle

  init(_ path: String) throws {
    // A log is for people: it is written as the step goes, and what an earlier run said goes.
    guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
    else { throw InputError(.cannotCreate, path, found: "cannot be written") }
    self.file = file
  }

  func write(_ text: String) {
    // A full disk is told by the step's own files.
    try? file.write(contentsOf: Data(text.utf8))
  }

  /// Lines to the log alone.
  var diagnostics: Diagnostics { Diagnostics(canRedraw: false) { self.write($0) } }

  /// Lines to the log, and what is drawn and warned of to others as well.
  func tee(_ progress: Diagnostics?, warnings: Diagnostics) -> Diagnostics {
    Diagnostics(canRedraw: progress?.canRedraw ?? false, columns: { progress?.columns ?? 80 }) { text in
      guard text.hasSuffix("\n") else {
        progress?.draw(Diagnostics.withoutControl(text))
        return
      }
      let line = Diagnostics.withoutControl(text)
      self.write(line)
      (line.hasPrefix("semid: warning:") ? warnings : progress)?.line(String(line.dropLast()))
    }
  }

  deinit { try? file.close() }
}

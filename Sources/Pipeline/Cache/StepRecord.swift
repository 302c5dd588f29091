import Foundation
import Formats
import Vectors

/// What is known of a step from the last time it ran.
struct StepRecord: Codable, Hashable, Sendable {
  struct Input: Codable, Hashable, Sendable {
    var path: String
    var sha256: String
  }

  enum Progress: String, Codable, Sendable {
    /// It began, and has not ended: it is at work, or was stopped.
    case running
    case done
  }

  private static let input = "{input}"

  var step: String
  /// The version of the engine.
  var engine: String
  /// The command line, with `{input}` for what is read.
  var command: [String]
  var inputs: [Input]
  var progress: Progress
  /// By path in the folder of results.
  var outputs: [String: FileDigest] = [:]

  /// - Throws: `InputError` where an input is not there.
  init(_ step: PipelineStep, in folder: String, digests: inout FileDigests) throws {
    self.step = step.name
    engine = EngineVersion.current
    command =
      step.verb
      + step.words.map { word in
        if case .input = word { Self.input } else { word.text }
      }
    inputs = try step.inputs.map { Input(path: $0, sha256: try digests.digest(at: ResultsFolder.path($0, in: folder))) }
    progress = .running
  }

  /// A digest of what decides the result: the command, the contents of the inputs and the version of the engine.
  var key: String {
    var digest = SHA256()
    for text in [engine] + command + [""] + inputs.map(\.sha256) { digest.update(Array((text + "\0").utf8)) }
    return digest.hexDigest()
  }

  /// Why a step that is `now` has to run again, when it last was this; nil: the result would be the same.
  func difference(from now: StepRecord) -> String? {
    if engine != now.engine { return "version \(engine) made it, this is \(now.engine)" }
    if command != now.command {
      let difference = now.command.difference(from: command)
      func words(_ changes: [CollectionDifference<String>.Change]) -> String {
        changes.map { change in
          switch change {
          case .insert(_, let word, _), .remove(_, let word, _): word
          }
        }.filter { $0 != Self.input }.joined(separator: " ")
      }
      let parts = [("without", difference.removals), ("with", difference.insertions)].filter { !$0.1.isEmpty }
      return "its options changed: " + parts.map { "\($0.0) \(words($0.1))" }.joined(separator: ", ")
    }
    if inputs.count != now.inputs.count { return "it reads other files" }
    for (old, new) in zip(inputs, now.inputs) where old.sha256 != new.sha256 { return "\(new.path) changed" }
    return nil
  }

  // MARK: On disk

  /// - Returns: nil where there is no record, or one of another form.
  init?(reading path: String) {
    guard let data = FileManager.default.contents(atPath: path),
      let record = try? JSONDecoder().decode(Self.self, from: data)
    else { return nil }
    self = record
  }

  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(String(decoding: try encoder.encode(self), as: UTF8.self) + "\n", to: path)
  }
}

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
    /// It ended with an error.
    case failed
    case done
  }

  var step: String
  /// The version of the engine.
  var engine: String
  /// The command line. Names of inputs count, since verbs print them and tell formats by their endings.
  var command: [String]
  var inputs: [Input]
  var progress: Progress
  /// By path in the folder of results.
  var outputs: [String: FileDigest] = [:]

  /// - Throws: `InputError` where an input is not there.
  init(_ step: PipelineStep, in folder: String, digests: inout FileDigests) throws {
    self.step = step.name
    engine = EngineVersion.current
    command = step.commandLine
    inputs = try step.inputs.map { Input(path: $0, sha256: try digests.digest(at: ResultsFolder.path($0, in: folder))) }
    progress = .running
  }

  /// A digest of what decides the result: the command, the names and contents of the
  /// inputs, and the version of the engine.
  var key: String {
    var digest = SHA256()
    for text in [engine] + command + [""] + inputs.flatMap({ [$0.path, $0.sha256] }) {
      digest.update(Array((text + "\0").utf8))
    }
    return digest.hexDigest()
  }

  /// Whether `now` differs in what its inputs hold alone.
  func isSame(but now: StepRecord) -> Bool {
    engine == now.engine && command.map { Array($0.utf8) } == now.command.map { Array($0.utf8) }
  }

  /// Why a step that is `now` has to run again, when it last was this; nil: the result would be the same.
  func difference(from now: StepRecord) -> String? {
    // By bytes: texts that Swift calls equal can have other ones.
    if key == now.key { return nil }
    if engine != now.engine { return "version \(engine) made it, this is \(now.engine)" }
    if command != now.command {
      return "its options changed: " + Self.changes(Self.options(command), Self.options(now.command))
    }
    // Files that no word names: the ids beside vectors, in another form.
    if inputs.map(\.path) != now.inputs.map(\.path) { return "it reads other files" }
    for (old, new) in zip(inputs, now.inputs) where old.sha256 != new.sha256 { return "\(new.path) changed" }
    return "its options are spelt otherwise"
  }

  /// The words of a command by the option that they follow; those before any option under an empty name.
  private static func options(_ command: [String]) -> [(name: String, values: [String])] {
    var options: [(name: String, values: [String])] = [("", [])]
    for word in command {
      if word.hasPrefix("--") {
        let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
        options.append((parts[0], Array(parts.dropFirst())))
      } else {
        options[options.count - 1].values.append(word)
      }
    }
    return options
  }

  private static func changes(
    _ old: [(name: String, values: [String])], _ new: [(name: String, values: [String])]
  ) -> String {
    func values(_ name: String, in options: [(name: String, values: [String])]) -> [String]? {
      let found = options.filter { $0.name == name }
      return found.isEmpty ? nil : found.flatMap(\.values)
    }
    var names: [String] = []
    for option in old + new where !names.contains(option.name) { names.append(option.name) }
    let changes = names.compactMap { name -> String? in
      let (before, after) = (values(name, in: old), values(name, in: new))
      guard before != after else { return nil }
      func text(_ values: [String]) -> String { ([name] + values).filter { !$0.isEmpty }.joined(separator: " ") }
      switch (before, after) {
      case (let before?, let after?):
        return name.isEmpty
          ? "\(text(before)) → \(text(after))" : "\(text(before)) → \(after.joined(separator: " "))"
      case (nil, let after?): return "\(text(after)) is new"
      case (let before?, nil): return "\(text(before)) is gone"
      case (nil, nil): return nil
      }
    }
    return changes.isEmpty ? "their order" : changes.joined(separator: ", ")
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

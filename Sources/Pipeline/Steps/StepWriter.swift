import Foundation
import Vectors

/// Puts together the command line of one step.
struct StepWriter {
  private let file: PipelineFile
  private let section: PipelineFile.Section
  private let verb: [String]
  private let known: VerbOptions
  private var words: [PipelineStep.Word] = []
  private var inputs: [String] = []
  private var outputs: [String] = []
  private var taken: Set<String> = Self.always
  var json: String?

  /// What a pipeline says itself, of every verb.
  private static let always: Set<String> = ["json", "quiet", "threads", "version", "help"]

  /// - Throws: `InputError` when there is no such verb.
  init(_ file: PipelineFile, _ section: PipelineFile.Section, verb: [String], _ verbs: VerbCatalogue) throws {
    guard let known = verbs.options(of: verb) else {
      throw InputError(
        .malformed, file.source, at: section.kindPlace ?? section.place,
        expected: "kind: one of \(verbs.kinds(of: verb[0]).joined(separator: ", "))",
        found: verb.dropFirst().joined(separator: " "))
    }
    self.file = file
    self.section = section
    self.verb = verb
    self.known = known
  }

  func has(_ option: String) -> Bool { known.has(option) }

  /// A path without an option in front of it.
  mutating func argument(_ path: String) { read(path) }

  /// A path that is read, unless the section names another one.
  mutating func input(_ option: String, _ path: String, unlessSet: Bool = false) {
    guard !unlessSet || !isSet(option) else { return }
    words.append(.text("--" + option))
    read(path)
    if !unlessSet { taken.insert(option) }
  }

  /// A path that is written.
  mutating func output(_ option: String, _ path: String) {
    words += [.text("--" + option), .output(path)]
    outputs.append(path)
    taken.insert(option)
  }

  /// Files that the verb reads without being told.
  mutating func reads(_ path: String) { inputs.append(path) }

  /// Files that the verb writes without being told.
  mutating func writes(_ path: String) { outputs.append(path) }

  /// A file in the folder of results that is written by position.
  mutating func argument(writing path: String) {
    words.append(.output(path))
    outputs.append(path)
  }

  /// A value, unless the section sets it.
  mutating func text(_ option: String, _ value: String) {
    guard has(option), !isSet(option) else { return }
    add(option, value, isPath: false)
  }

  func isSet(_ option: String) -> Bool {
    let names = known.option(option)?.names ?? [option]
    return section.settings.contains { names.contains($0.name) }
  }

  private mutating func read(_ path: String) {
    words.append(.input(path))
    if !inputs.contains(path) { inputs.append(path) }
  }

  /// The step with all settings of the section.
  ///
  /// - Parameter own: keys that the plan has taken, and that are no options.
  /// - Throws: `InputError` for a key that is no option of the verb, and for a file that is not there.
  mutating func step(_ name: String, own: Set<String> = []) throws -> PipelineStep {
    for setting in section.settings where !own.contains(setting.name) { try add(setting) }
    return PipelineStep(
      name: name, verb: verb, words: words, inputs: inputs, outputs: outputs + (json.map { [$0] } ?? []), json: json,
      place: "\(file.source): \(section.place)",
      places: Dictionary(section.settings.map { ($0.name, "\(file.source): \($0.place)") }) { $1 })
  }

  private mutating func add(_ setting: PipelineFile.Setting) throws {
    let title = verb.joined(separator: " ")
    guard let option = known.option(setting.name) ?? negated(setting.name) else {
      throw InputError(
        .malformed, file.source, at: setting.place, expected: "an option of \(title)", found: setting.name,
        remedy: known.nearest(to: setting.name).map { "did you mean \($0)?" } ?? "semid help \(title) lists them")
    }
    guard Set(option.names).isDisjoint(with: taken) else {
      throw InputError(
        .malformed, file.source, at: setting.place, found: "\(setting.name): is set by the pipeline itself",
        remedy: "leave it out")
    }
    switch option.kind {
    case .flag(let off): try addFlag(setting, off: off)
    case .value(let repeats):
      var values = setting.values
      var isPath = option.isPath
      if isPath { values = try values.map { try file.existing($0, at: setting.place) } }
      if option.mayBePath, values.count == 1, FileManager.default.fileExists(atPath: file.absolute(values[0])) {
        isPath = true
        values = [file.absolute(values[0])]
      }
      guard !values.isEmpty else {
        throw InputError(
          .malformed, file.source, at: setting.place, expected: "\(setting.name): a value", found: "an empty list")
      }
      if repeats || values.count == 1 {
        for value in values { add(setting.name, value, isPath: isPath) }
      } else {
        add(setting.name, values.joined(separator: ","), isPath: false)
      }
    }
  }

  private mutating func add(_ name: String, _ value: String, isPath: Bool) {
    if isPath {
      words.append(.text("--" + name))
      read(value)
    } else if value.hasPrefix("-") {
      words.append(.text("--\(name)=\(value)"))
    } else {
      words += [.text("--" + name), .text(value)]
    }
  }

  private mutating func addFlag(_ setting: PipelineFile.Setting, off: String?) throws {
    let name = setting.name
    switch setting.values {
    case ["true"] where !setting.isList: words.append(.text("--" + name))
    case ["false"] where !setting.isList:
      if let off { words.append(.text("--" + (name == off ? known.option(name)?.names[0] ?? name : off))) }
    default:
      throw InputError(
        .malformed, file.source, at: setting.place, expected: "\(name): true or false",
        found: setting.values.joined(separator: ", "))
    }
  }

  private func negated(_ name: String) -> VerbOptions.Option? {
    known.options.first { if case .flag(let off?) = $0.kind { off == name } else { false } }
  }
}

extension PipelineFile {
  /// A path of the file, absolute.
  func absolute(_ path: String) -> String {
    let home = path == "~" || path.hasPrefix("~/") ? FileManager.default.homeDirectoryForCurrentUser.path : nil
    let path = home.map { $0 + path.dropFirst() } ?? path
    let full = path.hasPrefix("/") ? path : folder + "/" + path
    return URL(fileURLWithPath: full).standardized.path
  }

  /// A path of the file, absolute.
  ///
  /// - Throws: `InputError` when nothing is there.
  func existing(_ path: String, at place: String) throws -> String {
    let full = absolute(path)
    guard FileManager.default.fileExists(atPath: full) else {
      throw InputError(.missing, source, at: place, expected: "a file or a directory", found: "nothing at \(full)")
    }
    return full
  }
}

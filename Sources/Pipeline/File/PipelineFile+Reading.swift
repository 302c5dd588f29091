import Foundation
import Formats
import Vectors
import Yams

extension PipelineFile {
  /// Far more than a pipeline needs; a file of another kind is refused before it is parsed.
  private static let mostBytes = 1 << 20

  /// Reads a pipeline.
  ///
  /// - Parameter environment: the variables that `${NAME}` and `${NAME:-default}` stand for.
  /// - Throws: `InputError` with the line for what is no YAML, no pipeline, or names a variable that is not set.
  package init(opening path: String, environment: [String: String]) throws {
    let file = try MappedFile(path: path)
    guard file.count <= Self.mostBytes else {
      throw InputError(
        .malformed, path, expected: "a pipeline in YAML, of \(Self.mostBytes) bytes at most",
        found: "\(file.count) bytes")
    }
    guard let text = String(validating: file.bytes, as: UTF8.self) else {
      throw InputError(.malformed, path, expected: "a pipeline in YAML, in UTF-8", found: "bytes that are not UTF-8")
    }
    let full = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    // Some editors begin a file with a mark of its encoding.
    let body = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
    try self.init(
      parsing: body, source: path, folder: URL(fileURLWithPath: full).deletingLastPathComponent().standardized.path,
      environment: environment)
  }

  /// Reads a pipeline from its text.
  package init(parsing text: String, source: String, folder: String, environment: [String: String]) throws {
    self.init(source: source, folder: folder)
    let reader = SectionReader(source: source, environment: environment)
    for entry in try reader.entries(of: try Self.root(text, source), at: nil, what: "a pipeline") {
      switch entry.key {
      case "output": output = try reader.path(entry)
      case "prepare": prepare = try reader.section(entry)
      case "prepared": prepared = try reader.path(entry)
      case "embed": embed = try reader.section(entry)
      case "embeddings": embeddings = try reader.pathOrSettings(entry)
      case "tokenizers": tokenizers = try reader.named(entry)
      case "ids": ids = try reader.section(entry, hasTokenizers: true)
      case "index": index = try reader.section(entry, hasTokenizers: true)
      case "corpora": corpora = try reader.named(entry)
      case "export": exports = try reader.named(entry)
      case "report": report = try reader.section(entry)
      case "evaluate":
        for part in try reader.named(entry) {
          switch part.name {
          case "codes": evaluateCodes = part.section
          case "offline": evaluateOffline = part.section
          default:
            throw reader.unknown("evaluate: \(part.name)", known: ["codes", "offline"], at: part.section.place)
          }
        }
      default: throw reader.unknown(entry.key, known: Self.keys, at: entry.place)
      }
    }
    guard !tokenizers.isEmpty else {
      throw InputError(
        .malformed, source, expected: "tokenizers:, with one tokenizer at least", found: "none",
        remedy: "semid run --example prints a pipeline to start from")
    }
  }

  private static let keys = [
    "output", "prepare", "prepared", "embed", "embeddings", "tokenizers", "ids", "index", "corpora", "evaluate",
    "export", "report",
  ]

  private static func root(_ text: String, _ source: String) throws -> Node? {
    do {
      return try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw fault(error, source)
    }
  }

  private static func fault(_ error: YamlError, _ source: String) -> InputError {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      InputError(.malformed, source, at: "line \(mark.line), column \(mark.column)", expected: "YAML", found: problem)
    case .duplicatedKeysInMapping(let keys, let context):
      InputError(
        .malformed, source, at: "line \(context.mark.line)", expected: "each key once",
        found: "\(keys.sorted().joined(separator: ", ")) twice")
    case .reader(let problem, _, _, _):
      InputError(.malformed, source, expected: "YAML", found: problem)
    default: InputError(.malformed, source, expected: "YAML", found: "\(error)")
    }
  }
}

/// Reads the mappings of a pipeline's file.
private struct SectionReader {
  let source: String
  let environment: [String: String]

  struct Entry {
    var key: String
    var value: Node
    var place: String
  }

  /// The keys of a mapping; of nothing, none.
  func entries(of node: Node?, at place: String?, what: String) throws -> [Entry] {
    guard let node, !isNull(node) else { return [] }
    guard case .mapping(let mapping) = node else {
      throw InputError(
        .malformed, source, at: place ?? self.place(node), expected: "\(what): lines of key: value",
        found: description(of: node))
    }
    return try mapping.map { key, value in
      guard case .scalar(let scalar) = key else {
        throw InputError(.malformed, source, at: self.place(key), expected: "a key", found: description(of: key))
      }
      return Entry(key: scalar.string, value: value, place: self.place(key))
    }
  }

  func path(_ entry: Entry) throws -> PipelineFile.Setting {
    let setting = try setting(entry)
    guard !setting.isList, setting.values.count == 1, !setting.values[0].isEmpty, !setting.values[0].contains("\0")
    else {
      throw InputError(.malformed, source, at: entry.place, expected: "\(entry.key): a path", found: found(setting))
    }
    return setting
  }

  /// `key: path`, or settings of which one is `file`.
  func pathOrSettings(_ entry: Entry) throws -> [PipelineFile.Setting] {
    guard case .mapping = entry.value else {
      var setting = try path(entry)
      setting.name = "file"
      return [setting]
    }
    let settings = try section(entry).settings
    guard settings.contains(where: { $0.name == "file" && $0.values.count == 1 }) else {
      throw InputError(.malformed, source, at: entry.place, expected: "\(entry.key): file: a path", found: "none")
    }
    return settings
  }

  /// - Parameter hasTokenizers: whether keys with settings of their own are tokenizers.
  func section(_ entry: Entry, hasTokenizers: Bool = false) throws -> PipelineFile.Section {
    var section = PipelineFile.Section(settings: [], place: entry.place)
    for option in try entries(of: entry.value, at: entry.place, what: entry.key) {
      if hasTokenizers, case .mapping = option.value {
        section.ofTokenizers.append(PipelineFile.Named(name: option.key, section: try self.section(option)))
        continue
      }
      let setting = try setting(option)
      if option.key != "kind" {
        // Nothing behind the colon: the verb's default.
        if !isNull(option.value) { section.settings.append(setting) }
        continue
      }
      guard !setting.isList, setting.values.count == 1, !setting.values[0].isEmpty else {
        throw InputError(.malformed, source, at: option.place, expected: "kind: one name", found: found(setting))
      }
      section.kind = setting.values[0]
      section.kindPlace = option.place
    }
    return section
  }

  func named(_ entry: Entry) throws -> [PipelineFile.Named] {
    try entries(of: entry.value, at: entry.place, what: entry.key).map {
      // Names become names of files.
      guard !$0.key.isEmpty, !$0.key.hasPrefix("."), $0.key.utf8.count <= 100,
        $0.key.unicodeScalars.allSatisfy({
          $0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_.+".unicodeScalars.contains($0)
        })
      else {
        throw InputError(
          .malformed, source, at: $0.place,
          expected: "a name of letters, digits, '-', '_', '+' and '.', of 100 bytes at most", found: "\"\($0.key)\"")
      }
      return PipelineFile.Named(name: $0.key, section: try section($0))
    }
  }

  private func setting(_ entry: Entry) throws -> PipelineFile.Setting {
    func text(_ node: Node) throws -> String {
      guard case .scalar(let scalar) = node else {
        throw InputError(
          .malformed, source, at: place(node), expected: "\(entry.key): a value, or a list of values",
          found: description(of: node))
      }
      return try expand(scalar.string, at: place(node))
    }
    var setting = PipelineFile.Setting(name: entry.key, values: [], isList: false, place: entry.place)
    if case .sequence(let sequence) = entry.value {
      setting.isList = true
      setting.values = try sequence.map(text)
    } else {
      setting.values = [try text(entry.value)]
    }
    return setting
  }

  /// Puts the environment's values in place of `${NAME}` and `${NAME:-default}`. `$$` stands for one dollar.
  private func expand(_ text: String, at place: String) throws -> String {
    var (expanded, rest) = ("", text[...])
    while let dollar = rest.firstIndex(of: "$") {
      expanded += rest[..<dollar]
      rest = rest[dollar...].dropFirst()
      if rest.first == "$" {
        expanded += "$"
        rest = rest.dropFirst()
      } else if rest.first == "{" {
        guard let end = rest.firstIndex(of: "}") else {
          throw InputError(.malformed, source, at: place, expected: "${NAME}", found: "${ without }")
        }
        let body = rest[rest.index(after: rest.startIndex)..<end]
        rest = rest[rest.index(after: end)...]
        let (name, fallback) = Self.split(body)
        let value = environment[name].flatMap { $0.isEmpty && fallback != nil ? nil : $0 }
        guard let value = value ?? fallback else {
          throw InputError(
            .missing, source, at: place, expected: "a value for ${\(name)}",
            found: "no such variable in the environment",
            remedy: "set \(name), or write ${\(name):-default}")
        }
        expanded += value
      } else {
        expanded += "$"
      }
    }
    return expanded + rest
  }

  private static func split(_ body: Substring) -> (name: String, fallback: String?) {
    guard let range = body.firstRange(of: ":-") else { return (String(body), nil) }
    return (String(body[..<range.lowerBound]), String(body[range.upperBound...]))
  }

  func unknown(_ key: String, known: [String], at place: String) -> InputError {
    InputError(.malformed, source, at: place, expected: "one of \(known.joined(separator: ", "))", found: key)
  }

  private func isNull(_ node: Node) -> Bool {
    guard case .scalar(let scalar) = node else { return false }
    return scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
  }

  private func found(_ setting: PipelineFile.Setting) -> String {
    setting.isList ? "a list" : setting.values.first.map { $0.isEmpty ? "nothing" : $0 } ?? "nothing"
  }

  private func description(of node: Node) -> String {
    switch node {
    case .scalar(let scalar): "\"\(scalar.string.prefix(40))\""
    case .mapping: "keys and values"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }

  private func place(_ node: Node) -> String { node.mark.map { "line \($0.line)" } ?? "somewhere" }
}

import Foundation
import Formats
import Interactions
import Vectors

/// The wordings of every task.
///
/// A file of templates is a JSON object: for each task a list of wordings, of which every row gets one at random.
///
/// ```json
/// {
///   "next-item": [{"prompt": "Chosen so far: {{history}}\nAnd now?", "completion": "{{item}}"}],
///   "item-document": [{"text": "{{item}} {{title}}{{#brand}} by {{brand}}{{/brand}}"}]
/// }
/// ```
public struct TemplateLibrary: Sendable {
  /// A wording as it stands in a file.
  package struct WordingText: Hashable, Sendable, Codable {
    package var system: String?
    package var prompt: String?
    package var completion: String?
    package var text: String?

    package init(system: String? = nil, prompt: String? = nil, completion: String? = nil, text: String? = nil) {
      self.system = system
      self.prompt = prompt
      self.completion = completion
      self.text = text
    }
  }

  /// One wording of a task: a text, or a prompt and its completion.
  struct Wording: Sendable {
    var system: TextTemplate?
    /// The text of a document; otherwise the prompt.
    var prompt: TextTemplate
    var completion: TextTemplate?
  }

  let wordings: [CorpusTask: [Wording]]
  /// The texts that they were made from.
  package let texts: [CorpusTask: [WordingText]]

  /// The templates of this project.
  public static func standard() throws -> TemplateLibrary {
    try TemplateLibrary(StandardWordings.all, source: "templates")
  }

  /// Reads a file of templates. Tasks that it does not name keep the standard wordings.
  ///
  /// - Throws: `InputError` naming the task and the wording that cannot be used.
  public static func read(_ path: String) throws -> TemplateLibrary {
    let file = try JSONFile.decode([String: [WordingText]].self, path: path)
    var texts = StandardWordings.all
    for name in file.keys.sorted() {
      guard let task = CorpusTask(rawValue: name) else {
        throw InputError(
          .malformed, path, expected: "tasks among \(CorpusTask.allCases.map(\.rawValue).joined(separator: ", "))",
          found: "\"\(name)\"")
      }
      texts[task] = file[name]
    }
    return try TemplateLibrary(texts, source: path)
  }

  package init(_ texts: [CorpusTask: [WordingText]], source: String = "templates") throws {
    self.texts = texts
    wordings = try Dictionary(
      uniqueKeysWithValues: texts.map { task, texts in
        guard !texts.isEmpty, texts.count <= 65_536 else {
          throw InputError(
            .malformed, source, at: task.rawValue, expected: "1 to 65,536 wordings", found: "\(texts.count)")
        }
        return (
          task,
          try texts.enumerated().map { try Self.wording($1, task, "\(source): \(task.rawValue), wording \($0 + 1)") }
        )
      })
  }

  private static func wording(_ text: WordingText, _ task: CorpusTask, _ place: String) throws -> Wording {
    guard let first = task.isDocument ? text.text : text.prompt, !first.isEmpty else {
      throw InputError(.malformed, place, expected: "a \(task.isDocument ? "text" : "prompt")", found: "none")
    }
    let wording = Wording(
      system: try text.system.map { try TextTemplate($0, place: place + ", system") },
      prompt: try TextTemplate(first, place: place),
      completion: task.isDocument
        ? nil : try TextTemplate(text.completion ?? task.completion, place: place + ", completion"))
    for template in [wording.system, wording.prompt].compactMap(\.self) {
      if let leak = TemplateVariable.allCases.first(where: {
        template.variables.contains($0) && task.hiddenFromPrompt.contains($0)
      }) {
        throw InputError(
          .malformed, place, expected: "a prompt that does not tell the answer", found: "{{\(leak.rawValue)}}")
      }
    }
    guard !wording.prompt.variables.isEmpty else {
      let example = task.isOfHistories ? "{{history}}" : "{{item}}"
      throw InputError(
        .malformed, place, expected: "what tells its rows apart, such as \(example)", found: "the same words for all")
    }
    guard !task.isOfHistories else { return wording }
    for template in [wording.system, wording.prompt, wording.completion].compactMap(\.self) {
      if let other = TemplateVariable.allCases.first(where: { template.variables.contains($0) && $0.isOfHistory }) {
        throw InputError(
          .malformed, place, expected: "what is known of an item", found: "{{\(other.rawValue)}}, which needs a history"
        )
      }
    }
    return wording
  }

  /// The library as a file of templates.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let named = Dictionary(uniqueKeysWithValues: texts.map { ($0.key.rawValue, $0.value) })
    return String(decoding: try encoder.encode(named), as: UTF8.self)
  }
}

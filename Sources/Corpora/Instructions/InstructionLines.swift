import Interactions
import Vectors

/// The lines of an instruction corpus.
struct InstructionLines: Sendable {
  private let corpus: TextCorpus
  private let options: InstructionCorpus.Options
  private let system: [UInt8]
  private let promptEnd: [UInt8]
  private let itemIDs: EncodedTexts

  init(_ corpus: TextCorpus, _ options: InstructionCorpus.Options) {
    self.corpus = corpus
    self.options = options
    system = JSONBytes.escaped(options.system ?? "")
    promptEnd = JSONBytes.escaped(options.promptEnd)
    itemIDs = EncodedTexts(escaping: corpus.items.ids)
  }

  /// Appends one row, and says where in the line its prompt stands.
  func append(_ row: PlannedRow, _ wording: TemplateLibrary.Wording, to line: inout [UInt8]) -> Range<Int> {
    let prompt: Range<Int>
    switch options.form {
    case .messages:
      line.append(contentsOf: #"{"messages": ["#.utf8)
      prompt = appendTurns(row, wording, to: &line)
      line.append(contentsOf: ", ".utf8)
      appendAnswer(row, wording, to: &line)
      line.append(contentsOf: "]".utf8)
    case .conversation:
      line.append(contentsOf: #"{"prompt": ["#.utf8)
      prompt = appendTurns(row, wording, to: &line)
      line.append(contentsOf: #"], "completion": ["#.utf8)
      appendAnswer(row, wording, to: &line)
      line.append(contentsOf: "]".utf8)
    case .promptCompletion:
      line.append(contentsOf: #"{"prompt": ""#.utf8)
      let start = line.count
      if appendSystem(row, wording, to: &line) { line.append(contentsOf: #"\n\n"#.utf8) }
      corpus.renderer.append(wording.prompt, row, to: &line)
      line.append(contentsOf: promptEnd)
      prompt = start..<line.count
      line.append(contentsOf: #"", "completion": ""#.utf8)
      if let completion = wording.completion { corpus.renderer.append(completion, row, to: &line) }
      line.append(contentsOf: #"""#.utf8)
    }
    if options.namesRows { appendNames(row, to: &line) }
    line.append(contentsOf: "}\n".utf8)
    return prompt
  }

  private func appendTurns(_ row: PlannedRow, _ wording: TemplateLibrary.Wording, to line: inout [UInt8]) -> Range<Int>
  {
    let start = line.count
    if wording.system != nil || !system.isEmpty {
      line.append(contentsOf: #"{"role": "system", "content": ""#.utf8)
      _ = appendSystem(row, wording, to: &line)
      line.append(contentsOf: #""}, "#.utf8)
    }
    line.append(contentsOf: #"{"role": "user", "content": ""#.utf8)
    corpus.renderer.append(wording.prompt, row, to: &line)
    line.append(contentsOf: #""}"#.utf8)
    return start..<line.count
  }

  private func appendSystem(_ row: PlannedRow, _ wording: TemplateLibrary.Wording, to line: inout [UInt8]) -> Bool {
    let start = line.count
    if let template = wording.system {
      corpus.renderer.append(template, row, to: &line)
    } else {
      line.append(contentsOf: system)
    }
    return line.count > start
  }

  private func appendAnswer(_ row: PlannedRow, _ wording: TemplateLibrary.Wording, to line: inout [UInt8]) {
    line.append(contentsOf: #"{"role": "assistant", "content": ""#.utf8)
    if let completion = wording.completion { corpus.renderer.append(completion, row, to: &line) }
    line.append(contentsOf: #""}"#.utf8)
  }

  private func appendNames(_ row: PlannedRow, to line: inout [UInt8]) {
    line.append(contentsOf: #", "task": ""#.utf8)
    line.append(contentsOf: row.task.rawValue.utf8)
    line.append(contentsOf: #"", "user_id": ""#.utf8)
    if row.task.isOfHistories { corpus.renderer.users.append(Int(row.user), to: &line) }
    line.append(contentsOf: #"", "item_id": ""#.utf8)
    itemIDs.append(corpus.renderer.item(of: row), to: &line)
    line.append(contentsOf: #"""#.utf8)
  }
}

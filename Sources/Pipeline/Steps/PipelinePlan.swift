import Foundation
import Formats
import Vectors

/// The steps of a pipeline, in the order in which they run.
package struct PipelinePlan: Sendable {
  package private(set) var steps: [PipelineStep] = []

  /// The pipeline's file, absolute.
  package var path: String { file.absolute(file.source.split(separator: "/").last.map(String.init) ?? file.source) }

  private let file: PipelineFile
  private let verbs: VerbCatalogue

  /// - Throws: `InputError` with the line for a key that is no option of its verb, for sections that lack another one,
  ///   and for inputs that are not there.
  package init(_ file: PipelineFile, verbs: VerbCatalogue) throws {
    self.file = file
    self.verbs = verbs
    try checkTokenizers(of: file.ids)
    try checkTokenizers(of: file.index)
    let sources = try addSources()
    let vectors = try addVectors(sources)
    let tokenizers = try file.tokenizers.map { try addTokenizer($0, vectors) }
    let judgesIDs = file.evaluateOffline?.settings.contains { $0.name == "judges" && $0.values == ["ids"] } ?? false
    let needsIDs =
      file.ids != nil || file.index != nil || !file.corpora.isEmpty || !file.exports.isEmpty
      || file.report != nil || judgesIDs
    if needsIDs { for tokenizer in tokenizers { try addIDs(tokenizer, vectors) } }
    if let index = file.index { for tokenizer in tokenizers { try addIndex(index, tokenizer, vectors, sources) } }
    for tokenizer in tokenizers { for corpus in file.corpora { try addCorpus(corpus, tokenizer, sources) } }
    try addEvaluation(tokenizers, vectors, sources)
    for tokenizer in tokenizers { for export in file.exports { try addExport(export, tokenizer, vectors, sources) } }
    try addReport(tokenizers, vectors, sources)
    try checkOutputs()
  }

  /// Interactions and items.
  private struct Sources {
    var items: String?
    var parts: [(option: String, path: String)] = []
  }

  /// The vectors, and how every verb is told to read them.
  private struct VectorInput {
    var path: String
    /// Read beside them: their ids.
    var ids: String?
    var settings: [(option: String, value: String, isPath: Bool)] = []
  }

  private struct TokenizerStep {
    var name: String
    var model: String
    var place: String
  }

  /// Refuses names that make two steps write to one place, or one inside of the other.
  private func checkOutputs() throws {
    var places: [(path: String, step: PipelineStep)] = []
    for step in steps {
      for output in step.outputs {
        if let other = places.first(where: { other in
          output == other.path || output.hasPrefix(other.path + "/") || other.path.hasPrefix(output + "/")
        }) {
          throw InputError(
            .malformed, step.place, expected: "names that give each step a place of its own",
            found: "\(step.name) and \(other.step.name), which both write \(output)", remedy: "rename one of them")
        }
        places.append((output, step))
      }
    }
  }

  private func checkTokenizers(of section: PipelineFile.Section?) throws {
    for own in section?.ofTokenizers ?? [] where !file.tokenizers.contains(where: { $0.name == own.name }) {
      throw InputError(
        .malformed, file.source, at: own.section.place,
        expected: "one of the tokenizers: \(file.tokenizers.map(\.name).joined(separator: ", "))", found: own.name)
    }
  }

  private func refuse(_ section: PipelineFile.Section?, _ setting: PipelineFile.Setting?, _ found: String) throws {
    guard section != nil, let setting else { return }
    throw InputError(
      .malformed, file.source, at: setting.place, found: found, remedy: "leave one of the two out")
  }

  // MARK: Sources and vectors

  private mutating func addSources() throws -> Sources {
    try refuse(file.prepare, file.prepared, "prepare: and prepared: both say where items come from")
    if let section = file.prepare {
      guard let kind = section.kind else {
        throw InputError(
          .malformed, file.source, at: section.place,
          expected: "kind: one of \(verbs.kinds(of: "prepare").joined(separator: ", "))", found: "none")
      }
      var writer = try StepWriter(file, section, verb: ["prepare", kind], verbs)
      writer.output("output", PipelinePaths.prepared)
      steps.append(try writer.step("prepare"))
      let split = section.settings.first { $0.name == "split" }?.values.first
      return sources(in: PipelinePaths.prepared) { split != "none" || $0 == .train }
    }
    guard let setting = file.prepared else { return Sources() }
    let folder = try file.existing(setting.values[0], at: setting.place)
    var found = sources(in: folder) { FileManager.default.fileExists(atPath: folder + "/" + $0.rawValue + ".parquet") }
    guard let items = found.items, FileManager.default.fileExists(atPath: items) else {
      throw InputError(
        .missing, file.source, at: setting.place, expected: "a directory that semid prepare wrote",
        found: "no items.parquet in \(folder)")
    }
    found.items = items
    return found
  }

  private enum Part: String, CaseIterable { case train, valid, test }

  private func sources(in folder: String, has: (Part) -> Bool) -> Sources {
    Sources(
      items: folder + "/items.parquet",
      parts: Part.allCases.filter(has).map { ($0.rawValue, folder + "/" + $0.rawValue + ".parquet") })
  }

  private mutating func addVectors(_ sources: Sources) throws -> VectorInput {
    try refuse(file.embed, file.embeddings?.first, "embed: and embeddings: both say where vectors come from")
    if let section = file.embed {
      let model = section.settings.first { $0.name == "model" }
      let kind = section.kind ?? "model"
      var writer = try StepWriter(file, section, verb: ["embed", kind], verbs)
      if kind == "model" {
        guard let model, model.values.count == 1 else {
          throw InputError(
            .malformed, file.source, at: section.place, expected: "model: the directory of an encoder, or kind: lsa",
            found: "neither")
        }
        writer.argument(try file.existing(model.values[0], at: model.place))
      }
      guard sources.items != nil || writer.isSet("items") else {
        throw InputError(
          .malformed, file.source, at: section.place, expected: "items to embed: prepare:, prepared: or items:",
          found: "none")
      }
      if let items = sources.items { writer.input("items", items, unlessSet: true) }
      writer.output("output", PipelinePaths.embeddings)
      writer.writes(PipelinePaths.embeddingIDs)
      var step = try writer.step("embed", own: kind == "model" ? ["model"] : [])
      if kind == "model", !writer.isSet("restart") { step.restart = ["--restart"] }
      steps.append(step)
      return VectorInput(path: PipelinePaths.embeddings, ids: PipelinePaths.embeddingIDs)
    }
    guard let settings = file.embeddings, let path = settings.first(where: { $0.name == "file" }) else {
      throw InputError(
        .malformed, file.source, expected: "vectors: embed: or embeddings:", found: "neither",
        remedy: "semid run --example prints a pipeline to start from")
    }
    var vectors = VectorInput(path: try file.existing(path.values[0], at: path.place))
    for setting in settings where setting.name != "file" {
      guard ["vectors", "ids", "id-column"].contains(setting.name), setting.values.count == 1 else {
        throw InputError(
          .malformed, file.source, at: setting.place, expected: "file, vectors, ids or id-column", found: setting.name)
      }
      let full = file.absolute(setting.values[0])
      let isPath = setting.name == "ids" && FileManager.default.fileExists(atPath: full)
      vectors.settings.append((setting.name, isPath ? full : setting.values[0], isPath))
    }
    if !settings.contains(where: { $0.name == "ids" }) { vectors.ids = EmbeddingSet.idsBeside(vectors.path) }
    return vectors
  }

  private func read(_ vectors: VectorInput, _ writer: inout StepWriter) {
    writer.argument(vectors.path)
    for setting in vectors.settings where writer.has(setting.option) {
      if setting.isPath {
        writer.input(setting.option, setting.value)
      } else {
        writer.text(setting.option, setting.value)
      }
    }
    if let ids = vectors.ids { writer.reads(ids) }
  }

  // MARK: Tokenizers

  private mutating func addTokenizer(_ tokenizer: PipelineFile.Named, _ vectors: VectorInput) throws -> TokenizerStep {
    let (name, section) = (tokenizer.name, tokenizer.section)
    var model = PipelinePaths.model(name)
    if let given = section.settings.first(where: { $0.name == "model" }) {
      guard section.kind == nil, section.settings.count == 1, given.values.count == 1 else {
        throw InputError(
          .malformed, file.source, at: given.place, found: "model: stands beside what trains a model",
          remedy: "give model: alone for a model that is trained already")
      }
      model = try file.existing(given.values[0], at: given.place)
    } else {
      guard let kind = section.kind else {
        throw InputError(
          .malformed, file.source, at: section.place,
          expected: "kind: one of \(verbs.kinds(of: "train").joined(separator: ", ")), or model:", found: "neither")
      }
      var writer = try StepWriter(file, section, verb: ["train", kind], verbs)
      read(vectors, &writer)
      writer.output("output", model)
      var step = try writer.step("train/\(name)")
      if file.ids?.section(of: name).kind == "registry" { step.bound = PipelinePaths.registry(name) }
      steps.append(step)
    }
    let plain = PipelineFile.Section(settings: [], place: section.place)
    var writer = try StepWriter(file, plain, verb: ["encode"], verbs)
    read(vectors, &writer)
    writer.input("model", model)
    writer.output("output", PipelinePaths.codes(name))
    steps.append(try writer.step("encode/\(name)"))
    return TokenizerStep(name: name, model: model, place: section.place)
  }

  private mutating func addIDs(_ tokenizer: TokenizerStep, _ vectors: VectorInput) throws {
    let section =
      file.ids?.section(of: tokenizer.name) ?? PipelineFile.Section(settings: [], place: tokenizer.place)
    var writer: StepWriter
    switch section.kind ?? "resolve" {
    case "resolve":
      writer = try StepWriter(file, section, verb: ["resolve"], verbs)
      read(vectors, &writer)
      writer.input("codes", PipelinePaths.codes(tokenizer.name))
    case "registry":
      writer = try StepWriter(file, section, verb: ["registry", "add"], verbs)
      writer.argument(writing: PipelinePaths.registry(tokenizer.name))
      read(vectors, &writer)
    case let other:
      throw InputError(
        .malformed, file.source, at: section.place, expected: "kind: resolve or registry", found: other)
    }
    writer.input("model", tokenizer.model)
    writer.output("output", PipelinePaths.ids(tokenizer.name))
    var step = try writer.step("ids/\(tokenizer.name)")
    if section.kind == "registry" { step.ledger = PipelinePaths.registry(tokenizer.name) }
    steps.append(step)
  }

  private mutating func addIndex(
    _ section: PipelineFile.Section, _ tokenizer: TokenizerStep, _ vectors: VectorInput, _ sources: Sources
  ) throws {
    var writer = try StepWriter(file, section.section(of: tokenizer.name), verb: ["index", "build"], verbs)
    read(vectors, &writer)
    writer.input("model", tokenizer.model)
    writer.input("codes", PipelinePaths.ids(tokenizer.name))
    if writer.isSet("attribute-columns"), !writer.isSet("attributes"), let items = sources.items {
      writer.input("attributes", items)
    }
    writer.output("output", PipelinePaths.index(tokenizer.name))
    steps.append(try writer.step("index/\(tokenizer.name)"))
  }

  // MARK: Corpora

  /// The verbs of `corpus` that write one thing for a catalogue, and the extension of a file that they write.
  private static let corpora: [String: (extension: String, isFile: Bool)] = [
    "sequences": ("", false), "instructions": ("", false), "pretrain": ("", false), "mini-onerec": ("", false),
    "lc-rec": ("", false), "map": (".parquet", true), "vocabulary": (".txt", true), "constraint": (".npz", true),
  ]

  private mutating func addCorpus(
    _ corpus: PipelineFile.Named, _ tokenizer: TokenizerStep, _ sources: Sources
  ) throws {
    let section = corpus.section
    let kind = section.kind ?? corpus.name
    guard var form = Self.corpora[kind] else {
      throw InputError(
        .malformed, file.source, at: section.place,
        expected: "a name or a kind: of \(Self.corpora.keys.sorted().joined(separator: ", "))", found: kind)
    }
    if kind == "constraint", section.settings.contains(where: { $0.name == "format" && $0.values == ["prefixes"] }) {
      form.extension = ".json"
    }
    var writer = try StepWriter(file, section, verb: ["corpus", kind], verbs)
    let ids = PipelinePaths.ids(tokenizer.name)
    if kind == "constraint" {
      writer.argument(ids)
    } else if kind != "vocabulary" {
      writer.input("codes", ids)
    }
    if writer.has("model") { writer.input("model", tokenizer.model) }
    if kind != "map", writer.has("items"), let items = sources.items {
      writer.input("items", items, unlessSet: true)
    }
    if writer.has("train") {
      guard !sources.parts.isEmpty else {
        throw InputError(
          .malformed, file.source, at: section.place, expected: "interactions: prepare: or prepared:", found: "none")
      }
      for part in sources.parts { writer.input(part.option, part.path) }
    }
    writer.output("output", PipelinePaths.corpus(tokenizer.name, corpus.name) + form.extension)
    steps.append(try writer.step("corpora/\(tokenizer.name)/\(corpus.name)"))
  }

  // MARK: Evaluation

  private mutating func addEvaluation(
    _ tokenizers: [TokenizerStep], _ vectors: VectorInput, _ sources: Sources
  ) throws {
    if let section = file.evaluateCodes {
      var writer = try StepWriter(file, section, verb: ["evaluate", "codes"], verbs)
      read(vectors, &writer)
      for tokenizer in tokenizers {
        writer.input("codes", PipelinePaths.codes(tokenizer.name))
        writer.input("model", tokenizer.model)
      }
      writer.output("html", PipelinePaths.evaluation("codes.html"))
      writer.json = PipelinePaths.evaluation("codes.json")
      steps.append(try writer.step("evaluate/codes"))
    }
    if let section = file.evaluateOffline {
      guard sources.parts.contains(where: { $0.option == "test" }) else {
        throw InputError(
          .malformed, file.source, at: section.place,
          expected: "a test part of the interactions: prepare: or prepared:",
          found: "none")
      }
      var writer = try StepWriter(file, section, verb: ["evaluate", "offline"], verbs)
      read(vectors, &writer)
      for part in sources.parts { writer.input(part.option, part.path) }
      let judged = section.settings.first { $0.name == "judges" }
      guard ["codes", "ids"].contains(judged?.values.joined() ?? "codes") else {
        throw InputError(
          .malformed, file.source, at: judged?.place ?? section.place,
          expected: "judges: codes (those of the models) or ids (one per item)",
          found: judged?.values.joined(separator: ", ") ?? "none")
      }
      for tokenizer in tokenizers {
        let takesIDs = judged?.values == ["ids"]
        writer.input("codes", takesIDs ? PipelinePaths.ids(tokenizer.name) : PipelinePaths.codes(tokenizer.name))
        writer.input("model", tokenizer.model)
      }
      writer.output("csv", PipelinePaths.evaluation("offline.csv"))
      writer.output("html", PipelinePaths.evaluation("offline.html"))
      writer.json = PipelinePaths.evaluation("offline.json")
      steps.append(try writer.step("evaluate/offline", own: ["judges"]))
    }
  }

  // MARK: Pages

  private mutating func addExport(
    _ export: PipelineFile.Named, _ tokenizer: TokenizerStep, _ vectors: VectorInput, _ sources: Sources
  ) throws {
    let section = export.section
    var writer = try StepWriter(file, section, verb: ["export", section.kind ?? export.name], verbs)
    read(vectors, &writer)
    writer.input("codes", PipelinePaths.ids(tokenizer.name))
    writer.input("model", tokenizer.model)
    if let items = sources.items { writer.input("items", items, unlessSet: true) }
    writer.output("output", PipelinePaths.export(tokenizer.name, export.name))
    steps.append(try writer.step("export/\(tokenizer.name)/\(export.name)"))
  }

  private mutating func addReport(
    _ tokenizers: [TokenizerStep], _ vectors: VectorInput, _ sources: Sources
  ) throws {
    guard let section = file.report else { return }
    var writer = try StepWriter(file, section, verb: ["report"], verbs)
    read(vectors, &writer)
    for tokenizer in tokenizers {
      writer.input("codes", PipelinePaths.ids(tokenizer.name))
      writer.input("model", tokenizer.model)
    }
    if let items = sources.items { writer.input("items", items, unlessSet: true) }
    writer.text("title", file.title)
    if file.evaluateCodes != nil { writer.input("evaluation", PipelinePaths.evaluation("codes.json")) }
    if file.evaluateOffline != nil { writer.input("offline", PipelinePaths.evaluation("offline.json")) }
    writer.output("output", PipelinePaths.report)
    steps.append(try writer.step("report"))
  }
}

import Foundation
package import Formats
package import Tokenizers
package import Vectors

/// The IDs that one tokenizer gives to all items of a catalogue, under a name.
///
/// They come from a model, which encodes the vectors, from a file of codes, or from both: then the file has the IDs, such as
/// resolved ones, and the model says how large its codebooks are.
package struct CatalogueIDs: Sendable {
  package let name: String
  /// As an index stores them: where IDs may end before the last level, that level has a code for it.
  package let codes: Codes
  package let shape: IDShape
  /// The kind of the model, such as `rq-kmeans`; nil without one.
  package let kind: String?
  package let fingerprint: String?
  /// What was read from which column of the file.
  package let summary: InputSummary?

  package init(
    name: String, codes: Codes, shape: IDShape? = nil, kind: String? = nil, fingerprint: String? = nil,
    summary: InputSummary? = nil
  ) {
    self.name = name
    self.codes = codes
    self.shape = shape ?? IDShape(storedSizes: codes.levelSizes)
    self.kind = kind
    self.fingerprint = fingerprint
    self.summary = summary
  }

  /// Where IDs come from: a file, a model, or both.
  package struct Source: Hashable, Sendable {
    package var name: String
    package var file: String?
    package var model: String?

    package init(name: String, file: String? = nil, model: String? = nil) {
      self.name = name
      self.file = file
      self.model = model
    }
  }

  /// Opens the IDs of one source, or encodes the vectors.
  ///
  /// - Throws: `InputError` where codes are of other items, of another number of them, or do not fit the model.
  package init(
    _ source: Source, of set: EmbeddingSet, options: CodesTable.Options = .init(), pool: ThreadPool = ThreadPool()
  ) throws {
    let model = try source.model.map { try TokenizerModel.open($0) }
    guard let file = source.file else {
      guard let model, let path = source.model else {
        throw InputError(.usage, source.name, expected: "codes or a model", found: "neither")
      }
      guard model.dimension == set.dimension else {
        throw InputError(
          .mismatch, set.source, expected: "vectors of dimension \(model.dimension), as \(path) has",
          found: "\(set.dimension)")
      }
      self.init(
        name: source.name, codes: try model.encode(set.vectors, pool: pool, source: set.source),
        kind: model.kind.rawValue, fingerprint: model.fingerprint)
      return
    }
    var options = options
    options.looksBeside = true
    if let model { options.sizes = .model(model.levelSizes) }
    let table = try CodesTable(opening: file, options: options, pool: pool).joined(to: set)
    let (codes, shape) = try table.stored()
    self.init(
      name: source.name, codes: codes, shape: shape, kind: model?.kind.rawValue, fingerprint: model?.fingerprint,
      summary: table.summary)
  }
}

extension CatalogueIDs.Source {
  /// Pairs what a user gives as `NAME=PATH` or `PATH`: files and models of one name are one set. Without names, one model
  /// is that of all files, and as many models as files are theirs in order. A set without a name is called by the last parts
  /// of its model's path, or of its file's.
  ///
  /// - Throws: `InputError` of kind `usage` for names that are not unique, and where it is not said which model is which
  ///   file's.
  package static func pair(files: [String], models: [String]) throws -> [CatalogueIDs.Source] {
    let files = files.map(Named.init)
    let models = models.map(Named.init)
    try check(files.compactMap(\.name), "--codes")
    try check(models.compactMap(\.name), "--model")
    func model(_ name: String?) -> String? { name.flatMap { name in models.first { $0.name == name }?.path } }
    let lone = files.indices.filter { model(files[$0].name) == nil }
    var loose = models.filter { $0.name == nil }.map(\.path)
    guard lone.isEmpty || loose.count <= 1 || loose.count == lone.count else {
      throw InputError(
        .usage, "--model", expected: "none, one, or as many as there are --codes, \(lone.count)",
        found: "\(loose.count)", remedy: "name what belongs together: --codes NAME=FILE --model NAME=DIRECTORY")
    }
    var sets = files.map { (name: $0.name, file: Optional($0.path), model: model($0.name)) }
    for (place, file) in lone.enumerated() where !loose.isEmpty {
      sets[file].model = loose[loose.count == 1 ? 0 : place]
    }
    if !lone.isEmpty { loose = [] }
    for own in models {
      let isFree = own.name.map { name in !files.contains { $0.name == name } } ?? loose.contains(own.path)
      if isFree { sets.append((own.name, nil, own.path)) }
    }
    // A model that several files share names none of them.
    let shares = lone.count > 1 && Set(lone.map { sets[$0].model }).count == 1
    let unnamed = sets.filter { $0.name == nil }.compactMap { shares ? $0.file ?? $0.model : $0.model ?? $0.file }
    var short = shortNames(unnamed).makeIterator()
    let sources = sets.map { CatalogueIDs.Source(name: $0.name ?? short.next() ?? "", file: $0.file, model: $0.model) }
    guard !sources.isEmpty else {
      throw InputError(.usage, "--codes, --model", expected: "codes, a model or both", found: "neither")
    }
    try check(sources.map(\.name), "--codes, --model")
    return sources
  }

  private struct Named {
    var name: String?
    var path: String

    init(_ text: String) {
      // A path that has the sign in it is a path.
      if let sign = text.firstIndex(of: "="), sign != text.startIndex, !FileManager.default.fileExists(atPath: text) {
        (name, path) = (String(text[..<sign]), String(text[text.index(after: sign)...]))
      } else {
        (name, path) = (nil, text)
      }
    }
  }

  private static func check(_ names: [String], _ option: String) throws {
    var seen: Set<String> = []
    for name in names where !seen.insert(name).inserted {
      throw InputError(.usage, option, expected: "names that differ", found: "\"\(name)\" twice")
    }
  }

  /// The last parts of paths, as many as tell them apart.
  package static func shortNames(_ paths: [String]) -> [String] {
    let parts = paths.map { $0.split(separator: "/").map(String.init) }
    for count in 1...max(1, parts.map(\.count).max() ?? 1) {
      let names = parts.map { $0.suffix(count).joined(separator: "/") }
      if Set(names).count == Set(paths).count { return names }
    }
    return paths
  }
}

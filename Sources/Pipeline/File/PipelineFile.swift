/// A pipeline as its YAML file says it: sections that each become one step or several.
///
/// The keys of a section are the options of the verb that does the step, without their dashes. So everything that a
/// verb can do, a pipeline can, and the help of the verb is the help of the section.
package struct PipelineFile: Sendable {
  /// The settings of one verb.
  package struct Section: Sendable {
    /// Which verb, where a section can have several: `kind: rq-vae`.
    package var kind: String?
    package var kindPlace: String?
    package var settings: [Setting]
    package var place: String
    /// Settings of single tokenizers, which replace those of the section or join them.
    package var ofTokenizers: [Named] = []

    /// The section as it holds for one tokenizer.
    func section(of tokenizer: String) -> Section {
      guard let own = ofTokenizers.first(where: { $0.name == tokenizer })?.section else { return self }
      return Section(
        kind: own.kind ?? kind, kindPlace: own.kindPlace ?? kindPlace,
        settings: settings.filter { setting in !own.settings.contains { $0.name == setting.name } } + own.settings,
        place: own.place)
    }
  }

  /// One key of a section.
  package struct Setting: Sendable {
    package var name: String
    package var values: [String]
    /// The value was written as a list.
    package var isList: Bool
    /// Where it stands, for errors: `line 12`.
    package var place: String
  }

  /// A section with a name of its own, such as one of several tokenizers.
  package struct Named: Sendable {
    package var name: String
    package var section: Section
  }

  /// The file, for errors.
  package var source: String
  /// The folder that relative paths start from: that of the file, absolute.
  package var folder: String
  /// The folder of results.
  package var output: Setting?
  package var prepare: Section?
  /// A directory that `semid prepare` wrote, in place of `prepare`.
  package var prepared: Setting?
  package var embed: Section?
  /// A file of vectors, in place of `embed`: `file`, and how it is read.
  package var embeddings: [Setting]?
  package var tokenizers: [Named] = []
  package var ids: Section?
  package var index: Section?
  package var corpora: [Named] = []
  package var evaluateCodes: Section?
  package var evaluateOffline: Section?
  package var exports: [Named] = []
  package var report: Section?

  /// The name of the file without its ending, as a title.
  var title: String {
    let name = source.split(separator: "/").last.map(String.init) ?? source
    return name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
  }
}

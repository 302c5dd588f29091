import ArgumentParser
import SemanticID

struct ExportAtlas: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "atlas", abstract: "A directory that Embedding Atlas opens: places, neighbors, IDs and labels.",
    discussion: """
      Example: semid export atlas embeddings.npy --model model --items items.parquet -o atlas

      Writes items.parquet (a row per item: its id and texts, its place on a map, its nearest items, its codes, its ID and \
      the prefixes of the ID) and labels.parquet (the words that set each prefix apart), and prints the command that opens \
      them: embedding-atlas, of the Python package of that name. It needs neither a model nor a projection of its own.

      Neighbors are exact, and the time to find them grows with the square of the catalogue; --neighbors 0 leaves them out.
      """)

  @OptionGroup var input: InputOptions
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Model that encodes the embeddings, or that --codes are of; by default none, see --codes.",
      valueName: "directory"))
  var model: String?
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "IDs of the items: .npy, .parquet, .csv, .tsv or .jsonl; by default what the model gives.", valueName: "file"),
    completion: .file())
  var codes: String?
  @OptionGroup var codesFile: CodesFileOptions
  @OptionGroup var texts: CatalogueTextOptions
  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write the directory here.", valueName: "directory"),
    completion: .directory)
  var output: String
  @Option(help: ArgumentHelp("Nearest items of each item, besides itself; 0 for none.", valueName: "n"))
  var neighbors = AtlasExport.Options().neighbors
  @Option(help: ArgumentHelp("The most labels.", valueName: "n"))
  var labels = AtlasExport.Options().labels
  @Option(help: ArgumentHelp("Words of each label.", valueName: "n"))
  var words = AtlasExport.Options().words
  @OptionGroup var map: MapOptions
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--neighbors", neighbors, in: 0...1000)
    try InputError.check("--labels", labels, in: 0...1_000_000)
    try InputError.check("--words", words, in: 1...50)
    guard model != nil || codes != nil else {
      throw ValidationError("expected --model, --codes or both, found neither")
    }
  }

  func execute(_ console: Console) async throws {
    try Output.check(
      [.directory(output, .atlas)], reading: input.paths + [model, codes, texts.items].compactMap(\.self))
    let start = ContinuousClock.now
    let set = try input.open(console)
    let ids = try CatalogueIDs(
      .init(name: codes ?? model ?? "", file: codes, model: model), of: set, options: codesFile.options(.observed),
      pool: console.pool)
    ids.summary.map(console.tell)
    let known = try texts.open(for: set, console)
    var items = CatalogueReport.Items(vectors: set.vectors, ids: set.ids, titles: known?.titles, source: set.source)
    items.columns = (known?.others ?? []).map { .init(name: $0.name, texts: $0.texts) }
    var options = AtlasExport.Options()
    options.neighbors = neighbors
    options.labels = labels
    options.words = words
    options.map = try map.options(set, console)
    let export = try AtlasExport(items, ids: ids, options: options)
    let written = try await console.step("placing items and finding neighbors", unit: "steps") { step in
      let work = MapWork(step)
      return try export.write(to: output, pool: console.pool) { work.add($0, of: $1) }
    }
    let summary = Summary(output: output, seconds: Stopwatch.seconds(since: start), export: written)
    try console.print(summary) { summary.text }
  }

  struct Summary: Encodable {
    var output: String
    var seconds: Double
    var export: AtlasExport.Summary

    var text: String {
      "wrote \(output): \(Text.count(export.items, "item")), \(Text.count(export.neighbors)) neighbors each, "
        + "\(Text.count(export.labels, "label")), \(Text.bytes(export.bytes)), in \(Text.duration(seconds: seconds))\n"
        + "open it with: \(export.command)"
    }
  }
}

import ArgumentParser
import Foundation
import SemanticID

struct ReportCommand: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "A page that shows the catalogue and its IDs: a map, the tree of the IDs, usage, results.",
    discussion: """
      Examples:
        semid report embeddings.npy --model model --items items.parquet -o report.html
        semid report embeddings.npy --model km=rq-kmeans --codes km=ids.parquet --model vae=rq-vae \
      --items items.parquet --offline offline.json -o report.html

      The page is one file that needs no network. It has a map of the items, on which the items of a prefix can be picked \
      out; the tree of the IDs, with the words that set each prefix apart; the use of the codes, collisions, and the \
      results that are given. Several tokenizers can be on one page: the reader picks one.

      A model without codes encodes the embeddings. Codes and a model of one name belong together: the IDs are those of \
      the file. Without names, one model is that of all files, and as many models as files are theirs in order.

      Of a catalogue too large for a page, the map shows items that are drawn evenly. Counts and words are of all items.
      """)

  @OptionGroup var input: InputOptions
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Model that encodes the embeddings, or that --codes are of. Repeatable; by default none.",
      valueName: "[name=]directory"))
  var model: [String] = []
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "IDs of the items: .npy, .parquet, .csv, .tsv or .jsonl. Repeatable; by default what the models give.",
      valueName: "[name=]file"))
  var codes: [String] = []
  @OptionGroup var codesFile: CodesFileOptions
  @OptionGroup var texts: CatalogueTextOptions
  @Option(
    help: ArgumentHelp(
      "What evaluate offline --json printed. Repeatable; by default none.", valueName: "file.json"), completion: .file()
  )
  var offline: [String] = []
  @Option(
    help: ArgumentHelp("What bench recall --json printed. Repeatable; by default none.", valueName: "file.json"),
    completion: .file())
  var recall: [String] = []
  @Option(
    help: ArgumentHelp(
      "What evaluate codes --json printed. Repeatable; by default what the codes alone tell.", valueName: "file.json"),
    completion: .file())
  var evaluation: [String] = []
  @Option(name: .shortAndLong, help: ArgumentHelp("Write the page here.", valueName: "file.html"))
  var output: String
  @Option(help: ArgumentHelp("Title of the page; by default the name of the embeddings.", valueName: "text"))
  var title: String?
  @Option(help: ArgumentHelp("The most items on the map.", valueName: "n"))
  var points = CatalogueReport.Options().points
  @Option(help: ArgumentHelp("The most prefixes that the tree lists.", valueName: "n"))
  var prefixes = CatalogueReport.Options().prefixes
  @Option(help: ArgumentHelp("Words for each prefix.", valueName: "n"))
  var words = CatalogueReport.Options().words
  @OptionGroup var map: MapOptions
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--points", points, in: 1...1_000_000)
    try InputError.check("--prefixes", prefixes, in: 1...1_000_000)
    try InputError.check("--words", words, in: 1...50)
  }

  func execute(_ console: Console) async throws {
    let sources = try CatalogueIDs.Source.pair(files: codes, models: model)
    let read = sources.flatMap { [$0.file, $0.model].compactMap(\.self) } + [texts.items].compactMap(\.self)
    try Output.check([.file(output)], reading: input.paths + read + offline + recall + evaluation)
    let start = ContinuousClock.now
    let set = try input.open(console)
    var options = CatalogueReport.Options()
    options.title = title ?? "Catalogue of \(EvaluationTables.shortNames([input.input])[0])"
    options.points = points
    options.prefixes = prefixes
    options.words = words
    options.map = try map.options(set, console)
    let measurements = try measurements()
    let ids = try sources.map { source in
      let ids = try CatalogueIDs(source, of: set, options: codesFile.options(.observed), pool: console.pool)
      ids.summary.map(console.tell)
      return ids
    }
    let known = try texts.open(for: set, console)
    var items = CatalogueReport.Items(
      vectors: set.vectors, ids: set.ids, titles: known?.titles, source: set.source)
    items.columns = (known?.others ?? []).map { .init(name: $0.name, texts: $0.texts) }
    let report = try await console.step("placing items", unit: "steps") { [items] step in
      let work = MapWork(step)
      return try CatalogueReport(items, ids: ids, measurements: measurements, options: options, pool: console.pool) {
        work.add($0, of: $1)
      }
    }
    let page = try report.html()
    try AtomicFile.write(page, to: output)
    let summary = Summary(
      output: output, bytes: page.utf8.count, items: set.count, points: report.points,
      tokenizers: zip(ids, report.prefixes).map { .init(name: $0.name, prefixes: $1.count, least: $1.least) },
      seconds: Stopwatch.seconds(since: start))
    try console.print(summary) { summary.text }
  }

  private func measurements() throws -> CatalogueReport.Measurements {
    var measurements = CatalogueReport.Measurements()
    let names = EvaluationTables.shortNames(offline)
    measurements.offline = try zip(names, offline).map { .init(name: $0, report: try MeasurementFiles.offline($1)) }
    measurements.recall = try recall.map { try MeasurementFiles.recall($0) }
    measurements.evaluations = try evaluation.flatMap { try MeasurementFiles.evaluations($0) }
    return measurements
  }

  struct Summary: Encodable {
    struct Tokenizer: Encodable {
      var name: String
      /// Prefixes that the tree lists.
      var prefixes: Int
      /// The fewest items of such a prefix.
      var least: Int
    }

    var output: String
    var bytes: Int
    var items: Int
    /// Items on the map.
    var points: Int
    var tokenizers: [Tokenizer]
    var seconds: Double

    var text: String {
      let drawn = points < items ? ", \(Text.count(points)) of them on the map" : ""
      return "wrote \(output): \(Text.count(items, "item"))\(drawn), \(Text.count(tokenizers.count, "tokenizer")), "
        + "\(Text.bytes(bytes)), in \(Text.duration(seconds: seconds))"
    }
  }
}

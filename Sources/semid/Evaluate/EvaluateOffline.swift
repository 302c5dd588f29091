import ArgumentParser
import Foundation
import SemanticID

struct EvaluateOffline: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "offline", abstract: "Recall and NDCG of held-out interactions, from users' histories and codes.",
    discussion: """
      Example: semid evaluate offline embeddings.npy --prepared shop --model rq-kmeans --model rq-vae --html offline.html

      For each interaction of the test, the user's earlier items make a profile (the mean of the last five vectors). Its \
      code is widened to candidates by each rule, and these are ranked by their exact distance from the profile. Beside \
      them stand brute force, which ranks all items with the same profile, the neighbors of the last item, and \
      popularity. Codes are the models' own, before any collision is resolved, unless --codes names others, such as those \
      of semid resolve. Items of equal distance count as standing in every order equally often. \
      Intervals of 95 % are by the bootstrap over the interactions.

      --profile seed follows the rule of the evaluation script in CarterHe479/Semantic-ID: unit vectors, the last five, \
      two codewords per level, all candidates, the whole catalogue where there are none, items of the history ranked, \
      and its columns in --csv.
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var interactions: InteractionOptions
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Model whose codes find candidates. Repeatable; by default none, baselines alone.",
      valueName: "directory"))
  var model: [String] = []
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Codes of the items, such as semid resolve writes: as many files as models, in their order, or several of one "
        + "model. Repeatable; by default what the models give.", valueName: "file"),
    completion: .file(extensions: ["npy", "parquet", "jsonl"]))
  var codes: [String] = []
  @Option(
    name: .customLong("profile"), parsing: .singleValue,
    help: ArgumentHelp(
      "Profile of a user: mean, last, lastN or seed. Repeatable; by default last5.", valueName: "profile"))
  var profiles: [String] = []
  @Option(
    help: ArgumentHelp(
      "Rules of candidates, with commas between (default: \(ListArgument.list(OfflineOptions().rules.map(\.name)))).",
      valueName: "rule,…"), transform: ListArgument.rules)
  var rules: [CandidateRule] = OfflineOptions().rules
  @Option(
    help: ArgumentHelp(
      "Candidates wanted per user; by default one item in twenty, and 100 at least.", valueName: "n"))
  var budget: Int?
  @Option(
    name: .customLong("k"),
    help: ArgumentHelp("The K of Recall@K and NDCG@K (default: 10,20,50,100).", valueName: "k,k,…"),
    transform: ListArgument.numbers("--k"))
  var cutoffs: [Int] = OfflineOptions().cutoffs
  @Option(help: "What near means between a profile and an item.")
  var metric = OfflineOptions().metric
  @Option(help: "Items that the user met before: removed from what is ranked, or kept.")
  var seen = Seen.removed
  @Option(help: "For users without a candidate: none (nothing is found), or exact (all items are ranked).")
  var fallback = Fallback.none
  @Option(help: ArgumentHelp("With --profile seed: codewords per level (default: 2).", valueName: "n"))
  var width: Int?
  @Option(help: ArgumentHelp("Seed of the bootstrap.", valueName: "n"))
  var seed = OfflineOptions().seed
  @Option(
    help: ArgumentHelp("Write the table here; by default nowhere.", valueName: "file.csv"),
    completion: .file(extensions: ["csv"]))
  var csv: String?
  @Option(
    name: [.customLong("html"), .customLong("report")],
    help: ArgumentHelp("Write a page with a chart here; by default nowhere.", valueName: "file.html"),
    completion: .file(extensions: ["html"]))
  var html: String?
  @Flag(help: "Print all measures; by default those that fit a terminal.")
  var wide = false
  @OptionGroup(title: "Common options") var common: GlobalOptions

  enum Seen: String, ExpressibleByArgument, CaseIterable { case removed, kept }
  enum Fallback: String, ExpressibleByArgument, CaseIterable { case none, exact }

  func validate() throws {
    try InputError.check("--budget", budget, in: Ranges.items)
    try InputError.check("--width", width, in: Ranges.items)
    guard width == nil || profiles == ["seed"] else { throw ValidationError("--width: is of --profile seed") }
    guard !profiles.contains("seed") || profiles.count == 1 else {
      throw ValidationError("--profile seed: is a rule of its own; give no other profile")
    }
  }

  func execute(_ console: Console) async throws {
    try Output.check(
      [csv, html].compactMap(\.self).map { .file($0) }, reading: input.paths + interactions.paths + model + codes)
    let options = try options()
    if model.isEmpty { console.note("no model: the table has brute force and the baselines alone") }
    let set = try input.open(console)
    guard let ids = set.ids else {
      throw InputError(
        .usage, set.source, expected: "ids of the vectors, as interactions name items", found: "none",
        remedy: "give --ids")
    }
    let histories = try Histories.read(try interactions.source(), items: CatalogueItems(ids, source: set.source))
    console.tell(histories.summary)
    let cases = OfflineCases(histories, items: set.count)
    let scratch = try ScratchDirectory()
    let models = try models(set, console)
    let report = try await console.step(
      "ranking", total: cases.cases.count * Set(options.profiles + [.last(1)]).count, unit: "interactions"
    ) { step in
      try OfflineEvaluator(options).run(
        set.vectors, cases, models: models, withoutVector: histories.unknownTestRows, source: set.source,
        scratch: scratch.path("codes"), pool: console.pool
      ) { step.advance(by: $0) }
    }
    if let csv {
      try AtomicFile.write(profiles == ["seed"] ? report.scriptCSV(width: width ?? 2) : report.csv, to: csv)
    }
    if let html { try AtomicFile.write(try OfflinePage(title: title, report: report, notes: notes).html(), to: html) }
    try OfflineTable(report, isWide: wide).print(console)
    for path in [csv, html].compactMap(\.self) { console.note("wrote \(path)") }
  }

  private func models(_ set: EmbeddingSet, _ console: Console) throws -> [OfflineEvaluator.NamedTokenizer] {
    guard !codes.isEmpty else {
      return try zip(EvaluationTables.shortNames(model), model).map {
        .init(name: $0, tokenizer: try TokenizerModel.open($1))
      }
    }
    guard !model.isEmpty else {
      throw InputError(
        .usage, "--codes", expected: "--model, which encodes the users' profiles", found: "codes without a model")
    }
    let candidates = try CodesToCompare(files: codes, models: model).open(set, pool: console.pool)
    for candidate in candidates { candidate.summary.map(console.tell) }
    let stems = candidates.map { URL(fileURLWithPath: $0.name).deletingPathExtension().path }
    let names = Set(stems).count == Set(candidates.map(\.name)).count ? stems : candidates.map(\.name)
    return zip(EvaluationTables.shortNames(names), candidates).compactMap { name, candidate in
      candidate.tokenizer.map { .init(name: name, tokenizer: $0, codes: candidate.codes) }
    }
  }

  private var title: String { "Offline evaluation of \(EvaluationTables.shortNames([input.input])[0])" }

  private var notes: [String] {
    profiles == ["seed"]
      ? [
        "The rule of the script in CarterHe479/Semantic-ID. It differs in one thing: items of equal distance have the mean "
          + "over their orders here, and the order of FAISS there."
      ] : []
  }

  private func options() throws -> OfflineOptions {
    if profiles == ["seed"] { return .seedRule(width: width ?? 2) }
    var options = OfflineOptions()
    if !profiles.isEmpty {
      options.profiles = try profiles.map { text in
        guard let profile = UserProfile(parsing: text) else {
          throw InputError(.usage, "--profile", expected: "mean, last, lastN such as last5, or seed", found: text)
        }
        return profile
      }
    }
    options.rules = rules
    options.budget = budget
    options.cutoffs = Set(cutoffs).sorted()
    options.metric = metric
    options.keepsSeen = seen == .kept
    options.fallsBack = fallback == .exact
    options.seed = seed
    return options
  }
}

import ArgumentParser
import SemanticID

struct BenchGrowth: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "growth", abstract: "Time and memory as a catalogue grows, and what larger ones would take.",
    discussion: """
      Example: semid bench growth --items 10000,100000,1000000,10000000

      Makes a catalogue of each size in place (normal clouds around centers that are drawn around fewer centers), \
      trains on a sample, encodes, builds, opens, searches and widens IDs. Vectors are streamed to a temporary file \
      and mapped: ten million of 32 dimensions take 3 GB of disk and some 5 GB of memory, more than half of it files \
      that the system may drop. Searches are single queries on one thread, timed at the recall asked for; training, \
      encoding and building use --threads.

      A line a + b·N is fitted to every quantity, and predicts catalogues that are cut into equal parts, one a \
      machine.
      """)

  @Option(
    help: ArgumentHelp("Sizes (default: \(ListArgument.list(GrowthBenchmark().items))).", valueName: "n,n,…"),
    transform: ListArgument.numbers("--items"))
  var items: [Int] = GrowthBenchmark().items
  @Option(help: ArgumentHelp("Length of the vectors.", valueName: "d"))
  var dimension = 32
  @OptionGroup var shape: LevelOptions
  @Option(help: ArgumentHelp("The recall at which searches are timed.", valueName: "share"))
  var recall = GrowthBenchmark().recall
  @Option(
    help: ArgumentHelp(
      "Sizes to predict (default: \(ListArgument.list(Self.predictedSizes))).", valueName: "n,n,…"),
    transform: ListArgument.numbers("--predict"))
  var predict: [Int] = Self.predictedSizes
  @Option(
    help: ArgumentHelp(
      "Numbers of machines to predict for (default: \(ListArgument.list(Self.machineNumbers))).",
      valueName: "n,n,…"),
    transform: ListArgument.numbers("--machines"))
  var machines: [Int] = Self.machineNumbers
  @Option(help: ArgumentHelp("Seed of the vectors.", valueName: "n"))
  var seed: UInt64 = 1
  @Option(help: ArgumentHelp("Make the catalogues in this folder; by default a temporary one.", valueName: "directory"))
  var scratch: String?
  @OptionGroup(title: "Common options") var common: GlobalOptions

  private static let predictedSizes = [100_000_000, 1_000_000_000]
  private static let machineNumbers = [1, 4, 16, 64]

  func validate() throws {
    try InputError.check("--dimension", dimension, in: Ranges.dimension)
    try InputError.check("--recall", recall, in: Ranges.share)
    guard let least = items.min(), let most = items.max(), least >= GrowthBenchmark().k, most <= CodeTrie.maximumCount
    else {
      throw ValidationError(
        "--items: expected \(GrowthBenchmark().k) to \(Text.count(CodeTrie.maximumCount)) each, found "
          + items.map(String.init).joined(separator: ","))
    }
  }

  func execute(_ console: Console) async throws {
    var benchmark = GrowthBenchmark()
    benchmark.items = items
    benchmark.vectors = MadeUpVectors(dimension: dimension, seed: seed)
    benchmark.levelSizes = shape.sizes
    benchmark.recall = recall
    let report = try await console.step("measuring", unit: "steps") { step in
      var steps = 0
      var last = ""
      return try benchmark.run(in: scratch, pool: console.pool) { now in
        let note = "\(Text.count(now.items, "item")), \(now.name)"
        if note != last { steps += 1 }
        last = note
        step.update(to: steps)
        step.note(now.total > 0 ? note + " \(now.done * 100 / now.total)%" : note)
      }
    }
    try console.heading(
      "\(report.dimension) dimensions, IDs of \(report.levelSizes.map(String.init).joined(separator: "×")), "
        + "\(Text.count(report.threads, "thread")); searches: one thread, single queries, "
        + "recall@\(report.k) \(recall)\n"
    )
    try console.print(report.rows, Self.columns)
    guard let model = GrowthModel(report) else { return console.note("one size makes no model") }
    try console.print(model) { Self.text(model, report) }
    try console.print(predictions(model), Self.predictionColumns)
    try console.heading("\nassuming:\n" + GrowthModel.assumptions.map { "- " + $0 }.joined(separator: "\n"))
  }

  /// Parts that one index can hold.
  private func predictions(_ model: GrowthModel) -> [GrowthModel.Prediction] {
    Set(predict).sorted().flatMap { items in
      Set(machines).sorted().map { model.prediction(items: items, machines: $0) }
        .filter { $0.itemsPerMachine <= CodeTrie.maximumCount }
    }
  }

  private static let columns: [Column<GrowthReport.Row>] = [
    Column("items", .right) { Text.count($0.items) },
    Column("train", .right) { Text.duration(seconds: $0.trainSeconds) },
    Column("encode", .right) { Text.duration(seconds: $0.encodeSeconds) },
    Column("build", .right) { Text.duration(seconds: $0.buildSeconds) },
    Column("open", .right) { Text.duration(seconds: $0.openSeconds) },
    Column("search", .right) { row in
      row.searchMicroseconds.map { Text.duration(seconds: $0 * 1e-6) } ?? "at most \(Text.fixed(row.bestRecall, 3))"
    },
    Column("exact", .right) { Text.duration(seconds: $0.exactMicroseconds * 1e-6) },
    Column("Hamming 1", .right) { Text.duration(seconds: $0.hammingMicroseconds * 1e-6) },
    Column("prefix, 100", .right) { Text.duration(seconds: $0.prefixMicroseconds * 1e-6) },
    Column("bytes an item", .right) { Text.figure(Double($0.indexBytes) / Double($0.items)) },
    Column("beside vectors", .right) { Text.figure(Double($0.bytesBesideVectors) / Double($0.items)) },
    Column("peak memory", .right) { Text.bytes($0.peakMemoryBytes) },
  ]

  private static func text(_ model: GrowthModel, _ report: GrowthReport) -> String {
    func time(_ name: String, _ line: GrowthModel.Line?, _ unit: Double) -> String? {
      line.map {
        "\(name): \(Text.duration(seconds: $0.constant * unit)) + "
          + "\(Text.duration(seconds: $0.perItem * unit * 1e6)) a million items, "
          + "off by \(Text.percent($0.worstDeviation)) at most"
      }
    }
    func size(_ name: String, _ line: GrowthModel.Line) -> String {
      "\(name): \(Text.bytes(Int(line.constant))) + \(Text.figure(line.perItem)) bytes an item, off by "
        + "\(Text.percent(line.worstDeviation)) at most"
    }
    return
      (["", "fitted to these:"]
      + [
        time("encode", model.encodeSeconds, 1), time("build", model.buildSeconds, 1),
        time("open", model.openSeconds, 1),
        time("search at recall \(report.recall)", model.searchMicroseconds, 1e-6),
        time("Hamming 1", model.hammingMicroseconds, 1e-6), size("index", model.indexBytes),
        size("peak memory", model.peakMemoryBytes), "",
      ].compactMap(\.self)).joined(separator: "\n")
  }

  private static let predictionColumns: [Column<GrowthModel.Prediction>] = [
    Column("items", .right) { Text.count($0.items) }, Column("machines", .right) { Text.count($0.machines) },
    Column("items a machine", .right) { Text.count($0.itemsPerMachine) },
    Column("× measured", .right) { Text.figure($0.beyondMeasured) },
    Column("make", .right) { Text.duration(seconds: $0.makeSeconds) },
    Column("open", .right) { Text.duration(seconds: $0.openSeconds) },
    Column("search", .right) { $0.searchMicroseconds.map { Text.duration(seconds: $0 * 1e-6) } ?? "" },
    Column("Hamming 1", .right) { Text.duration(seconds: $0.hammingMicroseconds * 1e-6) },
    Column("index a machine", .right) { Text.bytes(Int($0.indexBytesPerMachine)) },
    Column("peak memory", .right) { Text.bytes(Int($0.peakMemoryBytesPerMachine)) },
  ]
}

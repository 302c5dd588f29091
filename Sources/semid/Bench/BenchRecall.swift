import ArgumentParser
import Foundation
import SemanticID

struct BenchRecall: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "recall",
    abstract: "Recall against speed, from training to search, on your vectors or an ann-benchmarks file.",
    discussion: """
      Example: semid bench recall --data fashion-mnist-784-euclidean.hdf5 --levels 4 --svg recall.svg

      Example: semid bench recall --data embeddings.npy --metric cosine

      Trains on the items (`train` of an ann-benchmarks file), encodes and indexes them, then searches for every \
      query (`test`; of other files, rows that are held out) with every setting of a grid. The first row is FAISS's \
      exact search: the ceiling. Below it stand the settings that no other beats at both recall and speed, in single \
      queries or in a batch; --all shows the rest.

      Measured as ann-benchmarks does: a returned item counts when it is no farther than the true k-th neighbor and \
      0.001, so that ties count (by row shows what is found of the very items listed); one warm-up, then the best of \
      --rounds. Single queries are timed one by one on one thread; on N threads (×N) there are N callers. The last \
      lines interpolate the speed at a recall of .90, .95 and .99.

      --ann-benchmarks writes each setting in ann-benchmarks' own layout, so that its plot.py shows it beside \
      others: single queries on one thread, batches on all.
      """)

  @OptionGroup var set: BenchmarkOptions
  @Option(
    help: ArgumentHelp(
      "Items reranked by their exact distance, to try "
        + "(default: \(ListArgument.list(RecallGrid.defaultCandidates))).", valueName: "n,n,…"),
    transform: ListArgument.numbers("--candidates"))
  var candidates: [Int] = RecallGrid.defaultCandidates
  @Option(
    help: ArgumentHelp(
      "Items scanned, as multiples of those reranked, to try "
        + "(default: \(ListArgument.list(RecallGrid.defaultScanFactors))).", valueName: "n,n,…"),
    transform: ListArgument.numbers("--scan-factor"))
  var scanFactor: [Int] = RecallGrid.defaultScanFactors
  @Option(name: .shortAndLong, help: ArgumentHelp("Neighbors asked for.", valueName: "n"))
  var k = 10
  @Option(help: ArgumentHelp("Timed rounds of each setting, of which the best counts.", valueName: "n"))
  var rounds = RecallBenchmark().rounds
  @Flag(help: "Time and show settings that another beats, too.")
  var all = false
  @Option(
    help: ArgumentHelp("Draw recall against speed here; by default nowhere.", valueName: "file"),
    completion: .file(extensions: ["svg"]))
  var svg: String?
  @Option(
    help: ArgumentHelp(
      "Write result files here, ann-benchmarks' folder `results`; by default nowhere.", valueName: "directory"),
    completion: .directory)
  var annBenchmarks: String?
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--k", k, in: Ranges.items)
    try InputError.check("--rounds", rounds, in: Ranges.rounds)
  }

  func execute(_ console: Console) async throws {
    let results = annBenchmarks.map {
      ANNBenchmarkRun.outputs(in: $0, algorithm: ANNBenchmarkRun.ownName, dataset: set.dataset, count: k)
    }
    try Output.check([svg].compactMap(\.self).map { .file($0) } + (results ?? []), reading: set.paths)
    let prepared = try await set.prepare(console)
    var benchmark = RecallBenchmark(pool: console.pool)
    benchmark.k = k
    benchmark.grid = RecallGrid(candidates: candidates, scanFactors: scanFactor)
    benchmark.rounds = rounds
    benchmark.timesAll = all
    let built = prepared.making.map { $0.trainSeconds + $0.encodeSeconds + $0.buildSeconds } ?? 0
    var files = 0
    let report = try await console.step("searching", unit: "searches") { step in
      try benchmark.run(
        prepared.index, queries: prepared.data.queries, truth: prepared.data.truth,
        buildSeconds: prepared.making?.buildSeconds
      ) { run in
        guard let annBenchmarks, let widest = benchmark.threads.max() else { return }
        let manifest = try IndexManifest(directory: prepared.index)
        let shape = manifest.levelSizes.map(String.init).joined(separator: "x")
        let result = ANNBenchmarkRun(
          run, dataset: set.dataset, metric: prepared.data.metric, index: "\(shape)_\(manifest.faiss ?? "none")",
          buildSeconds: built, indexBytes: manifest.bytes, widest: widest)
        if try result?.write(into: annBenchmarks) != nil { files += 1 }
      } progress: {
        step.update(to: $0, of: $1)
      }
    }
    if let svg { try AtomicFile.write(try report.plot(data: set.dataset), to: svg) }
    try show(report, prepared.making, console)
    if let svg { console.note("wrote \(svg)") }
    if let annBenchmarks { console.note("wrote \(Text.count(files, "result file")) below \(annBenchmarks)") }
  }
}

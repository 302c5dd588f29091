import Evaluation
import Retrieval
import TestSupport
import Testing
import Tokenizers
import Vectors

@Suite struct UpdateBenchmarkTests {
  @Test func everyAnswerIsRightWhileTheIndexChanges() throws {
    let folder = try TemporaryFolder()
    var random = CounterRandom(seed: 80)
    let vectors = Matrix(rows: 3000, columns: 16, values: (0..<48_000).map { _ in Float(random.normals().0) })
    var options = RQKMeansOptions()
    options.levelSizes = [16, 16]
    let initial = vectors[rows: 0..<1500]
    let model = try RQKMeans.train(initial, options: options).model
    let path = folder.file("index")
    try IndexBuilder().build(
      IndexContents(
        codes: model.encode(initial), vectors: initial, ids: StringColumn((0..<1500).map(String.init)),
        tokenizer: model), at: path)
    var benchmark = UpdateBenchmark()
    benchmark.searches = 2000
    benchmark.added = 1500
    benchmark.deleted = 600
    benchmark.batch = 60
    benchmark.merging?.smallest = 64
    let report = try benchmark.run(path, vectors, pool: ThreadPool(threads: 2))
    #expect(report.isRight, "\(report)")
    #expect(report.searches >= 2000 && report.publications == 50 && report.merges > 0)
    #expect(report.itemsAfter == 2400 && report.itemsExpected == 2400)
    try SemanticIndex(opening: path).verify()
  }
}

import Benchmark
import BenchmarkSupport
import Foundation
import Retrieval
import Tokenizers
import Vectors

/// Index directories: opened, and built.
func directories() {
  onCatalogue("open 60000 items") {
    $0.index.path
  } _: { benchmark, _, path in
    try benchmark.measure([]) { blackHole(try SemanticIndex(opening: path)) }
  }
  onCatalogue("build 60000x384", rate: .rows) {
    $0.index.path
  } _: { benchmark, catalogue, path in
    try benchmark.measure([(.rows, Double(Catalogue.items))]) {
      blackHole(try IndexBuilder().build(catalogue.contents, at: path + "-again"))
    }
  }
  million()
}

/// A million items from given codes: no vectors, so that what is measured is the sorting, the trie and the files.
private func million() {
  let count = 1_000_000
  let holder = Holder<(contents: IndexContents, folder: URL)>()
  let make = {
    // Skewed as residual codes are: low codes of each level hold more items.
    let codes = Buffer<UInt16>(count: count * 4) { target in
      var random = CounterRandom(seed: 8)
      for index in target.indices {
        let share = random.uniform()
        target[index] = UInt16(share * share * 256)
      }
    }
    let contents = IndexContents(codes: try Codes(levelSizes: [256, 256, 256, 256], values: codes))
    holder.make((contents, try Catalogue.temporaryFolder()))
  }
  let clean = {
    if let folder = try? holder.use().folder { Catalogue.remove(folder) }
    holder.drop()
  }
  let metrics = Benchmark.defaultConfiguration.metrics + [.rows]
  Benchmark("sort 1000000 codes into a trie", configuration: .init(metrics: metrics)) { (benchmark: Benchmark) throws in
    let codes = try holder.use().contents.codes
    try benchmark.measure([(.rows, Double(count))]) { blackHole(try CodeTrie(codes)) }
  } setup: {
    try make()
  } teardown: {
    clean()
  }
  Benchmark("build 1000000 codes", configuration: .init(metrics: metrics)) { (benchmark: Benchmark) throws in
    let state = try holder.use()
    let path = state.folder.appendingPathComponent("index").path
    try benchmark.measure([(.rows, Double(count))]) {
      blackHole(try IndexBuilder().build(state.contents, at: path))
    }
  } setup: {
    try make()
  } teardown: {
    clean()
  }
}

import Benchmark
import BenchmarkSupport
import Retrieval
import Tokenizers
import Vectors

/// Items by what they are called. A thousand look-ups a measurement.
func lookups() {
  let count = 1000
  onCatalogue("lookup by id", rate: .queries) {
    $0.identifiers(count)
  } _: { benchmark, catalogue, ids in
    benchmark.measure([(.queries, Double(count))]) {
      for id in ids { blackHole(catalogue.index.lists.items(id: id)) }
    }
  }
  for length in 1..<Catalogue.levels {
    onCatalogue("lookup by prefix of \(length)", rate: .queries) {
      $0.identifiers(count).map { $0.prefix(length) }
    } _: { benchmark, catalogue, prefixes in
      benchmark.measure([(.queries, Double(count))]) {
        for prefix in prefixes { blackHole(catalogue.index.trie.items(prefix: prefix)) }
      }
    }
  }
  onCatalogue("lookup by token text", rate: .queries) {
    $0.identifiers(count).map { TokenFormat.tokens.text(for: $0) }
  } _: { benchmark, catalogue, texts in
    try benchmark.measure([(.queries, Double(count))]) {
      for text in texts { blackHole(try catalogue.index.rows(text: text)) }
    }
  }
  onCatalogue("lookup by item", rate: .queries) { _ in
    var random = CounterRandom(seed: 7)
    return (0..<count).map { _ in "item \(random.below(Catalogue.items))" }
  } _: { benchmark, catalogue, names in
    benchmark.measure([(.queries, Double(count))]) {
      for name in names { blackHole(catalogue.index.row(id: name)) }
    }
  }
}

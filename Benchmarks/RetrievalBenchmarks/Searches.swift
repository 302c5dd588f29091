import Benchmark
import BenchmarkSupport
import Retrieval
import Vectors

/// Items by vector: the latency of one query at several budgets, and the throughput of a batch.
func searches() {
  for candidates in [50, 100, 200, 400, 800] {
    onCatalogue("search one, \(candidates) candidates", rate: .queries) { catalogue in
      (0..<catalogue.queries.rows).map { catalogue.queries.row($0) }
    } _: { benchmark, catalogue, queries in
      let query = queries[benchmark.currentIteration % queries.count]
      let options = SearchOptions(k: 10, candidates: candidates)
      try benchmark.measure([(.queries, 1)]) { blackHole(try catalogue.index.search(query, options: options)) }
    }
  }
  let pools = [("1 thread", ThreadPool(threads: 1)), ("all threads", ThreadPool())]
  for (name, pool) in pools.prefix(ThreadPool.processors) {
    for candidates in [100, 400] {
      onCatalogue("search 1024, \(candidates) candidates, \(name)", rate: .queries) {
        $0.queries
      } _: { benchmark, catalogue, queries in
        let options = SearchOptions(k: 10, candidates: candidates)
        try benchmark.measure([(.queries, Double(queries.rows))]) {
          blackHole(try catalogue.index.search(queries, options: options, pool: pool))
        }
      }
    }
    onCatalogue("exact search 256, \(name)", rate: .queries) {
      $0.queries[rows: 0..<256]
    } _: { benchmark, catalogue, queries in
      try benchmark.measure([(.queries, Double(queries.rows))]) {
        blackHole(try catalogue.index.exactSearch(queries, k: 10, pool: pool))
      }
    }
  }
}

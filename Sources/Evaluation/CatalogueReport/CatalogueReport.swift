import Foundation
import Retrieval
import Tokenizers
package import Vectors

/// A page that shows a catalogue and its IDs: a map of the items, the tree of the IDs with words for each prefix, how codes
/// are used, and results of measurements. One file, no other needed.
package struct CatalogueReport: Sendable {
  package struct Options: Hashable, Sendable {
    package var title = "Catalogue"
    /// The most items on the map; of more, so many are drawn evenly.
    package var points = 20_000
    /// The most prefixes that the tree lists.
    package var prefixes = 20_000
    /// Words for each prefix.
    package var words = 5
    package var map = CatalogueMap.Options()

    package init() {}
  }

  /// A further column of text.
  package struct Column: Sendable {
    package var name: String
    /// An element for each item.
    package var texts: StringColumn

    package init(name: String, texts: StringColumn) {
      self.name = name
      self.texts = texts
    }
  }

  /// What is known of the items: in the order of the vectors.
  package struct Items: Sendable {
    package var vectors: Matrix
    /// nil: items are known by their row numbers.
    package var ids: StringColumn?
    package var titles: StringColumn?
    package var columns: [Column] = []
    /// The name of the vectors, for errors.
    package var source: String

    package init(
      vectors: Matrix, ids: StringColumn? = nil, titles: StringColumn? = nil, columns: [Column] = [],
      source: String = "vectors"
    ) {
      self.vectors = vectors
      self.ids = ids
      self.titles = titles
      self.columns = columns
      self.source = source
    }

    package var count: Int { vectors.rows }
  }

  /// Results of measurements, from files.
  package struct Measurements: Sendable {
    package struct Offline: Sendable {
      package var name: String
      package var report: OfflineReport

      package init(name: String, report: OfflineReport) {
        self.name = name
        self.report = report
      }
    }

    package var offline: [Offline] = []
    package var recall: [MeasurementFiles.Recall] = []
    package var evaluations: [CodeEvaluation] = []

    package init() {}
  }

  /// The IDs of one tokenizer, as the page shows them.
  struct Shown: Sendable {
    let ids: CatalogueIDs
    let statistics: CodeStatistics
    let histograms: CodeHistograms
    let tree: PrefixTree
  }

  let options: Options
  let items: Items
  let map: CatalogueMap
  let shown: [Shown]
  let measurements: Measurements

  /// Items on the map.
  package var points: Int { map.rows.count }
  /// Listed prefixes of each tokenizer, and the items that the least of them has.
  package var prefixes: [(count: Int, least: Int)] { shown.map { ($0.tree.count, $0.tree.least) } }

  /// Makes the map, the trees and their words. Same bits for any number of threads.
  ///
  /// - Parameters:
  ///   - ids: at least one set, of as many items as there are vectors.
  ///   - progress: called with the work of the map done by each step, of the total.
  /// - Throws: `InputError` where IDs or measurements are of other items.
  package init(
    _ items: Items, ids: [CatalogueIDs], measurements: Measurements = .init(), options: Options = .init(),
    pool: ThreadPool = ThreadPool(), progress: @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws {
    for set in ids where set.codes.count != items.count {
      throw InputError(
        .mismatch, set.name, expected: "IDs of \(items.count) items, as many as \(items.source) has",
        found: "\(set.codes.count)")
    }
    try Self.check(measurements, items)
    let rows = CatalogueMap.sample(options.points, of: items.count, seed: options.map.seed)
    map = CatalogueMap(items.vectors, rows: rows, options: options.map, pool: pool, progress: progress)
    let texts = [items.titles].compactMap(\.self) + items.columns.map(\.texts)
    let words = texts.isEmpty ? nil : ItemWords(texts)
    let isSampled = rows.count < items.count
    shown = try ids.map { set in
      let trie = try CodeTrie(set.codes, pool: pool)
      return Shown(
        ids: set, statistics: CodeStatistics(trie), histograms: CodeHistograms(trie),
        tree: PrefixTree(
          trie, limit: options.prefixes, words: words, wordCount: options.words, exampleCount: isSampled ? 3 : 0,
          pool: pool))
    }
    self.options = options
    self.items = items
    self.measurements = measurements
  }

  /// - Throws: `InputError` for a measurement that is of other items.
  private static func check(_ measurements: Measurements, _ items: Items) throws {
    for offline in measurements.offline where offline.report.items != items.count {
      throw InputError(
        .mismatch, offline.name, expected: "results of \(items.count) items, as many as \(items.source) has",
        found: "\(offline.report.items)")
    }
    for evaluation in measurements.evaluations where evaluation.statistics.items != items.count {
      throw InputError(
        .mismatch, evaluation.name, expected: "figures of \(items.count) items, as many as \(items.source) has",
        found: "\(evaluation.statistics.items)")
    }
    // A benchmark holds queries out of the items, so it has fewer.
    for recall in measurements.recall where recall.report.dimension != items.vectors.columns {
      throw InputError(
        .mismatch, recall.data,
        expected: "a benchmark of vectors of \(items.vectors.columns) numbers, as \(items.source) has",
        found: "\(recall.report.dimension)")
    }
  }
}

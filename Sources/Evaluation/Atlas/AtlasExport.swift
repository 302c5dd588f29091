import Formats
import Foundation
import Retrieval
import Tokenizers
package import Vectors

/// Writes a catalogue and its IDs in the form that Embedding Atlas (Apple, `pip install embedding-atlas`) opens without a
/// model and without a projection of its own.
///
/// - `items.parquet`: a row per item, in the order of the vectors: `item_id`, `title`, further texts, `x`, `y`,
///   `neighbors` (a struct of `ids`, rows from 0, and `distances`; the item itself comes first, at distance 0, as in the
///   columns that Embedding Atlas makes), `c1` …, `tokens`, `prefix_1` …, and `features`, the list of the ID's prefixes.
/// - `labels.parquet`: a row per prefix: `x`, `y`, `text`, `level` and `priority`.
/// - `README.md` with the command, and `atlas.json`, the list of the files.
package struct AtlasExport: Sendable {
  package struct Options: Hashable, Sendable {
    /// Neighbors of each item besides itself; 0 leaves the column out.
    package var neighbors = 15
    /// The most labels.
    package var labels = 2_000
    /// Words of each label.
    package var words = 3
    package var map = CatalogueMap.Options()

    package init() {}
  }

  package static let itemsName = "items.parquet"
  package static let labelsName = "labels.parquet"
  package static let readmeName = "README.md"

  /// What was written.
  package struct Summary: Codable, Hashable, Sendable {
    package var items: Int
    /// Neighbors of each item besides itself.
    package var neighbors: Int
    package var labels: Int
    /// Columns of `items.parquet`, in their order.
    package var columns: [String]
    package var bytes: Int
    /// How to open the directory.
    package var command: String
  }

  private let items: CatalogueReport.Items
  private let ids: CatalogueIDs
  private let options: Options

  /// - Throws: `InputError` where there are not as many IDs as vectors, and for a column of text whose name another column
  ///   has.
  package init(_ items: CatalogueReport.Items, ids: CatalogueIDs, options: Options = .init()) throws {
    guard ids.codes.count == items.count else {
      throw InputError(
        .mismatch, ids.name, expected: "IDs of \(items.count) items, as many as \(items.source) has",
        found: "\(ids.codes.count)")
    }
    self.items = items
    self.ids = ids
    self.options = options
    let fixed = fixedNames
    for column in items.columns where fixed.contains(column.name) {
      throw InputError(
        .usage, "--column", expected: "a name that no other column of the export has", found: column.name,
        remedy: "the export has \(fixed.joined(separator: ", "))")
    }
  }

  private var fixedNames: [String] {
    AtlasExport.columns(titles: items.titles != nil, texts: [], levels: ids.codes.levels, mayEnd: true, neighbors: 1)
      .map(\.name)
  }

  /// The name of the column that says what an item is.
  private var textColumn: String { items.titles == nil ? "item_id" : "title" }

  private func columns(neighbors: Int) -> [ParquetWriter.Column] {
    Self.columns(
      titles: items.titles != nil, texts: items.columns.map(\.name), levels: ids.codes.levels,
      mayEnd: ids.shape.mayEndEarly, neighbors: neighbors)
  }

  private static func columns(
    titles: Bool, texts: [String], levels: Int, mayEnd: Bool, neighbors: Int
  ) -> [ParquetWriter.Column] {
    var columns: [ParquetWriter.Column] = [.string("item_id")]
    if titles { columns.append(.string("title")) }
    columns += texts.map { .string($0) }
    columns += [.float("x"), .float("y")]
    if neighbors > 0 {
      columns.append(
        .structure(
          "neighbors", [.int32Lists("ids", width: neighbors + 1), .vector("distances", columns: neighbors + 1)]))
    }
    columns += (1...levels).map { $0 == levels && mayEnd ? .optionalInt32("c\($0)") : .int32("c\($0)") }
    columns.append(.string("tokens"))
    columns += (1..<max(1, levels)).map { .string("prefix_\($0)") }
    columns.append(.stringLists("features"))
    return columns
  }

  /// Makes the map, finds the neighbors, and writes the directory. Same bytes for any number of threads.
  ///
  /// The neighbors are exact: O(N² · d).
  ///
  /// - Parameter progress: called with the work done by each step, of the total.
  /// - Throws: `InputError` where the directory cannot be written, or holds what is not an export.
  package func write(
    to path: String, pool: ThreadPool = ThreadPool(),
    progress: @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> Summary {
    let k = min(options.neighbors, items.count - 1)
    let mapWork = min(items.count, options.map.layoutItems) + NeighborLayout.rounds
    let total = mapWork + (k > 0 ? items.count : 0)
    let map = CatalogueMap(items.vectors, options: options.map, pool: pool) { done, _ in progress(done, total) }
    let neighbors = k > 0 ? AtlasNeighbors(items.vectors, k: k, metric: options.map.metric, pool: pool) : nil
    let trie = try CodeTrie(ids.codes, pool: pool)
    let texts = [items.titles].compactMap(\.self) + items.columns.map(\.texts)
    let labels = AtlasLabels(
      trie, ids.shape, map, words: texts.isEmpty ? nil : ItemWords(texts), limit: options.labels,
      wordCount: options.words, pool: pool)
    let columns = columns(neighbors: k)
    return try AtomicDirectory.write(to: path, replacing: .atlas) { directory in
      let pieces = 16_384
      try ParquetWriter.write(to: directory.file(Self.itemsName), columns: columns) { file in
        for start in stride(from: 0, to: items.count, by: pieces) {
          let range = start..<min(items.count, start + pieces)
          try file.append(
            values(range, map, neighbors?.find(range, pool: pool) { progress($0, total) }))
        }
      }
      try labels.write(to: directory.file(Self.labelsName))
      let command = Self.command(textColumn, hasNeighbors: k > 0, in: path)
      try directory.write(
        readme(Self.command(textColumn, hasNeighbors: k > 0, in: nil), labels.count, k), to: Self.readmeName)
      let files = try [Self.itemsName, Self.labelsName, Self.readmeName].map { name in
        AtlasManifest.File(name: name, bytes: try MappedFile(path: directory.file(name)).count)
      }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
      let manifest = try encoder.encode(AtlasManifest(items: items.count, files: files))
      try directory.write(String(decoding: manifest, as: UTF8.self) + "\n", to: AtlasManifest.name)
      return Summary(
        items: items.count, neighbors: k, labels: labels.count, columns: columns.map(\.name),
        bytes: files.reduce(0) { $0 + $1.bytes }, command: command)
    }
  }

  private func values(
    _ rows: Range<Int>, _ map: CatalogueMap, _ neighbors: AtlasNeighbors.Found?
  ) -> [ParquetWriter.Values] {
    func slice(_ column: StringColumn) -> StringColumn {
      var builder = StringColumnBuilder(rows: rows.count)
      for row in rows {
        column.withUTF8(at: row) { builder.bytes.append(contentsOf: $0) }
        builder.endRow()
      }
      return builder.column()
    }
    var values: [ParquetWriter.Values] = [
      .strings(items.ids.map(slice) ?? StringColumn(rows.map { "\($0)" }))
    ]
    if let titles = items.titles { values.append(.strings(slice(titles))) }
    values += items.columns.map { .strings(slice($0.texts)) }
    values += [.float(Buffer(map.x[rows])), .float(Buffer(map.y[rows]))]
    if let neighbors {
      values.append(
        .structure([.int32Lists(Buffer(neighbors.rows), width: neighbors.width), .matrix(neighbors.distances)]))
    }
    let levels = ids.codes.levels
    let spelled = rows.map { ids.shape.spelled(ids.codes[$0]) }
    for level in 0..<levels {
      let codes = spelled.map { level < $0.count ? Int32($0[level]) : Int32.min }
      values.append(
        level == levels - 1 && ids.shape.mayEndEarly ? .optionalInt32(Buffer(codes)) : .int32(Buffer(codes)))
    }
    values.append(.strings(StringColumn(spelled.map { TokenFormat.tokens.text(for: $0) })))
    let prefixes = spelled.map(Self.prefixes)
    for level in 0..<levels - 1 { values.append(.strings(StringColumn(prefixes.map { $0[level] }))) }
    values.append(
      .stringLists(
        ListColumn(
          elements: StringColumn(prefixes.flatMap(\.self)),
          starts: prefixes.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) })))
    return values
  }

  /// `a_12`, `a_12/b_4`, …
  static func prefixes(_ codes: [UInt16]) -> [String] {
    var prefixes: [String] = []
    for (level, code) in codes.enumerated() {
      let own = "\(TokenFormat.letters(level: level))_\(code)"
      prefixes.append(prefixes.last.map { $0 + "/" + own } ?? own)
    }
    return prefixes
  }

  /// - Parameter directory: nil for a command that runs in the directory.
  static func command(_ text: String, hasNeighbors: Bool, in directory: String?) -> String {
    func file(_ name: String) -> String { quoted(directory.map { $0 + "/" + name } ?? name) }
    return "embedding-atlas \(file(itemsName)) --text \(text) --x x --y y"
      + (hasNeighbors ? " --neighbors neighbors" : "")
      + " --features features --labels \(file(labelsName)) --disable-projection"
  }

  /// As a shell takes it for one word.
  private static func quoted(_ path: String) -> String {
    let plain = path.unicodeScalars.allSatisfy {
      $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "/._-+=:@%".unicodeScalars.contains($0))
    }
    return plain ? path : "'" + path.replacingOccurrences(of: "'", with: "'\\''") + "'"
  }

  private func readme(_ command: String, _ labels: Int, _ neighbors: Int) -> String {
    """
    # A catalogue and its semantic IDs, for Embedding Atlas

    \(items.count) items, IDs of \(ids.codes.levels) levels. Written by semid \(EngineVersion.current).

    Embedding Atlas opens it without a model and without a projection of its own. It needs Python 3.11 or later:

        pip install embedding-atlas
        \(command)

    Add `--export-application site` to write a web site that needs no server of its own.

    | file | holds |
    |---|---|
    | `\(Self.itemsName)` | a row per item: its id and texts, its place on the map (`x`, `y`), \
    its codes (`c1` …), its ID (`tokens`), the beginnings of its ID (`prefix_1` …), and all of them as a list (`features`)\
    \(neighbors > 0 ? "; `neighbors` has itself and its \(neighbors) nearest items, by row number from 0, and their distances" : "") |
    | `\(Self.labelsName)` | \(labels) labels, one per prefix, with the words that set its items apart |
    | `\(AtlasManifest.name)` | the list of the files |

    """
  }
}

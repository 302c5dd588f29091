import Formats
import Retrieval
import Tokenizers
import Vectors

/// A label for each prefix of several items: its words, at the middle of its items on the map.
struct AtlasLabels: Sendable {
  private let tree: PrefixTree
  private var x: [Float] = []
  private var y: [Float] = []
  private var texts: [String] = []
  private var levels: [Int32] = []

  var count: Int { texts.count }

  /// - Parameter map: with a place for every item.
  init(
    _ trie: CodeTrie, _ shape: IDShape, _ map: CatalogueMap, words: ItemWords?, limit: Int, wordCount: Int,
    pool: ThreadPool
  ) {
    tree = PrefixTree(trie, limit: limit, words: words, wordCount: wordCount, exampleCount: 0, pool: pool)
    for (level, nodes) in tree.nodes.enumerated() {
      for node in nodes {
        let positions = trie.items(of: .init(level: level, index: node))
        let rows = positions.map { Int(trie.rows[$0]) }
        x.append(Self.median(rows.map { map.x[$0] }))
        y.append(Self.median(rows.map { map.y[$0] }))
        levels.append(Int32(level))
        let words = tree.words[texts.count].split(separator: " ").joined(separator: ", ")
        let codes = shape.spelled(Array(trie.codes(at: positions.lowerBound).prefix(level + 1)))
        texts.append(words.isEmpty ? AtlasExport.prefixes(codes).last ?? "" : words)
      }
    }
  }

  private static func median(_ values: [Float]) -> Float { values.sorted()[values.count / 2] }

  func write(to path: String) throws {
    try ParquetWriter.write(
      to: path, columns: [.float("x"), .float("y"), .string("text"), .int32("level"), .int32("priority")]
    ) { file in
      guard count > 0 else { return }
      try file.append([
        .float(Buffer(x)), .float(Buffer(y)), .strings(StringColumn(texts)), .int32(Buffer(levels)),
        .int32(Buffer(tree.counts.map { Int32(clamping: $0) })),
      ])
    }
  }
}

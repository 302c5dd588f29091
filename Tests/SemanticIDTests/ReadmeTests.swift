import Foundation
import SemanticID
import TestSupport
import Testing

/// The library as its users have it: `import SemanticID` alone.
@Suite struct ReadmeTests {
  private static let columns = 16

  private static func vectors(_ rows: Int, seed: UInt64) -> Matrix {
    var random = CounterRandom(seed: seed)
    return Matrix(rows: rows, columns: columns, values: (0..<rows * columns).map { _ in Float(random.normals().0) })
  }

  /// Runs the lines of the README's example. `theReadmeSaysTheSame` holds the two together.
  @Test func tenLinesOfSwift() throws {
    let folder = try TemporaryFolder()
    func path(_ name: String) -> String { folder.file(name) }
    try NPY.write(Self.vectors(3000, seed: 1), to: path("embeddings.npy"))
    let names = (0..<3000).map { "A\($0)" }
    try JSONEncoder().encode(names).write(to: URL(fileURLWithPath: path("ids.json")))
    let newIDs = StringColumn(["B1", "B2"])
    let newVectors = Self.vectors(2, seed: 2)

    // The README's lines begin here.
    let items = try EmbeddingSet(opening: path("embeddings.npy"))
    var options = RQKMeansOptions()
    options.levelSizes = [256, 256, 256, 256]
    let (model, report) = try RQKMeans.train(items.vectors, options: options)
    print(report.levels.map(\.relativeError), report.levels.map(\.perplexity))
    let codes = try model.encode(items.vectors)
    print(TokenFormat.tokens.text(for: codes[0]))
    try IndexBuilder().build(
      IndexContents(codes: codes, vectors: items.vectors, ids: items.ids, tokenizer: model), at: path("index"))
    let index = try SemanticIndex(opening: path("index"))
    for hit in try index.search(items.vectors.row(0), options: SearchOptions(k: 10)).hits {
      print(index.id(ofRow: hit.row), hit.distance, index.trie.codes(ofRow: hit.row))
    }
    let live = try LiveIndex(opening: path("index"))
    try live.update(IndexChanges(added: .init(ids: newIDs, vectors: newVectors), deleted: ["A17"]))
    // The README's lines end here.

    #expect(report.levels.count == 4 && codes.count == 3000)
    #expect(live.current.count == 3001)
    let hits = try live.current.search(newVectors.row(1), options: SearchOptions(k: 1)).hits
    #expect(hits.map { live.current.id(ofRow: $0.row) } == ["B2"])
  }

  @Test func theReadmeSaysTheSame() throws {
    let here = URL(fileURLWithPath: #filePath)
    let root = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let readme = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
    let source = try String(contentsOf: here, encoding: .utf8)
    let block = try #require(readme.components(separatedBy: "```swift\n").dropFirst().first)
    let said = Self.statements(try #require(block.components(separatedBy: "```").first))
    let lines = source.components(separatedBy: "// The README's lines begin here.\n")
    let run = Self.statements(try #require(lines[1].components(separatedBy: "// The README's lines end here.").first))
    #expect(said == ["import SemanticID"] + run)
  }

  /// Lines without comments, and paths without the test's folder.
  private static func statements(_ text: String) -> [String] {
    text.split(separator: "\n").map { line in
      var line = line.components(separatedBy: " //")[0]
      while let start = line.range(of: "path(\""), let end = line[start.upperBound...].range(of: "\")") {
        line.replaceSubrange(
          start.lowerBound..<end.upperBound, with: "\"" + line[start.upperBound..<end.lowerBound] + "\"")
      }
      return line.trimmingCharacters(in: .whitespaces)
    }.filter { !$0.isEmpty && !$0.hasPrefix("//") }
  }
}

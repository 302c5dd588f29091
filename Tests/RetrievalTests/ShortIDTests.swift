import Formats
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

/// IDs with one level more than the model's, which some items may lack.
@Suite struct ShortIDTests {
  private static let text = "item_id,sid\na,1-2-1\nb,1-2-2\nc,3-0\nd,3-1\ne,0-0-0\n"

  private static func table(_ folder: TemporaryFolder, _ text: String = Self.text) throws -> CodesTable {
    try AtomicFile.write(text, to: folder.file("x.csv"))
    return try CodesTable(opening: folder.file("x.csv"), levelSizes: nil)
  }

  @Test func itemsAreFoundByIDsOfBothLengths() throws {
    let folder = try TemporaryFolder()
    let index = try SemanticIndex(of: Self.table(folder))
    try IndexBuilder().build(IndexContents(Self.table(folder)), at: folder.file("stored"))
    try SemanticIndex(opening: folder.file("stored")).verify()
    #expect(index.count == 5 && index.manifest.version == 5 && index.shape.mayEndEarly)
    func items(_ text: String, prefix: Bool = false) throws -> [String] {
      try index.rows(text: text, prefix: prefix).map(index.id(ofRow:))
    }
    #expect(try items("3-0") == ["c"])
    #expect(try items("<a_1><b_2><c_2>") == ["b"])
    #expect(try items("1-2").isEmpty)
    #expect(try items("1-2", prefix: true) == ["a", "b"])
    #expect(try items("3", prefix: true) == ["c", "d"])
    #expect(throws: InputError.self) { try items("3-0-3") }
    let rows = try ["a", "c", "e"].map { try #require(index.row(id: $0)) }
    #expect(rows.map { index.idText(ofRow: $0) } == ["<a_1><b_2><c_1>", "<a_3><b_0>", "<a_0><b_0><c_0>"])
    let around = try index.candidates(around: index.shape.parse("3-0"), by: .hamming(1), budget: 10)
    #expect(around.entries.map { index.shape.text(index.codes(of: $0), format: .plain()) } == ["3-0", "3-1"])
    let open = try index.candidates(matching: index.shape.parsePattern("3-*"), budget: 10)
    #expect(open.entries.map { index.shape.text(index.codes(of: $0), format: .plain()) } == ["3-0", "3-1"])
  }

  /// An extra level adds nothing to the vectors, and a search by them finds the same items.
  @Test(arguments: [false, true]) func vectorsAreSearchedAsWithoutIt(_ mayEndEarly: Bool) throws {
    let folder = try TemporaryFolder()
    var catalogue = RandomCatalogue(seed: 71)
    let vectors = catalogue.matrix(rows: 400, columns: 8)
    var options = RQKMeansOptions()
    options.levelSizes = [8, 8]
    let (model, _) = try RQKMeans.train(vectors, options: options)
    let codes = try model.encode(vectors)
    let ids = StringColumn((0..<400).map { "i\($0)" })
    try IndexBuilder().build(
      IndexContents(codes: codes, vectors: vectors, ids: ids, tokenizer: model), at: folder.file("plain"))
    var lines = "item_id,sid\n"
    for row in 0..<400 {
      let id = TokenFormat.plain().text(for: codes[row])
      lines += "i\(row),\(id)\(mayEndEarly && row % 3 == 0 ? "" : "-\(row % 5)")\n"
    }
    try AtomicFile.write(lines, to: folder.file("y.csv"))
    var sizes = CodesTable.Options()
    sizes.sizes = .model([8, 8])
    let table = try CodesTable(opening: folder.file("y.csv"), options: sizes)
    let contents = try IndexContents(table, vectors: vectors, tokenizer: model)
    try IndexBuilder().build(contents, at: folder.file("extra"))
    let plain = try SemanticIndex(opening: folder.file("plain"))
    let extra = try SemanticIndex(opening: folder.file("extra"))
    try extra.verify()
    #expect(extra.levelSizes == [8, 8, mayEndEarly ? 6 : 5] && extra.codebooks?.levelSizes == extra.levelSizes)
    for row in stride(from: 0, to: 400, by: 37) {
      let query = vectors.row(row)
      let options = SearchOptions(k: 10)
      #expect(
        try plain.search(query, options: options).hits.map(\.distance)
          == extra.search(query, options: options).hits.map(\.distance))
      #expect(Set(extra.rows(prefix: codes[row])) == Set(plain.rows(prefix: codes[row])))
    }
    // The codes of new items have to be brought.
    let live = try LiveIndex(opening: folder.file("extra"))
    let new = catalogue.matrix(rows: 2, columns: 8)
    let error = #expect(throws: InputError.self) {
      try live.update(IndexChanges(added: .init(ids: StringColumn(["x", "y"]), vectors: new)))
    }
    #expect(error?.remedy?.contains("--codes") == true)
    let added = try Self.table(folder, "item_id,sid\nx,1-2-4\ny,7-7-0\n").stored(as: extra.shape).codes
    try live.update(IndexChanges(added: .init(ids: StringColumn(["x", "y"]), vectors: new, codes: added)))
    #expect(try live.current.rows(text: "7-7-0").map(live.current.id(ofRow:)).contains("y"))
    // Without vectors the codebooks alone answer, and the extra level changes no distance.
    var codesOnly = contents
    codesOnly.vectors = nil
    try IndexBuilder().build(codesOnly, at: folder.file("codes"))
    #expect(try !SemanticIndex(opening: folder.file("codes")).search(vectors.row(0), options: .init(k: 5)).hits.isEmpty)
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let folder = try TemporaryFolder()
    let table = try Self.table(folder)
    var contents = try IndexContents(table)
    contents.codes = try Codes(levelSizes: [4], values: Buffer([1, 2, 3, 0, 1]))
    #expect(throws: InputError.self) { try IndexBuilder().build(contents, at: folder.file("x")) }
    var catalogue = RandomCatalogue(seed: 72)
    var options = RQKMeansOptions()
    options.levelSizes = [4]
    let (model, _) = try RQKMeans.train(catalogue.matrix(rows: 50, columns: 4), options: options)
    // Two levels more than the model's.
    #expect(throws: InputError.self) {
      try IndexBuilder().build(IndexContents(table, tokenizer: model), at: folder.file("x"))
    }
  }
}

import ArgumentParser
import Foundation
import SemanticID
import TestSupport
import Testing

@testable import semid

/// Codes that one verb writes and another reads.
@Suite struct CodesOfRowsTests {
  private static func run(_ arguments: String...) async throws {
    var command = try Semid.parseAsRoot(arguments + ["--quiet"])
    if var asynchronous = command as? any AsyncParsableCommand {
      try await asynchronous.run()
    } else {
      try command.run()
    }
  }

  private static let set: [(id: String, codes: [UInt16])] = [
    ("kettle", [0, 1, 2]), ("lamp", [0, 1, 3]), ("chair", [3, 0, 0]), ("table", [2, 2, 2]),
  ]

  private static func embeddings(_ ids: [String]?) throws -> EmbeddingSet {
    try EmbeddingSet(
      vectors: Matrix(rows: 4, columns: 1, values: [1, 2, 3, 4]), ids: ids.map { StringColumn($0) }, source: "x.npy")
  }

  private static func write(_ rows: [(id: String, codes: [UInt16])], _ path: String) throws {
    let codes = try Codes(levelSizes: [4, 4, 4], values: Buffer(rows.flatMap(\.codes)))
    let form = try CodesForm(path: path)
    try form.write(codes, ids: StringColumn(rows.map(\.id)), to: path)
  }

  /// An index is built from what resolve wrote, in whatever order it is.
  @Test(arguments: ["parquet", "jsonl"]) func rowsFindTheirCodesByID(form: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("ids." + form)
    let expected = Self.set.flatMap(\.codes)
    func read(_ set: EmbeddingSet, sizes: [Int] = [4, 4, 4]) throws -> [UInt16] {
      try CodesTable(opening: path, levelSizes: sizes).joined(to: set).codes.values.array
    }
    let ids = Self.set.map(\.id)
    for order in [[0, 1, 2, 3], [2, 0, 3, 1]] {
      try Self.write(order.map { Self.set[$0] }, path)
      #expect(try read(try Self.embeddings(ids)) == expected)
    }
    // Without ids on one side, rows are taken as they stand.
    #expect(try read(try Self.embeddings(nil)) == [2, 0, 3, 1].flatMap { Self.set[$0].codes })

    let sofa = try Self.embeddings(["kettle", "lamp", "chair", "sofa"])
    let other = #expect(throws: InputError.self) { _ = try read(sofa) }
    #expect(other?.expected?.contains("\"sofa\", row 3") == true)
    #expect(throws: InputError.self) { _ = try read(try Self.embeddings(ids), sizes: [4, 4, 3]) }
    #expect(throws: InputError.self) { _ = try read(try Self.embeddings(ids), sizes: [4, 4]) }
    try Self.write(Array(Self.set.dropLast()), path)
    let short = #expect(throws: InputError.self) { _ = try read(try Self.embeddings(ids)) }
    #expect(short?.found == "3")
  }

  @Test func constraintsAreCompiledFromCodes() async throws {
    let folder = try TemporaryFolder()
    try Self.write(Self.set, folder.file("ids.parquet"))
    try await Self.run(
      "corpus", "constraint", folder.file("ids.parquet"), "--first-token", "100", "--codebook-size", "4", "--output",
      folder.file("x.npz"))
    let tokens = try NPZFile(path: folder.file("x.npz")).array("token").integers(as: Int32.self).array
    #expect(tokens == [-1, 100, 102, 103, 105, 106, 104, 110, 111, 110, 108])
    // Sizes that follow from the codes there happen to be would give other tokens.
    await #expect(throws: InputError.self) {
      try await Self.run(
        "corpus", "constraint", folder.file("ids.parquet"), "--first-token", "100", "--output", folder.file("y.npz"))
    }
    // IDs of two lengths.
    let lines = #"{"item": "a", "codes": [1, 0]}"# + "\n" + #"{"item": "b", "codes": [1, 0, 2]}"# + "\n"
    try AtomicFile.write(lines, to: folder.file("ids.jsonl"))
    try await Self.run(
      "corpus", "constraint", folder.file("ids.jsonl"), "--end", "9", "--output", folder.file("z.npz"))
    let ends = try NPZFile(path: folder.file("z.npz")).array("is_id")
    #expect(ends.shape == [4])
    for refused in [["--format", "static"], []] {
      await #expect(throws: InputError.self) {
        var command = try Semid.parseAsRoot(
          ["corpus", "constraint", folder.file("ids.jsonl"), "--output", folder.file("y.npz"), "--quiet"] + refused)
        var asynchronous = try #require(command as? any AsyncParsableCommand)
        try await asynchronous.run()
        command = asynchronous
      }
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("y.npz")))
  }

  @Test func spellingsGoThroughToReaders() async throws {
    let folder = try TemporaryFolder()
    let codes = try Codes(levelSizes: [4, 4, 4], values: Buffer(Self.set.flatMap(\.codes)))
    let index = folder.file("index")
    try IndexBuilder().build(IndexContents(codes: codes, ids: StringColumn(Self.set.map(\.id))), at: index)
    let opened = try SemanticIndex(opening: index)
    for (arguments, text) in [
      (["--spelling", "openonerec"], "<|sid_begin|><s_a_0><s_b_1><s_c_3><|sid_end|>"),
      (["--spelling", "offset"], "<|sid_start|><|sid_0|><|sid_5|><|sid_11|><|sid_end|>"),
      (["--spelling", "offset", "--end", "<|im_end|>"], "<|sid_start|><|sid_0|><|sid_5|><|sid_11|><|im_end|>"),
      (["--spelling", "[{level}:{code}]"], "[0:0][1:1][2:3]"), (["--plain"], "0-1-3"), ([], "<a_0><b_1><c_3>"),
    ] {
      let options = try GeneratedTextOptions.parse(arguments)
      let mention = try options.reader(opened).whole(text)
      #expect(mention.fault == nil && mention.codes == [0, 1, 3], "\(text)")
    }
    #expect(throws: InputError.self) { try GeneratedTextOptions.parse(["--spelling", "x"]).reader(opened) }

    // The tokens around an ID come with the spelling where the tokenizer has them.
    let vocabulary = try TokenVocabulary(spelling: .openOneRec, levelSizes: [4, 4, 4])
    try vocabulary.write(addedTokenIDs: folder.file("tokens.json"), firstID: 50)
    let tokens = try ConstraintOptions.parse(["--tokenizer", folder.file("tokens.json"), "--spelling", "openonerec"])
      .tokens(levelSizes: [4, 4, 4]).tokens
    #expect(tokens.begin == [62] && tokens.end == [63])
  }

  @Test func aCollapsedLevelNamesBalance() throws {
    let json = """
      {"level":1,"size":256,"rounds":3,"squaredErrorPerItem":1,"relativeError":0.5,"used":200,"perplexity":20,
      "repaired":0}
      """
    let level = try JSONDecoder().decode(TrainingReport.Level.self, from: Data(json.utf8))
    var options = RQKMeansOptions()
    #expect(level.collapseWarning(options).contains("--balance price"))
    options.kMeans.seedReach = 1
    #expect(level.collapseWarning(options).contains("--seed-reach 0.2"))
    options.kMeans.seedReach = 0.2
    options.balance = .price
    #expect(!level.collapseWarning(options).contains("--balance"))
  }
}

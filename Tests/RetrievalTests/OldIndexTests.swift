import Foundation
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

/// Indexes that earlier programs wrote answer as they did then, and become indexes of today by the first change.
@Suite struct OldIndexTests {
  struct Answers: Decodable {
    struct Hit: Decodable, Hashable {
      var id: String
      var row: Int
      var distance: Float
    }
    struct Search: Decodable {
      var query: [Float]
      var filter: String?
      var hits: [Hit]
    }
    struct Prefix: Decodable {
      var prefix: String
      var rows: [Int]
    }
    var count: Int
    var segments: Int
    var deleted: Int
    var model: String
    var prefixes: [Prefix]
    var searches: [Search]
  }

  /// A copy of the index that a program of that version wrote, and what that program answered.
  static func copy(_ version: Int, to folder: TemporaryFolder) throws -> (path: String, answers: Answers) {
    let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/index-v\(version)")
    let path = folder.file("index")
    try FileManager.default.copyItem(atPath: fixture.appendingPathComponent("index").path, toPath: path)
    let answers = try Data(contentsOf: fixture.appendingPathComponent("answers.json"))
    return (path, try JSONDecoder().decode(Answers.self, from: answers))
  }

  private func expect(_ answers: Answers, of index: SemanticIndex, rowsStay: Bool = true) throws {
    for search in answers.searches {
      let filter = try search.filter.map { try index.filter(where: AttributePredicate(parsing: $0)) }
      let hits = try index.search(search.query, options: SearchOptions(k: search.hits.count), filter: filter).hits
      #expect(hits.map { index.id(ofRow: $0.row) } == search.hits.map(\.id))
      #expect(hits.map(\.distance) == search.hits.map(\.distance))
      if rowsStay { #expect(hits.map(\.row) == search.hits.map(\.row)) }
    }
    for prefix in answers.prefixes where rowsStay {
      // An item that has come since may have the prefix, too.
      let rows = try index.rows(text: prefix.prefix, prefix: true).filter { index.id(ofRow: $0) != "new" }
      #expect(rows == prefix.rows)
    }
  }

  @Test(arguments: [3, 4]) func theyAnswerAsTheyDid(_ version: Int) throws {
    let folder = try TemporaryFolder()
    let (path, answers) = try Self.copy(version, to: folder)
    let before = try FolderSnapshot(path)
    let index = try SemanticIndex(opening: path, model: answers.model)
    #expect(index.manifest.version == version && index.count == answers.count)
    #expect(index.segments.count == answers.segments)
    #expect(index.rowLimit - index.count == answers.deleted)
    #expect(try index.tokenizer().fingerprint == answers.model)
    try expect(answers, of: index)
    #expect(try index.verify() == IndexCheck(hasDigest: false, leftovers: []))
    #expect(try FolderSnapshot(path) == before)
  }

  @Test(arguments: [3, 4]) func theFirstChangeMakesThemIndexesOfToday(_ version: Int) throws {
    let folder = try TemporaryFolder()
    let (path, answers) = try Self.copy(version, to: folder)
    let live = try LiveIndex(opening: path)
    let vectors = Matrix(rows: 1, columns: 4, values: [90, 90, 90, 90])
    try live.update(IndexChanges(added: .init(ids: StringColumn(["new"]), vectors: vectors)))
    #expect(live.current.manifest.version == 5)
    try expect(answers, of: live.current)
    try live.compact()
    let index = try SemanticIndex(opening: path)
    #expect(try index.verify() == IndexCheck(hasDigest: true, leftovers: []))
    #expect(index.manifest.modelFiles?.count == 2 && index.segments.count == 1 && index.count == answers.count + 1)
    try expect(answers, of: index, rowsStay: version == 3)
    #expect(try index.search([90, 90, 90, 90], options: SearchOptions(k: 1)).hits.first?.distance == 0)
  }

  /// A model that is not whole is not vouched for.
  @Test func aDamagedModelStopsTheChange() throws {
    let folder = try TemporaryFolder()
    let (path, answers) = try Self.copy(4, to: folder)
    let weights = "\(path)/models/\(answers.model)/model.safetensors"
    var bytes = [UInt8](try #require(FileManager.default.contents(atPath: weights)))
    bytes[bytes.count - 3] ^= 4
    try Data(bytes).write(to: URL(fileURLWithPath: weights))
    let before = try FolderSnapshot(path)
    #expect(throws: InputError.self) { try LiveIndex(opening: path).update(IndexChanges(deleted: ["item-1"])) }
    #expect(try FolderSnapshot(path).entries.filter { $0.key != "/segments/.lock" } == before.entries)
    #expect(throws: InputError.self) { try SemanticIndex(opening: path).verify() }
  }
}

import Formats
import Foundation
import Retrieval
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Server

@Suite struct UpdateTests {
  @Test func itemsAreAddedReplacedAndDeleted() throws {
    let server = try TestServer(isWritable: true)
    let before = try server.result("GET", "/v1/indexes/things")
    let item: [String: Any] = [
      "id": "new \"1\"\n", "vector": server.vector(5), "attributes": ["color": "red", "price": 3, "tags": ["x", "y"]],
    ]
    for (added, replaced) in [(1, 0), (0, 1)] {
      let report = try server.result("PUT", "/v1/indexes/things/items", ["items": [item]])
      #expect(report["added"] as? Int == added && report["replaced"] as? Int == replaced)
      #expect(report["items"] as? Int == 401)
    }
    let after = try server.result("GET", "/v1/indexes/things")
    #expect(after["generation"] as? String != before["generation"] as? String)
    let path = "/v1/indexes/things/items/new%20%221%22%0A"
    let stored = try server.result("GET", path)
    #expect((stored["attributes"] as? [String: Any])?["tags"] as? [String] == ["x", "y"])
    #expect((stored["attributes"] as? [String: Any])?["price"] as? Double == 3)
    #expect((stored["attributes"] as? [String: Any])?["new"] == nil)
    #expect(Set(try server.found(["vector": server.vector(5), "k": 2])) == ["item-5", "new \"1\"\n"])
    #expect(
      try server.found(["vector": server.vector(5), "filter": "color = red and price = 3"]).contains("new \"1\"\n"))

    let gone = try server.result(
      "POST", "/v1/indexes/things/items/delete", ["ids": ["new \"1\"\n", "nobody", "nobody"]])
    #expect(gone["deleted"] as? Int == 1 && gone["unknown"] as? Int == 1 && gone["items"] as? Int == 400)
    #expect(try server.fault("GET", path, status: 404)["kind"] == "missing")
    let cheap = try server.result("POST", "/v1/indexes/things/items/delete", ["filter": "price < 10"])
    #expect(cheap["deleted"] as? Int == 40 && cheap["items"] as? Int == 360)
    #expect(try server.found(["vector": server.vector(5), "k": 400, "exact": true]).count == 360)
    let whole = try server.result("POST", "/v1/indexes/things/compact")
    #expect(whole["items"] as? Int == 360 && whole["segments"] as? Int == 1)
    // What was answered is on disk.
    let path2 = try #require(server.core.indexes["things"]).path
    #expect(try SemanticIndex(opening: path2).count == 360)
  }

  /// An attribute of that name is the title, and changes with the item; a table is for items without one.
  @Test func titlesFollowTheItems() throws {
    let folder = try TemporaryFolder()
    let vectors = TestServer.vectors(seed: 2, count: 40, dimension: 8)
    let ids = (0..<40).map { "i\($0)" }
    var options = RQKMeansOptions()
    options.levelSizes = [4, 4]
    let model = try RQKMeans.train(vectors, options: options).model
    var contents = IndexContents(
      codes: try model.encode(vectors), vectors: vectors, ids: StringColumn(ids), tokenizer: model)
    contents.attributes = AttributeTable(
      source: "made", ids: StringColumn(ids),
      columns: [
        .init(
          name: "title",
          values: .init(
            values: .strings(StringColumn(ids.map { "red lamp \($0)" })),
            present: Buffer((0..<40).map { UInt8($0 == 3 ? 0 : 1) })))
      ])
    try IndexBuilder().build(contents, at: folder.file("index"))
    try "item_id,title\ni3,from the table\ni4,old\n".write(
      toFile: folder.file("titles.csv"), atomically: true, encoding: .utf8)
    var served = ServerOptions.Index(name: "things", path: folder.file("index"))
    served.titles = folder.file("titles.csv")
    let server = try TestServer(count: 60, isWritable: true, change: { $0.indexes = [served] })
    func title(_ id: String) throws -> String? {
      try server.result("GET", "/v1/indexes/things/items/\(id)")["title"] as? String
    }
    #expect(try title("i3") == "from the table" && title("i4") == "red lamp i4")
    _ = try server.result(
      "PUT", "/v1/indexes/things/items",
      ["items": [["id": "i4", "vector": server.vector(0), "attributes": ["title": "new"]] as [String: Any]]])
    #expect(try title("i4") == "new")
    #expect(try server.result("GET", "/v1/indexes/things")["has_titles"] as? Bool == true)
  }

  @Test func columnsAreRows() throws {
    let server = try TestServer(isWritable: true)
    let bytes = server.vectors[rows: 0..<2].values.array.flatMap { value in
      withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
    }
    let report = try server.result(
      "PUT", "/v1/indexes/things/items",
      [
        "ids": ["x", "y"], "vectors_base64": Data(bytes).base64EncodedString(),
        "attributes": ["color": ["red", NSNull()], "new": [true, false]],
      ])
    #expect(report["added"] as? Int == 2)
    let second = try server.result("GET", "/v1/indexes/things/items/y")
    #expect((second["attributes"] as? [String: Any])?["color"] == nil)
    #expect((second["attributes"] as? [String: Any])?["new"] as? Bool == false)
    let same = try server.result("GET", "/v1/indexes/things/items/item-1")
    #expect(second["semantic_id"] as? String == same["semantic_id"] as? String)
  }

  @Test func badItemsChangeNothing() throws {
    let server = try TestServer(isWritable: true)
    let before = try server.result("GET", "/v1/indexes/things")["generation"] as? String
    let vector = server.vector(1)
    let cases: [([String: Any], String?)] = [
      (["items": [["id": "a", "vector": [1, 2]]]], "items[0].vector"),
      (["items": [["id": "a"]]], nil), (["items": [["vector": vector]]], "items[0].id"),
      (["items": [["id": "", "vector": vector]]], "items[0].id"),
      (["items": [["id": "a", "vector": vector], ["id": "a", "vector": vector]]], "items[1].id"),
      (["items": [["id": "a", "vector": vector], ["id": "b"]]], "items[1]"),
      (["items": [["id": "a", "vector": vector, "attributes": ["colour": "red"]]]], "items[0].attributes.colour"),
      (["items": [["id": "a", "vector": vector, "attributes": ["price": "cheap"]]]], "items[0].attributes.price"),
      (["items": [["id": "a", "vector": vector, "attributes": ["seen": "yesterday"]]]], "items[0].attributes.seen"),
      (["items": [["id": "a", "vector": vector, "semantic_id": "<a_9>"]]], nil),
      (["ids": ["a"], "vectors": [vector, vector]], "vectors"), (["ids": ["a"], "items": []], nil), ([:], nil),
    ]
    for (body, place) in cases {
      let fault = try server.refusal("PUT", "/v1/indexes/things/items", body)
      if let place { #expect(fault["place"] == place, "\(fault)") }
    }
    #expect(try server.result("GET", "/v1/indexes/things")["generation"] as? String == before)
    #expect(try server.refusal("POST", "/v1/indexes/things/items/delete", [:])["kind"] == "usage")
  }

  @Test func anIndexThatIsOnlyReadTakesNoUpdates() throws {
    let server = try TestServer()
    for (method, target) in [
      ("PUT", "items"), ("POST", "items/delete"), ("POST", "compact"),
    ] {
      #expect(
        try server.fault(method, "/v1/indexes/things/\(target)", ["ids": ["item-1"]], status: 403)["kind"]
          == "forbidden")
    }
  }

  @Test func aNewStateIsServedAndTheOldOneComesBack() throws {
    let server = try TestServer()
    let served = try #require(server.core.indexes["things"])
    let first = try server.result("GET", "/v1/indexes/things")
    #expect(first["can_roll_back"] as? Bool == false)
    #expect(try server.fault("POST", "/v1/indexes/things/rollback", status: 409)["kind"] == "conflict")
    #expect(served.follow() == nil && served.state.generation == first["generation"] as? String)

    let held = served.state
    let vectors = TestServer.vectors(seed: 9, count: 100, dimension: 8)
    try TestServer.build(vectors, (0..<100).map { "other-\($0)" }, at: server.folder.file("index"))
    #expect(served.follow() == nil)
    #expect(served.state.index.count == 100)
    #expect(try server.found(["vector": server.vector(0), "k": 1])[0].hasPrefix("other-"))
    // A request that began before goes on.
    #expect(held.index.count == 400 && held.index.id(ofRow: 3) == "item-3")

    let back = try server.result("POST", "/v1/indexes/things/rollback")
    #expect(back["rolled_back"] as? Bool == true && back["generation"] as? String == first["generation"] as? String)
    #expect(try server.found(["vector": server.vector(0), "k": 1]) == ["item-0"])
    // It stays, whatever stands on disk.
    #expect(served.follow() == nil && served.state.index.count == 400)
    #expect(try server.fault("POST", "/v1/indexes/things/rollback", status: 409)["kind"] == "conflict")
    let again = try server.result("POST", "/v1/indexes/things/reload")
    #expect(again["items"] as? Int == 100 && again["rolled_back"] as? Bool == false)
    #expect(again["can_roll_back"] as? Bool == true)
  }

  @Test func aStateThatCannotBeOpenedIsNotServed() throws {
    let server = try TestServer()
    let served = try #require(server.core.indexes["things"])
    let manifest = URL(fileURLWithPath: served.path + "/manifest.json")
    let whole = try Data(contentsOf: manifest)
    try Data("{}".utf8).write(to: manifest)
    #expect(served.follow() != nil)
    let fault = try server.fault("POST", "/v1/indexes/things/reload", status: 409)
    // The path of this machine is the operator's business; `APIResponder` takes it out.
    #expect(fault["source"]?.contains(served.path) == true)
    #expect(served.cleaned(ServerFault(.malformed, fault["source"] ?? "")).source == "things/manifest.json")
    #expect(try server.found(["vector": server.vector(0), "k": 1]) == ["item-0"])
    try whole.write(to: manifest)
    #expect(served.follow() == nil)
  }

  /// Writes would go to the directory that stands there now, and lose it.
  @Test func anIndexThatWasReplacedOnDiskIsNotWrittenTo() throws {
    let server = try TestServer(isWritable: true)
    let served = try #require(server.core.indexes["things"])
    let path = server.folder.file("index")
    let other = server.folder.file("other")
    try TestServer.build(server.vectors[rows: 0..<80], (0..<80).map { "other-\($0)" }, at: other)
    try FileManager.default.moveItem(atPath: path, toPath: server.folder.file("old"))
    #expect(throws: InputError.self) { try served.update { _ in IndexChanges(deleted: ["item-1"]) } }
    try FileManager.default.moveItem(atPath: other, toPath: path)
    let before = try FolderSnapshot(path)
    #expect(throws: InputError.self) { try served.update { _ in IndexChanges(deleted: ["item-1"]) } }
    #expect(try FolderSnapshot(path) == before)
    #expect(try SemanticIndex(opening: server.folder.file("old")).count == 400)
    // After a reload it is the new one that is served and changed.
    #expect(try served.reload())
    _ = try served.update { _ in IndexChanges(deleted: ["other-1"]) }
    #expect(served.state.index.count == 79)
    #expect(try SemanticIndex(opening: path).count == 79)
  }

  /// What is updated is what was served before a rollback: it must not slip in unseen.
  @Test func aRolledBackIndexTakesNoUpdates() throws {
    let folder = try TemporaryFolder()
    let vectors = TestServer.vectors(seed: 1, count: 60, dimension: 8)
    for (name, prefix) in [("one", "a"), ("two", "b")] {
      try TestServer.build(vectors, (0..<60).map { "\(prefix)\($0)" }, at: folder.file(name))
    }
    let link = folder.file("current")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.file("one"))
    var options = ServerOptions()
    options.indexes = [.init(name: "things", path: link)]
    options.isWritable = true
    let core = try ServerCore(options, operations: [])
    let served = try #require(core.indexes["things"])
    try FileManager.default.removeItem(atPath: link)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.file("two"))
    #expect(try served.reload())
    #expect(served.state.index.id(ofRow: 0) == "b0")
    for place in [link, folder.file("two")] {
      #expect(served.cleaned(ServerFault(.io, place + "/x", found: place)).message == "things/x: things")
    }
    _ = try served.update { _ in IndexChanges(deleted: ["b0"]) }
    #expect(served.state.index.count == 59)
    try served.rollBack()
    #expect(served.state.index.id(ofRow: 0) == "a0")
    #expect(throws: ServerFault.self) { try served.update { _ in IndexChanges(deleted: ["b1"]) } }
    #expect(try served.reload())
    #expect(served.state.index.count == 59)
    _ = try served.update { _ in IndexChanges(deleted: ["b1"]) }
    #expect(served.state.index.count == 58)
  }
}

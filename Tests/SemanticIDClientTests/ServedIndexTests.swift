import AsyncHTTPClient
import Foundation
import SemanticIDClient
import TestSupport
import Testing

/// The client against `semid serve` itself.
@Suite(.enabled(if: Program.isReady)) struct ServedIndexTests {
  struct Failure: Error, CustomStringConvertible { var description: String }

  private static let items = 60

  private static func vector(_ item: Int) -> [Float] {
    (0..<4).map { Float((item * 37 + $0 * 101 + item * item * 7) % 97) / 10 }
  }

  /// Squared distances of all items, nearest first.
  private static func nearest(to query: [Float], leavingOut own: Int? = nil) -> [String] {
    (0..<items).filter { $0 != own }
      .map { item in (zip(vector(item), query).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }, item) }
      .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
      .map { "item-\($0.1)" }
  }

  /// Builds an index, serves it, and runs `body` with a client.
  private static func serving(_ body: (IndexClient) async throws -> Void) async throws {
    let folder = try TemporaryFolder()
    var lines = ["id,v0,v1,v2,v3"]
    for item in 0..<items { lines.append("item-\(item)," + vector(item).map { "\($0)" }.joined(separator: ",")) }
    try lines.joined(separator: "\n").write(toFile: folder.file("items.csv"), atomically: true, encoding: .utf8)
    let prices = ["id,price"] + (0..<items).map { "item-\($0),\($0 % 10)" }
    try prices.joined(separator: "\n").write(toFile: folder.file("prices.csv"), atomically: true, encoding: .utf8)
    for arguments in [
      ["train", "rq-kmeans", "items.csv", "-o", "model", "--codebook-size", "4"],
      ["index", "build", "items.csv", "-m", "model", "--attributes", "prices.csv", "-o", "index"],
    ] {
      let outcome = try Program.semid.run(arguments, in: folder.path)
      guard outcome.status == 0 else { throw Failure(description: "\(arguments): \(outcome)") }
    }
    let server = Process()
    server.executableURL = URL(fileURLWithPath: Program.semid.executable)
    server.arguments = ["serve", "shop=\(folder.file("index"))", "--writable", "--port", "0", "--threads", "2"]
    let output = Pipe()
    server.standardOutput = output
    server.standardError = FileHandle.nullDevice
    try server.run()
    defer {
      server.terminate()
      server.waitUntilExit()
    }
    var told = ""
    while !told.contains("\n") {
      let data = output.fileHandleForReading.availableData
      guard !data.isEmpty else { throw Failure(description: "the server ended: \(told)") }
      told += String(decoding: data, as: UTF8.self)
    }
    guard let place = told.range(of: "http://")?.lowerBound else { throw Failure(description: told) }
    let url = told[place...].trimmingCharacters(in: .whitespacesAndNewlines)
    let http = HTTPClient()
    do {
      try await body(try IndexClient(url: url, index: "shop", httpClient: http))
    } catch {
      try await http.shutdown()
      throw error
    }
    try await http.shutdown()
  }

  @Test func searchesBrowsesAndChanges() async throws {
    try await Self.serving { client in
      let info = try await client.info()
      #expect(info.items == Self.items && info.levelSizes == [4, 4, 4] && info.isWritable && info.metric == "l2")
      #expect(info.attributes.map(\.name) == ["price"])
      let isReady = await client.isReady()
      let names = try await client.indexes().map(\.name)
      #expect(isReady && names == ["shop"])

      // Against brute force.
      let query: [Float] = [1.05, 2.5, 7.75, 3.25]
      var asked = Query(.vector(query), count: 7)
      asked.isExact = true
      asked.attributes = .all
      asked.explain = true
      let found = try await client.query(asked)
      #expect(found.hits.map(\.item) == Array(Self.nearest(to: query).prefix(7)))
      #expect(found.explain?.path == "exact" && found.hits[0].attributes?["price"] != nil)
      let batch = try await client.nearest(to: [query, Self.vector(3)], count: 7, isExact: true)
      #expect(batch[0].hits.map(\.item) == found.hits.map(\.item) && batch[1].hits[0].item == "item-3")
      let near = try await client.query(.item("item-3"), count: 5)
      #expect(near.hits.map(\.item) == Array(Self.nearest(to: Self.vector(3), leavingOut: 3).prefix(5)))
      let cheap = try await client.query(
        .item("item-3"), count: 60, filter: .conditions(.init(must: [.range("price", .init(lessThan: 2))])))
      #expect(Set(cheap.hits.map(\.item)) == Set((0..<Self.items).filter { $0 % 10 < 2 }.map { "item-\($0)" }))
      let both = try await client.queries([Query(.item("item-3"), count: 5), Query(.prefix("<a_0>"), count: 3)])
      #expect(both[0] == near && both[1].total != nil)

      let item = try await client.item("item-3", withVector: true)
      #expect(item.vector == Self.vector(3) && item.levels.count == 3)
      let around = try await client.candidates(around: item.semanticID, by: .hamming(levels: 3), budget: 1000)
      #expect(around.count == Self.items && around.isInCatalogue && around.entries[0].semanticID == item.semanticID)
      let widened = try await client.candidates(aroundItem: "item-3", by: .perLevel(codewords: 2))
      #expect(widened.entries[0].distance == 0)
      let page = try await client.items(of: item.semanticID)
      #expect(page.items.contains { $0.item == "item-3" })
      let tree = try await client.tree()
      #expect(tree.children.reduce(0) { $0 + $1.items } == Self.items)
      let points = try await client.map().points
      #expect(points.count == Self.items)
      let recall = try await client.recall(count: 3, sample: 20)
      #expect(recall.sample == 20 && recall.recall > 0.9)

      let encoded = try await client.encode([Self.vector(3)])
      let decoded = try await client.decode([encoded[0].semanticID])
      #expect(encoded[0].codes.count == 3 && decoded[0].count == 4)
      let resolved = try await client.resolve(text: "Take \(item.semanticID).")
      #expect(resolved.count == 1 && resolved[0].kind == .valid && resolved[0].start == 5)

      let put = try await client.put([
        NewItem(id: "new/1", vector: [50, 50, 50, 50], attributes: ["price": 1]), NewItem(id: "item-0", vector: query),
      ])
      #expect(put.added == 1 && put.replaced == 1 && put.items == Self.items + 1)
      let far = try await client.query(.vector([50, 50, 50, 50]), count: 1)
      #expect(far.hits[0].item == "new/1")
      let gone = try await client.delete(["new/1", "nobody"])
      #expect(gone.deleted == 1 && gone.unknown == 1)
      let compacted = try await client.compact()
      #expect(compacted.segments == 1)
      let error = await #expect(throws: ServerError.self) { try await client.item("new/1") }
      #expect(error?.status == 404 && error?.kind == "missing" && error?.expected != nil)
      let forbidden = await #expect(throws: ServerError.self) { try await client.rollback() }
      #expect(forbidden?.kind == "conflict")
      let metrics = try await client.metrics()
      #expect(metrics.contains("# TYPE"))
    }
  }

  /// Beams write an ID of the index, whatever they pick.
  @Test func constraintsLeadToItems() async throws {
    try await Self.serving { client in
      var options = ConstraintOptions()
      options.firstToken = 10
      options.vocabularySize = 40
      options.end = [2]
      options.padding = [0]
      let constraint = try await client.constraint(options)
      var beams = constraint.start(beams: 3)
      var written = [[Int]](repeating: [], count: 3)
      for _ in 0..<4 {
        let tokens = try (0..<3).map { beam in
          let allowed = (0..<constraint.vocabularySize).filter { beams.allows($0, beam: beam) }
          return try #require(beam == 0 ? allowed.first : beam == 1 ? allowed.last : allowed[allowed.count / 2])
        }
        for beam in 0..<3 { written[beam].append(tokens[beam]) }
        beams = try await constraint.advance(beams.states, by: tokens)
      }
      let again = try await constraint.masks(of: beams.states)
      let after = try await constraint.beams(after: written)
      #expect(again == beams && after == beams)
      for tokens in written {
        #expect(tokens.count == 4 && tokens[3] == 2)
        let codes = tokens.prefix(3).enumerated().map { "\($1 - 10 - 4 * $0)" }.joined(separator: "-")
        let items = try await client.items(of: codes)
        #expect(items.total > 0, "\(codes)")
      }
      _ = try await client.put([NewItem(id: "new", vector: [1, 2, 3, 4])])
      let error = await #expect(throws: ServerError.self) { try await constraint.masks(of: beams.states) }
      #expect(error?.kind == "conflict")
    }
  }
}

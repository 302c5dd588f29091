import Foundation
import Formats
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Evaluation

@Suite struct CatalogueReportTests {
  private static let evil = #"</script><b onclick="x()">&amp; <!-- {{title}} \u003c \"#

  private static func items(_ count: Int) -> CatalogueReport.Items {
    CatalogueReport.Items(
      vectors: Naive.normals(count, 6, seed: 1), ids: StringColumn((0..<count).map { $0 == 2 ? evil : "i\($0)" }),
      titles: StringColumn((0..<count).map { $0 == 0 ? evil : $0 == 1 ? "" : "thing \($0 % 7) made of part \($0)" }),
      columns: [.init(name: "<brand>", texts: StringColumn((0..<count).map { $0 == 3 ? evil : "b\($0 % 3)" }))],
      source: "x.npy")
  }

  /// What the page's script would read.
  private static func data(_ html: String) throws -> [String: Any] {
    let parts = html.components(separatedBy: #"<script type="application/json" id="data">"#)
    let text = try #require(parts.last?.components(separatedBy: "</script>").first)
    return try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private static func numbers<Value>(_ text: Any?, as _: Value.Type) throws -> [Value] {
    let text = try #require(text as? String)
    let bytes = try #require(Data(base64Encoded: text))
    return bytes.withUnsafeBytes { raw in
      (0..<raw.count / MemoryLayout<Value>.size).map {
        raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Value>.size, as: Value.self)
      }
    }
  }

  @Test func titlesCannotBreakOut() throws {
    let ids = [
      CatalogueIDs(name: "<i>km</i>", codes: try Naive.codes(90, [4, 5], seed: 2)),
      CatalogueIDs(name: "vae", codes: try Naive.codes(90, [3, 3, 3], seed: 3), kind: "rq-vae"),
    ]
    var options = CatalogueReport.Options()
    options.title = "</title><script>alert(1)</script>"
    let html = try CatalogueReport(Self.items(90), ids: ids, options: options).html()
    // Two elements, both the page's own.
    #expect(html.components(separatedBy: "<script").count == 3 && html.components(separatedBy: "</script").count == 3)
    for forbidden in ["<b ", "<i>km", "http://", "https://", "@import", "<img", "url(", "{{", "<!--"] {
      let beforeData = html.components(separatedBy: "id=\"data\"").first ?? ""
      let own = forbidden == "<!--" || forbidden == "{{" ? beforeData : html
      #expect(!own.contains(forbidden), "\(forbidden)")
    }
    #expect(html.contains("default-src 'none'"))
    let data = try Self.data(html)
    #expect((data["titles"] as? [String])?[0] == Self.evil)
    #expect((data["titles"] as? [String])?[1] == "i1")
    #expect((data["ids"] as? [String])?[2] == Self.evil)
    let columns = try #require(data["columns"] as? [[String: Any]])
    #expect(columns[0]["name"] as? String == "<brand>" && (columns[0]["texts"] as? [String])?[3] == Self.evil)
    #expect((data["tokenizers"] as? [[String: Any]])?.compactMap { $0["name"] as? String } == ["<i>km</i>", "vae"])
  }

  @Test func thePageHasTheItemsThatWereDrawn() throws {
    let codes = try Naive.codes(500, [6, 6], seed: 4)
    var options = CatalogueReport.Options()
    options.points = 120
    let report = try CatalogueReport(
      Self.items(500), ids: [CatalogueIDs(name: "km", codes: codes)], options: options, pool: ThreadPool(threads: 2))
    let html = try report.html()
    let rows = CatalogueMap.sample(120, of: 500, seed: 42)
    #expect(report.map.rows == rows && html.contains("120 items, drawn evenly from all with seed 42"))
    let data = try Self.data(html)
    #expect(data["items"] as? Int == 500 && (data["titles"] as? [String])?.count == 120)
    let places = try Self.numbers(data["x"], as: UInt16.self)
    for (place, x) in zip(places, report.map.x) { #expect(abs(Float(place) / 65_535 - x) < 1e-4) }
    let tokenizer = try #require((data["tokenizers"] as? [[String: Any]])?.first)
    #expect(try Self.numbers(tokenizer["codes"], as: UInt16.self) == rows.flatMap { codes[$0] })
    let nodes = try #require(tokenizer["nodes"] as? [String: Any])
    // Counts are of all items, not of those on the map.
    let counts = try Self.numbers(nodes["counts"], as: UInt32.self)
    #expect(counts.prefix(6).reduce(0, +) == 500)
    #expect((nodes["examples"] as? [[String]])?.allSatisfy { $0.count == 3 || $0.count == 2 } == true)
    // The same page from one thread and from three.
    for threads in [1, 3] {
      let other = try CatalogueReport(
        Self.items(500), ids: [CatalogueIDs(name: "km", codes: codes)], options: options,
        pool: ThreadPool(threads: threads))
      #expect(try other.html() == html)
    }
  }

  @Test func inputsOfOtherItemsAreRefused() throws {
    func fault(_ ids: Int, _ change: (inout CatalogueReport.Measurements) throws -> Void = { _ in }) throws
      -> InputError?
    {
      var measurements = CatalogueReport.Measurements()
      try change(&measurements)
      do {
        _ = try CatalogueReport(
          Self.items(50), ids: [CatalogueIDs(name: "km", codes: try Naive.codes(ids, [4], seed: 1))],
          measurements: measurements)
        return nil
      } catch { return error as? InputError }
    }
    #expect(try fault(50) == nil)
    #expect(try fault(49)?.kind == .mismatch)
    let statistics = try CodeStatistics(try Naive.codes(51, [4], seed: 1))
    let other = try fault(50) { $0.evaluations = [CodeEvaluation(name: "other", statistics: statistics)] }
    #expect(other?.found == "51")
  }

  @Test func filesAndModelsArePairedByNameOrOrder() throws {
    typealias Source = CatalogueIDs.Source
    func pair(_ files: [String], _ models: [String]) throws -> [Source] {
      try Source.pair(files: files, models: models)
    }
    #expect(
      try pair([], ["a/model", "b/model"]) == [
        Source(name: "a/model", model: "a/model"), Source(name: "b/model", model: "b/model"),
      ])
    #expect(
      try pair(["x.npy", "y.npy"], ["m"]) == [
        Source(name: "x.npy", file: "x.npy", model: "m"), Source(name: "y.npy", file: "y.npy", model: "m"),
      ])
    #expect(try pair(["i/x.npy", "i/y.npy"], ["a/m", "a/n"]).map(\.model) == ["a/m", "a/n"])
    #expect(try pair(["i/x.npy", "i/y.npy"], ["a/m", "a/n"]).map(\.name) == ["m", "n"])
    #expect(try pair(["i/x.npy"], ["a/m"]).map(\.name) == ["m"])
    #expect(
      try pair(["km=x.npy", "vae=y.npy"], ["vae=n", "km=m", "own=p"]) == [
        Source(name: "km", file: "x.npy", model: "m"), Source(name: "vae", file: "y.npy", model: "n"),
        Source(name: "own", model: "p"),
      ])
    #expect(try pair(["km=x.npy", "y.npy"], ["km=m"]).map(\.model) == ["m", nil])
    #expect(
      try pair(["km=x.npy"], ["km=m", "n"]) == [
        Source(name: "km", file: "x.npy", model: "m"), Source(name: "n", model: "n"),
      ])
    for (files, models) in [
      ([], []), (["a=x", "a=y"], []), (["x", "y", "z"], ["m", "n"]), (["same"], ["same=other"]),
    ] {
      #expect(throws: InputError.self, "\(files) \(models)") { try pair(files, models) }
    }
  }

  @Test func resultsAreReadOrRefused() throws {
    let folder = try TemporaryFolder()
    func file(_ text: String) throws -> String {
      try AtomicFile.write(text, to: folder.file("r.json"))
      return folder.file("r.json")
    }
    let estimate = #"{"mean":0.5,"low":0.4,"high":0.6}"#
    func offline(_ row: String, cutoffs: String = "[10]") -> String {
      #"{"items":50,"metric":"cosine","cutoffs":\#(cutoffs),"cases":5,"withoutVector":0,"withoutHistory":0,"repeated":0,"#
        + #""keepsSeen":false,"fallsBack":false,"budget":100,"rows":[\#(row)]}"#
    }
    let row = #"{"rule":"brute force","recall":[\#(estimate)],"ndcg":[\#(estimate)],"reciprocalRank":\#(estimate)}"#
    #expect(try MeasurementFiles.offline(try file(offline(row))).rows.count == 1)
    for bad in [
      "", "[]", "{}", "nonsense", offline(row, cutoffs: "[]"), offline(row, cutoffs: "[10,20]"),
      offline(row.replacingOccurrences(of: #""recall":[\#(estimate)]"#, with: #""recall":[]"#)),
      offline(row.replacingOccurrences(of: "0.5", with: "5e300")),
    ] {
      let path = try file(bad)
      #expect(throws: InputError.self, "\(bad)") { try MeasurementFiles.offline(path) }
      #expect(throws: InputError.self, "\(bad)") { try MeasurementFiles.recall(path) }
      #expect(throws: InputError.self, "\(bad)") { try MeasurementFiles.evaluations(path) }
    }
  }
}

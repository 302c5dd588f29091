import Foundation
import Formats
import Interactions
import TestSupport
import Testing
import Vectors

@testable import Catalogues

@Suite struct DebianSourceTests {
  private func prepare(_ list: DebianPackages, _ preparing: Preparing) throws -> PreparedManifest {
    var source = DebianSource(list, path: nil)
    return try Preparation.write(
      &source, options: preparing.options, extras: [source.baskets], to: preparing.output, pool: preparing.pool)
  }

  @Test func basketsOfAList() throws {
    let preparing = try Preparing()
    let list = """
      Package: a
      Section: x
      Installed-Size: 12
      Depends: b (>= 1.0) | c, d:any,
       e [amd64], b
      Recommends: f, nobody
      Description: A thing

      """ + ["b", "c", "d", "e", "f"].map { "\nPackage: \($0)\nDescription: \($0)\n" }.joined()
    var bytes = Array(list.utf8)
    let packages = try bytes.withUnsafeMutableBytes {
      try DebianPackages(listing: UnsafeRawBufferPointer($0), source: "list")
    }
    let manifest = try prepare(packages, preparing)
    #expect(try preparing.interactions() == ["a b train", "a d train", "a e valid", "a f test"])
    #expect(
      try preparing.rows("baskets.parquet", ["basket_id", "position", "item_id"]) == [
        ["a", "0", "b"], ["a", "1", "d"], ["a", "2", "e"], ["a", "3", "f"],
      ])
    #expect(manifest.dropped.map(\.interactions) == [1])
    #expect(try preparing.rows("items.parquet", ["item_id", "title", "categories"])[0] == ["a", "A thing", "x"])
  }

  /// What this machine's apt knows, against the baskets that another program made of the same list.
  @Test(.enabled(if: RealData.has("debian-packages/baskets.parquet") && Self.aptKnowsTheReference))
  func theReferencesBaskets() throws {
    let preparing = try Preparing()
    let manifest = try prepare(DebianPackages.available(), preparing)
    let columns = ["basket_id", "position", "item_id"]
    let expected = try Preparing.rows(RealData.path("debian-packages/baskets.parquet"), columns)
    #expect(Set(try preparing.rows("baskets.parquet", columns)) == Set(expected))
    #expect(manifest.files.first { $0.name == "baskets.parquet" }?.rows == expected.count)
    let titles = ["item_id", "title", "section", "source", "homepage"]
    #expect(
      Set(try preparing.rows("items.parquet", titles))
        == Set(try Preparing.rows(RealData.path("debian-packages/items.parquet"), titles)))
  }

  private static var aptKnowsTheReference: Bool {
    let reference = try? DataTable(opening: RealData.path("debian-packages/items.parquet")).texts("item_id").texts
    let known = try? DebianPackages.available().catalogue.ids
    if let reference, let known, Set(known) == Set(reference) { return true }
    print("skipped: apt knows other packages than debian-packages/items.parquet has")
    return false
  }
}

import Foundation
import TestSupport
import Testing
import Vectors

@testable import Catalogues

private func read(_ text: some Collection<UInt8>, keys: JSONLinesCatalogue.Keys = .init()) throws -> Catalogue {
  try Array(text).withUnsafeBytes { try JSONLinesCatalogue.read($0, source: "items.jsonl", keys: keys, name: "items") }
}

struct JSONLinesCatalogueTests {
  @Test func readsItems() throws {
    let catalogue = try read(
      """
      \u{FEFF}{"id": "a", "title": "Enamel kettle", "section": "kitchen", "tags": ["steel", "2 litres"]}

      {"title": "Café \\u00e9\\n", "id": 17, "tags": "one, two", "price": {"deep": [1, null]}, "section": null}\r
        \t
      {"id": "c", "title": "", "tags": [1, 2.5, ""]}
      {"id": "d", "title": null}
      {"id": "e"}
      """.utf8)
    #expect(catalogue.count == 5)
    #expect(Array(catalogue.ids) == ["a", "17", "c", "d", "e"])
    #expect(Array(catalogue.titles) == ["Enamel kettle", "Café é\n", "", "", ""])
    #expect(catalogue.sections.map(Array.init) == ["kitchen", "", "", "", ""])
    #expect(catalogue.tags.map(Array.init) == ["steel, 2 litres", "one, two", "1, 2.5", "", ""])
    #expect(catalogue.descriptions == nil)
    #expect(catalogue.texts.map(\.weight) == [1, 0.25, 0.5])
  }

  @Test func readsOtherMakersFiles() throws {
    let line = """
      {"main_category": "Tools", "title": "Clamp", "description": ["Holds.", "Strong."], "parent_asin": "B0", \
      "categories": ["Hand Tools", "Clamps"], "price": "None"}
      """
    let catalogue = try read(line.utf8, keys: .amazonReviews2023)
    #expect(Array(catalogue.ids) == ["B0"])
    #expect(catalogue.descriptions.map(Array.init) == ["Holds., Strong."])
    #expect(catalogue.sections.map(Array.init) == ["Tools"])
    #expect(catalogue.tags.map(Array.init) == ["Hand Tools, Clamps"])
  }

  @Test func columnsCanBeLeftOut() throws {
    let keys = JSONLinesCatalogue.Keys(description: nil, section: nil, tags: nil)
    // A member that is not wanted may hold anything.
    let catalogue = try read(#"{"id": "a", "title": "b", "tags": {"x": 1}}"#.utf8, keys: keys)
    #expect(catalogue.tags == nil)
  }

  @Test(arguments: [
    (#"{"id": "a", "title": "b"}"# + "\n" + #"{"id": "a", "title": "c"}"#, "line 2", "first on line 1"),
    (#"{"id": "a", "title": "b"}"# + "\n\n" + #"{"title": "b"}"#, "line 3", "none"),
    (#"{"id": "a", "name": "b"}"#, "line 1", "none"),
    (#"{"title": "b"}"#, "line 1", "none"),
    (#"{"id": "", "title": "b"}"#, "line 1", "empty"),
    (#"{"id": ["x"], "title": "b"}"#, "line 1", "list"),
    (#"{"id": null, "title": "b"}"#, "line 1", "none"),
    (#"{"id": "a", "title": true}"#, "line 1, key title", ""),
    (#"{"id": "a", "title": "b", "tags": [["x"]]}"#, "line 1, key tags", ""),
    (#"{"id": "a", "title": "b""#, "line 1", ""),
    (#"{"id": "a", "title": "b"} {"#, "line 1", ""),
    ("[1, 2]", "line 1", ""),
    ("\"text\"", "line 1", ""),
  ])
  func errorsNameTheLine(text: String, place: String, found: String) {
    let error = #expect(throws: InputError.self) { try read(text.utf8) }
    #expect(error?.place?.hasPrefix(place) ?? false)
    #expect(error?.source == "items.jsonl")
    #expect(found.isEmpty || error?.found?.contains(found) ?? false, "\(error?.description ?? "")")
  }

  @Test(arguments: ["", "\n \n"]) func emptyFilesAreErrors(text: String) {
    #expect(throws: InputError.self) { try read(text.utf8) }
  }

  @Test func deepNestingIsRefused() {
    for opening in ["[", "{\"id\":"] {
      #expect(throws: InputError.self) { try read(String(repeating: opening, count: 100_000).utf8) }
    }
  }

  @Test func hostileBytes() {
    var random = CounterRandom(seed: 4)
    let good = Array(#"{"id": "a", "title": "b\u00e9", "tags": ["x", 1, null], "section": "s"}"#.utf8)
    for round in 0..<2000 {
      var bytes = round % 4 == 0 ? (0..<random.below(80)).map { _ in UInt8(truncatingIfNeeded: random.next()) } : good
      for _ in 0..<random.below(4) where !bytes.isEmpty {
        bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
      }
      guard let catalogue = try? read(bytes) else { continue }
      #expect(catalogue.titles.count == catalogue.ids.count)
    }
  }
}

struct SmallCatalogueTests {
  @Test func comesWithTheEngine() throws {
    let catalogue = try Catalogue.small(path: RealData.packageRoot + "/datasets/catalogue.jsonl")
    #expect(catalogue.count >= 700)
    #expect(Set(catalogue.ids).count == catalogue.count)
    #expect(Set(catalogue.titles).count == catalogue.count)
    #expect(catalogue.titles.allSatisfy { !$0.isEmpty })
    #expect(Set(catalogue.sections.map(Array.init) ?? []).count == 30)
    #expect(catalogue.descriptions?.allSatisfy { $0.count > 20 } ?? false)
  }

  @Test func isFoundFromInsideTheRepository() throws { #expect(try Catalogue.small().count >= 700) }

  @Test func anAbsentFileIsMissing() {
    let error = #expect(throws: InputError.self) { try Catalogue.small(path: "/no/such/file.jsonl") }
    #expect(error?.kind == .missing)
  }
}

import Formats
import Testing

@Suite struct KnownNamesTests {
  @Test func theFirstKnownNameWins() {
    #expect(KnownNames.itemIDs.first(in: ["asin", "title", "parent_asin"]) == "parent_asin")
    #expect(KnownNames.itemIDs.first(in: ["title", "product_id"]) == nil)
    #expect(KnownNames.interactionItems.first(in: ["id", "ids"]) == nil)
  }

  @Test(arguments: KnownNames.all) func namesDiffer(_ known: KnownNames) {
    #expect(Set(known.names).count == known.names.count)
    #expect(!known.names.isEmpty)
  }

  @Test func whatIsNoVectorIsNotKnownAsOne() {
    #expect(Set(KnownNames.vectors.names).isDisjoint(with: KnownNames.notVectors.names))
  }

  @Test func summaryPrintsWhatWasTaken() {
    var summary = InputSummary()
    summary.use(.vectors, "embedding", detail: "300 × 8")
    summary.use(.itemIDs, "row numbers")
    summary.use(.itemIDs, "row numbers")
    summary.warn("no ids")
    var other = InputSummary()
    other.warn("no ids")
    other.use(.times, "ts")
    summary.append(other)
    #expect(summary.lines == ["vectors: embedding, 300 × 8", "ids: row numbers", "time: ts"])
    #expect(summary.warnings == ["no ids"])
  }
}

package import Formats
import Vectors

extension CodesTable {
  /// The codes of each row of `set`: by item id where both have ids, by row number where one has none.
  ///
  /// - Throws: `InputError` when this table has codes of other items, or of another number of items.
  package func joined(to set: EmbeddingSet) throws -> CodesTable {
    guard count == set.count else {
      throw InputError(
        .mismatch, source, expected: "codes of \(set.count) items, as many as \(set.source) has", found: "\(count)",
        remedy: "encode these embeddings")
    }
    guard let ids, let wanted = set.ids, ids.indices.contains(where: { ids[$0] != wanted[$0] }) else {
      return CodesTable(
        source: source, codes: codes, lengths: lengths, ids: set.ids ?? ids, sizesAreObserved: sizesAreObserved,
        summary: summary)
    }
    let places = StringTable(ids)
    let rows = try wanted.indices.map { row in
      guard let place = wanted.withUTF8(at: row, { places.find($0) }) else {
        throw InputError(
          .mismatch, source, expected: "codes of \"\(wanted[row])\", row \(row) (from 0) of \(set.source)",
          found: "none", remedy: "encode these embeddings")
      }
      return place
    }
    return CodesTable(
      source: source, codes: codes.gathered(rows), lengths: lengths.map { lengths in Buffer(rows.map { lengths[$0] }) },
      ids: wanted, sizesAreObserved: sizesAreObserved, summary: summary)
  }
}

import Foundation
import Tokenizers
import Vectors

extension CatalogueReport {
  private static let titleLength = 140
  private static let textLength = 90

  /// What the page's script reads: the items of the map, and the IDs and the tree of each tokenizer.
  ///
  /// Numbers are base64 of little-endian values, so that a point takes some six characters.
  func data() -> String {
    let rows = map.rows
    func title(_ row: Int) -> String {
      let title = items.titles.map { $0[row] } ?? ""
      return ScriptData.clipped(title.isEmpty ? name(row) : title, to: Self.titleLength)
    }
    func places(_ values: [Float]) -> [UInt16] { values.map { UInt16(($0 * 65_535).rounded()) } }
    return ScriptData.object([
      "items": "\(items.count)",
      "ids": ScriptData.strings(rows.map { ScriptData.clipped(name($0), to: Self.textLength) }),
      "titles": items.titles == nil ? "null" : ScriptData.strings(rows.map(title)),
      "x": ScriptData.numbers(places(map.x)),
      "y": ScriptData.numbers(places(map.y)),
      "columns": ScriptData.list(
        items.columns.map { column in
          ScriptData.object([
            "name": ScriptData.string(column.name),
            "texts": ScriptData.strings(rows.map { ScriptData.clipped(column.texts[$0], to: Self.textLength) }),
          ])
        }),
      "tokenizers": ScriptData.list(
        shown.map { shown in
          ScriptData.object([
            "name": ScriptData.string(shown.ids.name),
            "sizes": ScriptData.list(shown.ids.codes.levelSizes.map { "\($0)" }),
            "end": shown.ids.shape.endCode.map { "\($0)" } ?? "-1",
            "codes": ScriptData.numbers(codes(shown.ids.codes, rows)),
            "least": "\(shown.tree.least)",
            "nodes": ScriptData.object([
              "codes": ScriptData.numbers(shown.tree.codes),
              "counts": ScriptData.numbers(shown.tree.counts),
              "parents": ScriptData.numbers(shown.tree.parents),
              "words": ScriptData.strings(shown.tree.words),
              "examples": ScriptData.list(shown.tree.examples.map { ScriptData.strings($0.map(title)) }),
            ]),
          ])
        }),
    ])
  }

  private func name(_ row: Int) -> String { items.ids.map { $0[row] } ?? "item \(row)" }

  private func codes(_ codes: Codes, _ rows: [Int]) -> [UInt16] {
    codes.values.withUnsafeBufferPointer { values in
      rows.flatMap { values[$0 * codes.levels..<($0 + 1) * codes.levels] }
    }
  }
}

import SemanticID

/// What a prepared directory came to, for people and for machines.
struct PreparedSummary: Encodable {
  var output: String
  var seconds: Double
  var prepared: PreparedManifest

  func text() -> String {
    let (read, kept) = (prepared.read, prepared.kept)
    let bytes = read.inputs.reduce(0) { $0 + $1.bytes }
    var lines = [
      "wrote \(output): \(Text.count(kept.interactions, "interaction")) of \(Text.count(kept.users, "user")) with "
        + "\(Text.count(kept.items, "item")), in \(Text.duration(seconds: seconds))"
        + (bytes > 0 ? " (\(Text.figure(Double(bytes) / seconds / 1e6)) MB/s)" : "")
    ]
    lines += Table(prepared.files, Self.columns).lines()
    lines.append(
      "read \(Text.count(read.interactions, "interaction")) and \(Text.count(read.items, "item"))"
        + (read.layout.map { " (\($0))" } ?? ""))
    lines += prepared.dropped.isEmpty ? ["dropped none of them"] : Table(prepared.dropped, Self.stepColumns).lines()
    lines += findings.filter { $0.count > 0 }.map { "\($0.name): \(Text.count($0.count))" }
    return lines.joined(separator: "\n")
  }

  /// What a reader should know of the items; nothing that did not happen.
  private var findings: [(name: String, count: Int)] {
    [
      ("faulty lines (passed over)", prepared.read.faulty.count),
      ("items whose id came before (left out)", prepared.read.repeatedItems),
      ("items without an id (left out)", prepared.read.itemsWithoutID),
      ("items without a title", prepared.read.itemsWithoutTitle),
      ("items whose price is no number (left empty)", prepared.read.itemsWithOtherPrice),
      ("items without categories (the main one stands for them)", prepared.read.itemsWithMainCategory),
    ]
  }

  private static let columns: [Column<PreparedManifest.File>] = [
    Column("file") { $0.name },
    Column("rows", .right) { Text.count($0.rows) },
    Column("size", .right) { Text.bytes($0.bytes) },
    Column("SHA-256") { String($0.sha256.prefix(12)) + "…" },
  ]

  private static let stepColumns: [Column<SelectionStep>] = [
    Column("dropped", .right) { Text.count($0.interactions) },
    Column("interactions") { step in
      let of = [step.users.map { Text.count($0, "user") }, step.items.map { Text.count($0, "item") }].compactMap(\.self)
      return step.reason.phrase + (of.isEmpty ? "" : " (" + of.joined(separator: ", ") + ")")
    },
  ]
}

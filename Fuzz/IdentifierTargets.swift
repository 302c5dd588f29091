import SemanticID

/// Lists of ids. What is accepted has no empty and no repeated id.
extension FuzzTarget {
  static let identifiers = [
    FuzzTarget("ids-json") {
      [#"["a", "b\u00e9\n", 12, "日本", -3, "\ud83e\udd86"]"#, "[]", "[1,2]"].map { Array($0.utf8) }
    } run: { bytes in
      check(try Identifiers.read(json: Buffer(bytes), source: "ids.json"))
    },
    FuzzTarget("ids-lines") {
      ["a\nb\r\n日本\n12", "\u{FEFF}a\n"].map { Array($0.utf8) }
    } run: { bytes in
      check(try Identifiers.read(lines: Buffer(bytes), source: "ids.txt"))
    },
  ]

  private static func check(_ ids: StringColumn) {
    // By bytes: two spellings of one letter are two ids.
    let texts = ids.map { Array($0.utf8) }
    precondition(!texts.contains([]) && Set(texts).count == texts.count, "ids that should have been refused")
  }
}

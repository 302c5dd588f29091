import Testing

@testable import semid

private struct Row: Encodable {
  var name: String
  var items: Int
}

private let columns: [Column<Row>] = [
  Column("name", shrinks: true) { $0.name },
  Column("items", .right) { Text.count($0.items) },
]

@Suite struct TableTests {
  @Test func alignsColumnsAndLeavesNoTrailingSpaces() {
    let rows = [Row(name: "vlc", items: 1204), Row(name: "kdenlive", items: 7)]
    #expect(
      Table(rows, columns).lines() == [
        "name      items",
        "vlc       1,204",
        "kdenlive      7",
      ])
    let padded = Table(
      [Row(name: "a", items: 1)], [Column("number", .right) { "\($0.items)" }, Column("x") { $0.name }])
    #expect(padded.lines() == ["number  x", "     1  a"])
    #expect(Table([("ab", ""), ("c", "d")], [Column("") { $0.0 }, Column("") { $0.1 }]).lines() == ["ab", "c   d"])
  }

  @Test func anEmptyTableHasItsTitles() {
    #expect(Table([Row](), columns).lines() == ["name  items"])
  }

  @Test func wideAndCombiningCharactersAlign() {
    let rows = [Row(name: "日本語", items: 1), Row(name: "e\u{301}tude", items: 22), Row(name: "plain", items: 3)]
    #expect(Table(rows, columns).lines() == ["name    items", "日本語      1", "e\u{301}tude      22", "plain       3"])
    #expect(DisplayWidth.of("日本語") == 6)
    #expect(DisplayWidth.of("e\u{301}tude") == 5)
    #expect(DisplayWidth.of("🦀") == 2)
    #expect(DisplayWidth.of("naïve") == 5)
  }

  @Test func controlCharactersDoNotReachTheTerminal() {
    let rows = [Row(name: "a\u{1B}[31mred\nline\u{7}\u{202E}", items: 1)]
    #expect(Table(rows, columns).lines() == ["name              items", "a [31mred line        1"])
  }

  @Test func onlyShrinkingColumnsGiveWay() {
    let rows = [Row(name: "a very long title of a package", items: 1_234_567)]
    #expect(
      Table(rows, columns).lines(width: 30) == ["name                     items", "a very long title…   1,234,567"])
    // Nothing is cut below the narrowest width, however small the terminal.
    #expect(Table(rows, columns).lines(width: 5)[1] == "a very long…  1,234,567")
    #expect(Table(rows, columns).lines(width: 200)[1].hasPrefix("a very long title of a package  "))
  }

  @Test func theWidestColumnGivesWayFirst() {
    let texts = (String(repeating: "a", count: 40), String(repeating: "b", count: 20))
    let table = Table([texts], [Column("", shrinks: true) { $0.0 }, Column("", shrinks: true) { $0.1 }])
    #expect(
      table.lines(width: 50) == [String(repeating: "a", count: 27) + "…  " + String(repeating: "b", count: 20)])
    #expect(
      table.lines(width: 32) == [
        String(repeating: "a", count: 14) + "…  " + String(repeating: "b", count: 14) + "…"
      ])
  }

  @Test func truncationNeverExceedsTheWidth() {
    for text in ["", "a", "日本語の題名", "mixed 日本", "e\u{301}\u{301}tude", "👩‍👩‍👧 family"] {
      for width in 0...12 {
        let cut = DisplayWidth.truncate(text, to: width)
        #expect(DisplayWidth.of(cut) <= width)
        #expect(DisplayWidth.of(text) > width || cut == text)
      }
    }
  }
}

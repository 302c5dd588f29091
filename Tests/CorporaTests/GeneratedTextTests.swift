import Formats
import Retrieval
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Corpora

@Suite struct GeneratedTextTests {
  /// Two levels of 12 codes and one of 3.
  static let sizes = [12, 12, 3]
  static let ids: [[UInt16]] = [[1, 2, 0], [1, 2, 1], [1, 11, 2], [3, 0, 0], [3, 0, 0], [10, 5, 1]]

  static func index(_ folder: TemporaryFolder) throws -> SemanticIndex {
    let codes = try Codes(levelSizes: sizes, values: Buffer(ids.flatMap { $0 }))
    let names = StringColumn(ids.indices.map { "item \($0)" })
    try IndexBuilder().build(IndexContents(codes: codes, ids: names), at: folder.file("index"))
    return try SemanticIndex(opening: folder.file("index"))
  }

  static func reader(_ change: (inout IDTextReader.Style) -> Void = { _ in }) throws -> IDTextReader {
    var style = IDTextReader.Style()
    change(&style)
    return try IDTextReader(levelSizes: sizes, style: style)
  }

  @Test func linesAreJudged() throws {
    let folder = try TemporaryFolder()
    let trie = try Self.index(folder).trie
    let tokens = try Self.reader {
      $0.begin = "<s>"
      $0.end = "</s>"
    }
    let expected: [(String, IDOutcome)] = [
      ("<a_1><b_2><c_0>", .valid(items: 0..<1)), ("<a_3><b_0><c_0>", .valid(items: 3..<5)),
      ("  <s><a_1><b_2><c_1></s>\t", .valid(items: 1..<2)), ("<s><a_1><b_2><c_1>", .valid(items: 1..<2)),
      ("<a_2><b_2><c_0>", .unknownPrefix(level: 0)), ("<a_1><b_3><c_0>", .unknownPrefix(level: 1)),
      ("<a_1><b_2><c_2>", .unknownPrefix(level: 2)), ("<a_1><b_3>", .unknownPrefix(level: 1)),
      ("<a_1><b_2>", .incomplete), ("<a_1></s>", .incomplete),
      ("<a_1><b_2><c_0>x", .malformed(offset: 15)), ("x<a_1><b_2><c_0>", .malformed(offset: 0)),
      ("<a_1><b_2><c_0><a_1>", .malformed(offset: 15)), ("<a_1><b_2><c_0><c_0>", .malformed(offset: 15)),
      ("<a_1><c_0>", .malformed(offset: 5)), ("<b_1>", .malformed(offset: 0)), ("<a_12>", .malformed(offset: 0)),
      ("<a_1><b_02><c_0>", .malformed(offset: 5)), ("<a_1> <b_2><c_0>", .malformed(offset: 5)),
      ("<a_1", .malformed(offset: 0)), ("", .incomplete), ("é", .malformed(offset: 0)),
      ("1-2-0", .malformed(offset: 0)), ("</s>", .incomplete), (" <s> ", .incomplete),
      ("</s></s>", .malformed(offset: 4)),
    ]
    for (text, outcome) in expected { #expect(trie.outcome(of: tokens.whole(text)) == outcome, "\(text)") }

    let spaced = try Self.reader {
      $0.allowsSpaces = true
      $0.end = "</s>"
    }
    #expect(trie.outcome(of: spaced.whole("<a_1> <b_2>  <c_0> </s>")) == .valid(items: 0..<1))
    let plain = try Self.reader { $0.isPlain = true }
    let numbers: [(String, IDOutcome)] = [
      ("1-2-0", .valid(items: 0..<1)), (" 10-5-1 ", .valid(items: 5..<6)), ("1-2", .incomplete),
      ("4-2-0", .unknownPrefix(level: 0)), ("1-2-0-", .malformed(offset: 5)), ("1-2-0-1", .malformed(offset: 5)),
      ("1-02-0", .malformed(offset: 2)), ("12-2-0", .malformed(offset: 0)), ("1--2", .malformed(offset: 2)),
      ("-1", .malformed(offset: 0)), ("1-2-99999999999999999999", .malformed(offset: 4)), ("1-", .malformed(offset: 2)),
    ]
    for (text, outcome) in numbers { #expect(trie.outcome(of: plain.whole(text)) == outcome, "\(text)") }
    let spelt = try Self.reader {
      $0.isPlain = true
      $0.separator = ", "
    }
    #expect(trie.outcome(of: spelt.whole("1, 2, 0")) == .valid(items: 0..<1))
    #expect(throws: InputError.self) {
      _ = try Self.reader {
        $0.isPlain = true
        $0.separator = "0"
      }
    }
    #expect(throws: InputError.self) {
      _ = try IDTextReader(levelSizes: [11], spelling: { _, code in "t\(code)" })
    }
  }

  @Test func idsAreFoundInText() throws {
    func found(_ text: String, _ reader: IDTextReader) -> [String] {
      var text = text
      return text.withUTF8 { text in
        reader.mentions(in: text).map { mention in
          let spelt = String(decoding: text[mention.bytes], as: UTF8.self)
          return spelt + " " + TokenFormat.plain().text(for: mention.codes) + (mention.fault == nil ? "" : "!")
        }
      }
    }
    let tokens = try Self.reader {
      $0.begin = "<s>"
      $0.end = "</s>"
    }
    #expect(
      found("You like <s><a_1><b_2><c_0></s>, then <a_3><b_0><c_0><a_3><b_1> é<c_2> <a_1><c_1>x<a_99>", tokens) == [
        "<s><a_1><b_2><c_0></s> 1-2-0", "<a_3><b_0><c_0> 3-0-0", "<a_3><b_1> 3-1", "<c_2> !", "<a_1><c_1> 1!",
      ])
    #expect(found("", tokens).isEmpty && found("<<<a_1", tokens).isEmpty)
    #expect(found("<<a_1>><a_1>", tokens) == ["<a_1> 1", "<a_1> 1"])
    let plain = try Self.reader { $0.isPlain = true }
    #expect(
      found("buy 1-2-0, (3-0-0) or 10-5-1.", plain) == ["1-2-0 1-2-0", "3-0-0 3-0-0", "10-5-1 10-5-1"])
    // Dates, longer and shorter runs, words and codes that are none.
    for text in ["2024-05-01", "1-2-0-4", "1-2", "a1-2-0", "1-2-0b", "1-2-7", "01-2-0", "x-1-2-0", "1-2-01", "é1-2-0"] {
      #expect(found(text, plain).isEmpty, "\(text)")
    }
    // What is written is found, whatever it is.
    var random = RandomIDs(seed: 4)
    for _ in 0..<50 {
      let ids = random.ids(count: 5, levelSizes: Self.sizes)
      let text = ids.map { TokenFormat.tokens.text(for: $0) }.joined(separator: " and ")
      #expect(
        found(text, tokens) == ids.map { TokenFormat.tokens.text(for: $0) + " " + TokenFormat.plain().text(for: $0) })
    }
  }

  @Test func nearestIDsAreThoseOfBruteForce() throws {
    let folder = try TemporaryFolder()
    let sizes = [4, 4, 4, 4]
    var random = RandomIDs(seed: 8)
    let ids = random.ids(count: 40, levelSizes: sizes)
    let codes = try Codes(levelSizes: sizes, values: Buffer(ids.flatMap { $0 }))
    try IndexBuilder().build(IndexContents(codes: codes), at: folder.file("index"))
    let index = try SemanticIndex(opening: folder.file("index"))
    let sorted = Set(ids).sorted { $0.lexicographicallyPrecedes($1) }
    for _ in 0..<200 {
      let read = Array(sizes.map { UInt16(random.random.below($0)) }.prefix(1 + random.random.below(4)))
      let mention = IDMention(bytes: 0..<0, codes: read)
      let common = { (id: [UInt16]) in zip(id, read).prefix { $0 == $1 }.count }
      let differing = { (id: [UInt16]) in zip(id, read).count { $0 != $1 } }
      let longest = sorted.map(common).max() ?? 0
      let byPrefix = longest == 0 ? nil : sorted.first { common($0) == longest }
      let near = sorted.filter { differing($0) <= (read.count == 4 ? 2 : 0) }
        .sorted { (differing($0), -common($0)) < (differing($1), -common($1)) }
      #expect(try index.nearest(to: mention, by: .prefix)?.codes == byPrefix)
      let nearest = try index.nearest(to: mention, by: .hamming)
      #expect(nearest?.codes == near.first ?? byPrefix, "\(read)")
      if let nearest { #expect(nearest.items.allSatisfy { index.trie.codes(at: $0) == nearest.codes }) }
    }
    #expect(try index.nearest(to: IDMention(bytes: 0..<0, codes: []), by: .hamming) == nil)
  }

  @Test func anAuditCountsEveryText() throws {
    let folder = try TemporaryFolder()
    let index = try Self.index(folder)
    var audit = try GeneratedAudit(index, reader: Self.reader(), examples: 1)
    let lines = [
      "<a_1><b_2><c_0>", "", "<a_3><b_0><c_0>", "<a_3><b_0><c_0>", "<a_2><b_2><c_0>", "<a_1><b_3><c_0>", "nothing",
      "  ",
      "<a_1>", "é<a_1>", "<a_1><b_2>é",
    ]
    for (number, line) in lines.enumerated() { try audit.add(line, line: number + 1) }
    let report = audit.report
    #expect(report.texts == 11 && report.empty == 2 && report.valid == 3 && report.unknownPrefix == 2)
    #expect(report.incomplete == 3 && report.malformed == 3 && report.invalid == 8)
    #expect(report.departures == [1, 1, 0] && report.distinctIDs == 2 && report.distinctItems == 3)
    #expect(report.examples.map(\.line) == [1, 2, 5, 7])
    #expect(report.examples[0].items == ["item 0"] && report.examples[2].level == 0)
    #expect(report.examples[3].character == 1)
  }

  @Test func auditsUnderAFilterCountItsItems() throws {
    let folder = try TemporaryFolder()
    let index = try Self.index(folder)
    // Of the two items of 3-0-0, one.
    let filter = index.filter(ids: ["item 1", "item 4"]).filter
    var audit = try GeneratedAudit(index, reader: Self.reader(), filter: filter, examples: 1)
    let kinds = try ["<a_1><b_2><c_1>", "<a_3><b_0><c_0>", "<a_1><b_2><c_0>", "<a_1><b_2><c_0>", "<a_10>", "<a_11>"]
      .map { try audit.add($0, line: 1) }
    #expect(kinds == [.valid, .valid, .filteredOut, .filteredOut, .incomplete, .unknownPrefix])
    #expect(audit.report.distinctIDs == 2 && audit.report.distinctItems == 2 && audit.report.filteredOut == 2)
    #expect(audit.report.examples.map(\.items) == [["item 1"], ["item 0"], nil, nil])
    let other = try TemporaryFolder()
    let codes = try Codes(levelSizes: Self.sizes, values: Buffer<UInt16>([0, 0, 0]))
    try IndexBuilder().build(IndexContents(codes: codes), at: other.file("index"))
    let foreign = try SemanticIndex(opening: other.file("index")).filter { _ in true }
    var wrong = try GeneratedAudit(index, reader: Self.reader(), filter: foreign)
    #expect(throws: InputError.self) { try wrong.add("<a_1><b_2><c_0>", line: 1) }
  }

  /// Columns are those that counting from the start gives, and the text is walked once.
  @Test func columnsAreCountedOnce() {
    let texts = [
      "", "abc", "é ключ 😀👨‍👩‍👧e\u{301}x", "\u{600}1\u{600}2", "🇩🇪🇫🇷🇩", "a\r\nb",
      String(repeating: "<a_1>é", count: 300),
    ]
    for text in texts {
      var columns = CharacterColumns(text)
      for (offset, index) in text.unicodeScalars.indices.enumerated() where offset % 2 == 0 {
        let byte = text.utf8.distance(from: text.startIndex, to: index)
        #expect(columns.column(ofByte: byte) == String(text.unicodeScalars[..<index]).count + 1, "\(text) \(byte)")
      }
      #expect(columns.column(ofByte: text.utf8.count) == text.count + 1 && columns.steps == text.count)
    }
  }
}

import Testing
import Vectors

@testable import Tokenizers

@Suite struct TokenFormatTests {
  @Test func spellings() {
    #expect(TokenFormat.tokens.text(for: [12, 4, 9]) == "<a_12><b_4><c_9>")
    #expect(TokenFormat.plain().text(for: [12, 4, 9]) == "12-4-9")
    #expect(TokenFormat.plain(separator: ".").text(for: [0]) == "0")
    #expect(
      [0, 25, 26, 27, 51, 52, 701, 702].map(TokenFormat.letters) == ["a", "z", "aa", "ab", "az", "ba", "zz", "aaa"])
  }

  @Test func noTwoLevelsShareASpelling() {
    #expect(Set((0..<20_000).map(TokenFormat.letters)).count == 20_000)
  }

  @Test func whatIsWrittenIsRead() throws {
    var random = CounterRandom(seed: 51)
    for _ in 0..<300 {
      let sizes = (0..<1 + random.below(40)).map { _ in 1 + random.below(65_536) }
      let codes = sizes.map { UInt16(random.below($0)) }
      for format in [TokenFormat.tokens, .plain(), .plain(separator: "::")] {
        let separator = if case .plain(let separator) = format { separator } else { "-" }
        #expect(try TokenFormat.parse(format.text(for: codes), levelSizes: sizes, separator: separator) == codes)
        let some = Array(codes.prefix(1 + random.below(codes.count)))
        let text = format.text(for: some)
        #expect(try TokenFormat.parse(text, levelSizes: sizes, prefix: true, separator: separator) == some)
      }
    }
  }

  @Test(arguments: [
    ("", "character 1"), ("12", "found the end"), ("12-4", "character 5"), ("12-4-9-1", "character 7"),
    ("12-4-256", "character 6"), ("12--4-9", "character 4"), ("-1-4-9", "character 1"), ("012-4-9", "character 1"),
    ("12-4-9 ", "character 7"), ("<a_12><b_4><c_9", "character 16"), ("<a_12><c_4><b_9>", "character 7"),
    ("<a_12><b_4>", "character 12"), ("<A_1><b_4><c_9>", "character 1"), ("<a_+1><b_4><c_9>", "character 4"),
    ("<a_1><b_4><c_9>-1", "character 16"), ("99999999999999999999-1-1", "character 1"), ("١-1-1", "character 1"),
  ])
  func whatIsNotAnIDIsRefusedWithItsPlace(text: String, place: String) {
    do {
      let codes = try TokenFormat.parse(text, levelSizes: [256, 256, 256])
      Issue.record("\(text) was read as \(codes)")
    } catch { #expect("\(error)".contains(place), "\(error)") }
  }

  @Test func patternsLeaveLevelsOpen() throws {
    let sizes = [256, 16, 256]
    #expect(try TokenFormat.parsePattern("<a_3><b_*><c_1>", levelSizes: sizes) == [3, nil, 1])
    #expect(try TokenFormat.parsePattern("*-*-1", levelSizes: sizes) == [nil, nil, 1])
    #expect(try TokenFormat.parsePattern("3-0-1", levelSizes: sizes) == [3, 0, 1])
    for text in ["3-*", "3-**-1", "<a_3><b_*1><c_1>", "*", "<a_*><b_16><c_1>", "3-*-1-"] {
      #expect(throws: InputError.self, "\(text)") { try TokenFormat.parsePattern(text, levelSizes: sizes) }
    }
    #expect(throws: InputError.self) { try TokenFormat.parse("3-*-1", levelSizes: sizes) }
  }

  @Test func noTextCrashesTheParser() {
    var random = CounterRandom(seed: 52)
    let alphabet = Array("<>_-abz0123456789é \u{0}")
    for _ in 0..<5000 {
      let text = String((0..<random.below(24)).map { _ in alphabet[random.below(alphabet.count)] })
      if let codes = try? TokenFormat.parse(text, levelSizes: [256, 16], prefix: true) {
        let spellings = [TokenFormat.tokens, .plain()].map { $0.text(for: codes) }
        #expect(spellings.contains(text))
      }
    }
  }
}

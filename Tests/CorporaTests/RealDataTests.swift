import Formats
import TestSupport
import Interactions
import Testing
import Tokenizers
import Vectors

@testable import Corpora

@Suite struct RealDataTests {
  private static let industrial = "amazon-industrial-and-scientific/"

  private static func given(_ folder: String) -> InteractionSource {
    InteractionSource(
      .given(
        train: RealData.path(folder + "train.parquet"), valid: RealData.path(folder + "valid.parquet"),
        test: RealData.path(folder + "test.parquet")))
  }

  /// The codes that the data's source published, on the interactions of its own split.
  @Test(.enabled(if: RealData.has(industrial + "reference_semantic_ids.parquet")))
  func industrialAndScientific() throws {
    let folder = try TemporaryFolder()
    let items = try ItemCodes.read(
      path: RealData.path(Self.industrial + "reference_semantic_ids.parquet"), levelSizes: [256])
    #expect(items.count == 3686 && items.distinctIDs == 3670)
    let vocabulary = try TokenVocabulary(levelSizes: items.levelSizes)
    #expect(vocabulary.text(for: items.id(of: 0).array) == "<a_236><b_231><c_226>")
    let histories = try Histories.read(Self.given(Self.industrial), items: items)
    #expect(histories.report.train == 15_096 && histories.report.valid == 3270 && histories.report.test == 3270)
    #expect(histories.report.rowsOfUnknownItems == 0 && histories.report.repeats == 0)
    let texts = try ItemTexts.read(
      path: RealData.path(Self.industrial + "items.parquet"), items: items, vocabulary: vocabulary)
    #expect(texts.report.itemsWithoutTitle == 0 && texts.report.textsWithoutCodes == 0)
    let sequences = try SequenceCorpus.write(
      histories, items: items, vocabulary: vocabulary, to: folder.file("sequences"))
    let leftOut = try #require(sequences.leftOut)
    // Every interaction is a row, or counted.
    #expect(sequences.rows + leftOut.firstItems + leftOut.answersInHistory == histories.count)
    #expect(leftOut.firstItems == 3270 && leftOut.targetsWithoutHistory == 0)
    // No title shows how HTML writes it; those that items with different IDs share ask for several answers.
    #expect(texts.report.decodedTexts > 80 && !texts.titles.contains { $0.contains("&rdquo;") || $0.contains("&deg;") })
    #expect(texts.report.itemsWithSharedTitle >= texts.report.itemsWithTitleOfSeveralIDs)
    #expect(texts.report.itemsWithTitleOfSeveralIDs == 35)
    let instructions = try InstructionCorpus.write(
      histories, items: items, texts: texts, vocabulary: vocabulary, to: folder.file("instructions"))
    let tasks = try #require(instructions.tasks)
    #expect(tasks["next-item"] == sequences.files[0].rows && tasks["item-title"] == 3686)
    #expect(tasks["title-item"] == 3686 - texts.report.itemsWithTitleOfSeveralIDs)
    #expect(instructions.leftOut?.titlesOfSeveralIDs == texts.report.itemsWithTitleOfSeveralIDs)
    #expect(instructions.audit?.prompts == instructions.rows)
    // A test file that is also trained on is found.
    let leaking = InteractionSource(
      .given(
        train: RealData.path(Self.industrial + "train.parquet"), valid: nil,
        test: RealData.path(Self.industrial + "train.parquet")))
    let leak = message {
      let histories = try Histories.read(leaking, items: items)
      try SequenceCorpus.write(histories, items: items, vocabulary: vocabulary, to: folder.file("leak"))
    }
    #expect(leak.contains("leakage audit: training row 0"))
  }

  /// With a fourth level, which MiniOneRec's readers cut off, hundreds of items have the answer of another.
  @Test(.enabled(if: RealData.has(industrial + "reference_semantic_ids.parquet")))
  func miniOneRecRefusesAFourthLevel() throws {
    let folder = try TemporaryFolder()
    let three = try ItemCodes.read(
      path: RealData.path(Self.industrial + "reference_semantic_ids.parquet"), levelSizes: [256])
    // The first level in two: what was told apart by the third is told apart by the fourth now.
    let four = ItemCodes(
      ids: three.ids,
      codes: try Codes(
        levelSizes: [16, 16, 256, 256],
        values: Buffer(
          (0..<three.count).flatMap { item in
            let codes = three.id(of: item).array
            return [codes[0] / 16, codes[0] % 16, codes[1], codes[2]]
          })))
    let pairs = Dictionary(grouping: 0..<three.count) { Array(three.id(of: $0).array.prefix(2)) }.values
    let joined = pairs.filter { group in Set(group.map { three.id(of: $0).array }).count > 1 }.map(\.count).reduce(0, +)
    let histories = try Histories.read(Self.given(Self.industrial), items: four)
    let vocabulary = try TokenVocabulary(levelSizes: four.levelSizes)
    var options = MiniOneRecFiles.Options(category: "Industrial_and_Scientific")
    let refusal = message {
      try MiniOneRecFiles.write(
        histories, items: four, vocabulary: vocabulary, options: options, to: folder.file("mini"))
    }
    #expect(joined > 100 && refusal.contains("4 levels; joined at three, \(joined) of 3686 items"), "\(refusal)")
    options.allowsAnyLevels = true
    let manifest = try MiniOneRecFiles.write(
      histories, items: four, vocabulary: vocabulary, options: options, to: folder.file("mini"))
    #expect(manifest.warnings?.count == 1 && manifest.warnings?[0].contains("\(joined) of 3686") == true)
  }

  /// Baskets: no time, only positions; items of which some have no codes.
  @Test(.enabled(if: RealData.has("debian-packages/baskets.parquet"))) func debianBaskets() throws {
    let folder = try TemporaryFolder()
    let fixture = try Fixture()
    // Codes of our own making: what they are does not matter here, only that most packages have different ones.
    let all = try Identifiers.read(path: RealData.path("debian-packages/items.parquet"))
    let known = all.indices.filter { $0 % 50 != 0 }
    let items = try fixture.codes(all.gathered(known))
    let vocabulary = try TokenVocabulary(levelSizes: items.levelSizes)
    let source = InteractionSource(.whole(RealData.path("debian-packages/baskets.parquet"), .leaveLastOut))
    let histories = try Histories.read(source, items: items)
    let report = histories.report
    #expect(report.rows == 271_912 && report.rowsOfUnknownItems > 0)
    #expect(
      report.train + report.valid + report.test + report.rowsOfUnknownItems + report.repeats == report.rows)
    let texts = try ItemTexts.read(
      path: RealData.path("debian-packages/items.parquet"), items: items, vocabulary: vocabulary)
    #expect(texts.report.textsWithoutCodes == all.count - known.count)
    let manifest = try InstructionCorpus.write(
      histories, items: items, texts: texts, vocabulary: vocabulary, to: folder.file("out"))
    #expect(manifest.rows > 400_000 && manifest.audit?.prompts == manifest.rows)
    #expect(manifest.leftOut?.answersInHistory == 0)
  }
}

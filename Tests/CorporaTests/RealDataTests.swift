import Formats
import TestSupport
import Testing
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
    #expect(sequences.rows + leftOut.targetsWithoutHistory + leftOut.answersInHistory == histories.count)
    #expect(leftOut.targetsWithoutHistory == 3270)
    let instructions = try InstructionCorpus.write(
      histories, items: items, texts: texts, vocabulary: vocabulary, to: folder.file("instructions"))
    let tasks = try #require(instructions.tasks)
    #expect(tasks["next-item"] == sequences.files[0].rows && tasks["item-title"] == 3686)
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

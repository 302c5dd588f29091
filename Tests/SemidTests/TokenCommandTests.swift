import ArgumentParser
import SemanticID
import Testing

@testable import semid

@Suite struct TokenCommandTests {
  /// Code in a help text is to be copied from there: no line of it may be wrapped.
  @Test func theHelpPrintsTheExamplesAsTheyAre() {
    let lines = CorpusConstraint.helpMessage(columns: 80).split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.drop { $0 == " " } }
    for example in [DecodingConstraint.example, DecodingConstraint.triggerExample] {
      for line in example.split(separator: "\n") {
        #expect(lines.contains(line.drop { $0 == " " }), "\(line)")
      }
    }
  }
}

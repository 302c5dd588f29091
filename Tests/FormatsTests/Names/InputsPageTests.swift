import Foundation
import TestSupport
import Testing

@testable import Formats

/// The page of the documentation says what the code does.
@Suite struct InputsPageTests {
  private let page: String

  init() throws {
    page = try String(contentsOfFile: RealData.packageRoot + "/Documentation/Inputs.md", encoding: .utf8)
  }

  @Test(arguments: KnownNames.all) func everyListIsOnThePage(_ known: KnownNames) {
    let names = known.names.map { "`\($0)`" }.joined(separator: " ")
    let row = "| \(known.meaning) | \(known.summary) | \(names) |"
    #expect(page.contains(row + "\n"), "the page lacks: \(row)")
  }

  @Test func thePageHasNoOtherLists() {
    let table = page.components(separatedBy: "## Known names").last?.components(separatedBy: "\n## ").first ?? ""
    let rows = table.split(separator: "\n").filter { $0.hasPrefix("| ") }
    #expect(rows.count == KnownNames.all.count + 1)
  }

  @Test func everyTypeOfFileIsOnThePage() {
    for type in EmbeddingSet.fileTypes { #expect(page.contains("`\(type)`"), "\(type)") }
    for type in Identifiers.extensions { #expect(page.contains("`.\(type)`"), "\(type)") }
    for beside in ["STEM.ids.json", "STEM.ids.txt", "STEM.ids.npy", "ids.json", "ids.txt", "ids.npy"] {
      #expect(page.contains("`\(beside)`"))
    }
  }
}

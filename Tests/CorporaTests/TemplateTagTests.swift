import Foundation
import TestSupport
import Testing

@testable import Corpora

/// What a template may nest is bounded before the library, which recurses, sees it.
@Suite struct TemplateTagTests {
  private func refusal(_ template: String) throws -> String {
    let folder = try TemporaryFolder()
    let json = try JSONEncoder().encode(["next-item": [TemplateLibrary.WordingText(prompt: template)]])
    try json.write(to: URL(fileURLWithPath: folder.file("t.json")))
    return message { _ = try TemplateLibrary.read(folder.file("t.json")) }
  }

  @Test func nestedSectionsAreBounded() throws {
    func nested(_ depth: Int, _ open: String = "{{#title}}", _ close: String = "{{/title}}") -> String {
      String(repeating: open, count: depth) + "{{history}}" + String(repeating: close, count: depth)
    }
    let folder = try TemporaryFolder()
    _ = try TextTemplate(nested(TemplateTags.Limits.depth), place: "x")
    for depth in [TemplateTags.Limits.depth + 1, 2000, 5000] {
      let fault = try refusal("said\n  " + nested(depth))
      #expect(
        fault.contains("t.json: next-item, wording 1: line 2, column 163: expected at most 16 sections"), "\(fault)")
      #expect(try refusal(nested(depth, "{{^title}}")).contains("at most 16 sections"))
      // Not closed, closed by what the parser does not take for a tag, and opened behind comments.
      #expect(try refusal(nested(depth, "{{#title}}", "")).contains("at most 16 sections"))
      #expect(try refusal(nested(depth, "{{#title}}\u{600}{{/title}}", "")).contains("at most 16 sections"))
      #expect(try refusal(nested(depth, "{{! {{/title}}{{#title}}")).contains("at most 16 sections"))
    }
    // Sections beside each other are not inside each other.
    let beside = String(repeating: "{{#title}}{{history}}{{/title}}", count: 1000)
    #expect(try TextTemplate(beside, place: "x").parts == nil)
    withExtendedLifetime(folder) {}
  }

  @Test func sectionsAreBalanced() throws {
    #expect(try refusal("a\n{{#items}}{{item}}").contains("line 2, column 1: expected {{/items}} behind the section"))
    #expect(try refusal("{{history}}{{/items}}").contains("column 12: expected a section that {{/items}} closes"))
    #expect(
      try refusal("{{#items}}\n é{{/history}}").contains(
        "line 2, column 3: expected {{/items}}, for the section of line 1, column 1, found {{/history}}"))
    #expect(message { _ = try TextTemplate("{{# items }}{{item}}{{/items}}", place: "x") } == "nothing was thrown")
    #expect(try refusal("{{!").contains("}} behind a comment"))
  }

  /// Twenty items in each other's place would be twenty to the power of their depth.
  @Test func listsDoNotRepeatThemselves() throws {
    for inner in ["items", "reversed(items)", "enumerated(items)"] {
      let fault = try refusal("{{#items}}{{#brand}}{{#\(inner)}}{{item}}{{/\(inner)}}{{/brand}}{{/items}}")
      #expect(fault.contains("a list that does not stand inside itself"), "\(fault)")
    }
    #expect(
      message { _ = try TextTemplate("{{#items}}{{item}}{{/items}}{{#items}}{{title}}{{/items}}", place: "x") }
        == "nothing was thrown")
  }

  @Test func namesTransformsAndLengthsAreBounded() throws {
    let long = String(repeating: "x", count: 100_000)
    #expect(try refusal("{{\(long)}}").contains("of at most 256 characters"))
    #expect(try refusal("{{history}}{{\(long)").contains("column 12: expected a tag that }} closes"))
    #expect(
      try refusal(
        "{{" + String(repeating: "uppercased(", count: 5000) + "item" + String(repeating: ")", count: 5000) + "}}"
      )
      .contains("of at most 256 characters"))
    #expect(try refusal("{{upercased(history)}}").contains("a transform among capitalized, count,"))
    #expect(try refusal(String(repeating: "{{history}}", count: 5000)).contains("at most 4096 tags"))
    #expect(try refusal(String(repeating: "x", count: 1 << 20) + "{{history}}").contains("at most 1048576 bytes"))
    #expect(try refusal(String(repeating: "{", count: 200_000)).contains("a tag that }} closes"))
  }
}

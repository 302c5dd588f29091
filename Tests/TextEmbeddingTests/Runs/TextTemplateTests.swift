import Foundation
import TestSupport
import Testing
import Vectors

@testable import TextEmbedding

struct TextTemplateTests {
  @Test(arguments: [
    (["Bolt", "Steel."], "Bolt. Steel."), (["Bolt", ""], "Bolt"), (["", "Steel."], "Steel."), (["", " \t\n"], ""),
    (["  a ", "b"], "  a . b"),
  ]) func titleAndDescription(values: [String], text: String) throws {
    #expect(try TextTemplate(TextItems.standard).render(values) == text)
  }

  @Test func literalsAndBraces() throws {
    let template = try TextTemplate("<{{{a}}}, {b}; {a}>")
    #expect(template.fields == ["a", "b", "a"])
    #expect(template.render(["1", "2", "1"]) == "<{1}, 2; 1>")
    #expect(template.render(["", "2", ""]) == "<{2>")
    #expect(template.render(["1", "", "1"]) == "<{1; 1>")
    #expect(template.render(["", "", ""]) == "")
  }

  @Test(arguments: ["", "text", "{title", "title}", "{}", "{a{b}"]) func refuses(text: String) {
    #expect(throws: InputError.self) { try TextTemplate(text) }
  }

  @Test func readsItems() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("items.csv")
    try "item_id,title,description,brand\n1,Bolt,Steel,Acme\n2,Nut,,\n3,,,\n4,,Only,B\n"
      .write(toFile: path, atomically: true, encoding: .utf8)
    let pool = ThreadPool(threads: 2)
    let items = try TextItems.read(path, template: nil, pool: pool)
    #expect(Array(items.texts) == ["Bolt. Steel", "Nut", "", "Only"])
    #expect(Array(items.ids) == ["1", "2", "3", "4"] && items.withoutText == 1)
    let kept = try TextItems.read(path, template: nil, keepsEmpty: false, pool: pool)
    #expect(Array(kept.ids) == ["1", "2", "4"] && kept.withoutText == 1)
    let other = try TextItems.read(path, template: try TextTemplate("{brand}: {title}"), pool: pool)
    #expect(Array(other.texts) == ["Acme: Bolt", "Nut", "", "B"])
    #expect(throws: InputError.self) { try TextItems.read(path, template: try TextTemplate("{price}"), pool: pool) }
    #expect(throws: InputError.self) {
      try TextItems.read(path, template: try TextTemplate("{brand}"), idColumn: "asin", pool: pool)
    }
  }
}

import Mustache
import Vectors

/// A Mustache template of one text.
///
/// A template without sections is taken apart once, with the library's own renderer, into texts and places. Rows then
/// fill it by copying bytes. With sections, each row goes through the library.
struct TextTemplate: Sendable {
  enum Part: Hashable, Sendable {
    /// As it stands in JSON.
    case text([UInt8])
    case variable(TemplateVariable)
  }

  let source: String
  /// nil: the library renders every row.
  let parts: [Part]?
  let template: MustacheTemplate
  /// The variables that the template uses.
  let variables: Set<TemplateVariable>
  /// The template's own text, as it stands in JSON.
  let literal: [UInt8]

  /// - Parameter place: names the template in errors.
  /// - Throws: `InputError` for bad syntax, for what `TemplateTags` refuses, or for a name that rows do not have.
  init(_ source: String, place: String) throws {
    self.source = source
    let tags = try TemplateTags(source, place: place)
    // Plain text: nothing is escaped. The parser takes a line end behind the pragma for its own.
    let pragma = "{{% CONTENT_TYPE:TEXT}}" + (source.first?.isNewline == true ? "\n" : "")
    do {
      template = try MustacheTemplate(string: pragma + source)
    } catch let error as MustacheTemplate.ParserError {
      let line = error.context.line
      throw InputError(
        .malformed, place, at: "line \(error.context.lineNumber)", expected: "a Mustache template",
        found: "\(Self.fault(error.error)) in \"\(line.hasPrefix(pragma) ? line.dropFirst(pragma.count) : line[...])\"")
    } catch {
      throw InputError(.malformed, place, expected: "a Mustache template", found: "\(error)")
    }
    let probe = Probe(isEmpty: false)
    let rendered = template.render(probe)
    let empty = Probe(isEmpty: true)
    literal = JSONBytes.escaped(template.render(empty))
    let names = probe.asked.union(empty.asked)
    variables = try Set(
      names.map { name in
        guard let variable = TemplateVariable(rawValue: name) else {
          throw InputError(
            .malformed, place,
            expected: "a name among \(TemplateVariable.allCases.map(\.rawValue).joined(separator: ", "))",
            found: "{{\(name)}}")
        }
        return variable
      })
    parts = tags.hasSections ? nil : Self.parts(of: rendered, asked: probe.count)
  }

  /// The parser's fault, in words for the author of the template.
  private static func fault(_ error: any Error) -> String {
    let name = "\(error)"
    return name == "overflow" || name == "unfinishedName" ? "a tag that nothing closes" : name
  }

  /// Marks a place in the probe's rendering; private-use characters that no template has.
  private static let (opening, closing): (Character, Character) = ("\u{F0000}", "\u{F0001}")

  /// nil when a place did not come through as it went in, as after a transform.
  private static func parts(of rendered: String, asked: Int) -> [Part]? {
    var parts: [Part] = []
    var rest = rendered[...]
    var found = 0
    while let open = rest.firstIndex(of: opening) {
      guard let close = rest[open...].firstIndex(of: closing),
        let variable = TemplateVariable(rawValue: String(rest[rest.index(after: open)..<close]))
      else { return nil }
      if open > rest.startIndex { parts.append(.text(JSONBytes.escaped(String(rest[..<open])))) }
      parts.append(.variable(variable))
      found += 1
      rest = rest[rest.index(after: close)...]
    }
    if !rest.isEmpty { parts.append(.text(JSONBytes.escaped(String(rest)))) }
    return found == asked ? parts : nil
  }

  /// Answers every name with a mark, or with nothing, and remembers the names.
  private final class Probe: MustacheParent {
    let isEmpty: Bool
    private(set) var asked: Set<String> = []
    private(set) var count = 0

    init(isEmpty: Bool) { self.isEmpty = isEmpty }

    func child(named name: String) -> Any? {
      asked.insert(name)
      count += 1
      if isEmpty { return Nothing() }
      if name == TemplateVariable.items.rawValue { return [ListItem(item: "1", title: "2", brand: "3", number: 1)] }
      return "\(opening)\(name)\(closing)"
    }
  }

  /// An item of a history, inside a section.
  struct ListItem: MustacheParent {
    let item: String
    let title: String
    let brand: String
    let number: Int

    // Never nil for a name of its own: the library would look at the row's item instead.
    func child(named name: String) -> Any? {
      switch name {
      case "item": item
      case "title": title.isEmpty ? Nothing() : title
      case "brand": brand.isEmpty ? Nothing() : brand
      case "number": number
      default: nil
      }
    }
  }

  /// An empty text: it renders as nothing, and a section on it is left out.
  struct Nothing: MustacheCustomRenderable {
    var renderText: String { "" }
    var isNull: Bool { true }
  }
}

import Vectors

/// The tags of a Mustache template, found in one walk before the library's parser and renderer see it.
///
/// The library recurses, once for each section in a section and each transform of a transform, and repeats the contents
/// of a list for each of its items. So this bounds how deep a template may nest, and how long it may be.
struct TemplateTags: Sendable {
  enum Limits {
    /// The most characters of a template; a prompt has a few hundred.
    static let length = 1 << 20
    /// The most tags of a template.
    static let count = 4096
    /// The most sections inside each other.
    static let depth = 16
    /// The most characters between the braces of a tag; comments may be longer.
    static let name = 256
  }

  /// The names of the library's transforms.
  static let transforms: Set<String> = [
    "capitalized", "lowercased", "uppercased", "reversed", "first", "last", "count", "empty", "sorted", "enumerated",
    "equalzero", "plusone", "minusone", "even", "odd",
  ]

  /// Whether there is a section, so that the library has to render every row.
  private(set) var hasSections = false

  private let source: String
  private let place: String

  /// - Parameter place: names the template in errors.
  /// - Throws: `InputError` naming the line and the column of a tag that single texts do not need (partials, other
  ///   delimiters, pragmas); of a section that is nested too deep, not closed, or closed under another name; of a list
  ///   inside itself; or of a part that is too long. O(bytes).
  init(_ source: String, place: String) throws {
    self.source = source
    self.place = place
    guard source.utf8.count <= Limits.length else {
      throw InputError(
        .unsupported, place, expected: "a template of at most \(Limits.length) bytes", found: "\(source.utf8.count)")
    }
    var open: [(name: Substring, index: String.Index)] = []
    var count = 0
    var rest = source[...]
    // By characters, as in the parser: it does not see a brace that is joined to a mark.
    while let braces = rest.firstRange(of: "{{") {
      let index = braces.lowerBound
      rest = rest[braces.upperBound...]
      count += 1
      guard count <= Limits.count else {
        throw fault(index, expected: "at most \(Limits.count) tags", found: "more")
      }
      let kind = rest.first
      if kind == "!" {
        guard let end = rest.firstRange(of: "}}") else {
          throw fault(index, expected: "}} behind a comment", found: "the end of the template")
        }
        rest = rest[end.upperBound...]
        continue
      }
      guard let tag = Self.tag(rest) else {
        throw fault(
          index, expected: "a tag that }} closes, of at most \(Limits.name) characters", found: Self.start(rest))
      }
      try check(tag, index)
      switch kind {
      case "#", "^":
        hasSections = true
        let name = Self.name(tag.dropFirst())
        if kind == "#", Self.isList(name), open.contains(where: { Self.isList($0.name) }) {
          throw fault(index, expected: "a list that does not stand inside itself", found: "{{\(tag)}}")
        }
        open.append((name, index))
        guard open.count <= Limits.depth else {
          throw fault(
            index, expected: "at most \(Limits.depth) sections inside each other", found: "{{\(tag)}} inside them")
        }
      case "/":
        let name = Self.name(tag.dropFirst())
        guard let section = open.popLast() else {
          throw fault(index, expected: "a section that {{\(tag)}} closes", found: "none that is open")
        }
        guard section.name == name else {
          throw fault(
            index, expected: "{{/\(section.name)}}, for the section of \(position(section.index))",
            found: "{{\(tag)}}")
        }
      default: break
      }
    }
    if let section = open.last {
      throw fault(section.index, expected: "{{/\(section.name)}} behind the section", found: "the end of the template")
    }
  }

  /// The contents of the tag that `text` begins with, behind its opening braces; nil where nothing closes it soon
  /// enough.
  private static func tag(_ text: Substring) -> Substring? {
    // A variable may stand in three braces, of which the third is a part of what was found.
    let near = text.prefix(Limits.name + 2)
    return near.firstRange(of: "}}").map { near[..<$0.lowerBound] }
  }

  /// The beginning of a text, for a message.
  private static func start(_ text: Substring) -> String { "\"{{" + text.prefix(24) + (text.count > 24 ? "…\"" : "\"") }

  private static func name(_ text: Substring) -> Substring {
    let text = text.drop { $0.isWhitespace }
    return text.lastIndex { !$0.isWhitespace }.map { text[...$0] } ?? text[..<text.startIndex]
  }

  /// Whether a section repeats: on the list, whatever transforms are around its name.
  private static func isList(_ name: Substring) -> Bool {
    (name.split(separator: "(").last?.prefix { $0 != ")" } ?? "") == TemplateVariable.items.rawValue[...]
  }

  private func check(_ tag: Substring, _ index: String.Index) throws {
    let inner = tag.drop { $0.isWhitespace || $0 == "{" }
    guard let first = inner.first, !"=<>$%*".contains(first), !inner.contains(".") else {
      throw fault(index, expected: "names, sections and comments", found: "the tag {{\(inner)}}")
    }
    let name = inner.drop { "#^/&".contains($0) || $0.isWhitespace }
    let parts = name.split(separator: "(", omittingEmptySubsequences: false)
    for transform in parts.dropLast() where !Self.transforms.contains(String(transform)) {
      throw fault(
        index, expected: "a transform among \(Self.transforms.sorted().joined(separator: ", "))",
        found: "{{\(inner)}}")
    }
  }

  private func fault(_ index: String.Index, expected: String, found: String) -> InputError {
    InputError(.malformed, place, at: position(index), expected: expected, found: found)
  }

  /// The line and the column, from 1.
  private func position(_ index: String.Index) -> String {
    let before = source[..<index]
    let line = before.lastIndex(where: \.isNewline).map { before.index(after: $0) } ?? before.startIndex
    return "line \(before.count(where: \.isNewline) + 1), column \(before[line...].count + 1)"
  }
}

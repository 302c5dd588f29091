import Formats
import Vectors

/// The first line of one of RecBole's atomic files: `user_id:token<TAB>rating:float`.
struct RecBoleHeader: Sendable {
  enum Kind: String, Sendable {
    case token
    case tokens = "token_seq"
    case float
    case floats = "float_seq"
  }

  let path: String
  let names: [String]
  let kinds: [Kind]

  /// - Throws: `InputError` when the first line is no header.
  init(_ path: String) throws {
    self.path = path
    func fault(_ expected: String, _ found: String) -> InputError {
      InputError(
        .malformed, path, at: "line 1", expected: expected, found: found,
        remedy: "mend the line: it says what the columns are, and --skip-faulty does not pass over it")
    }
    var line: [UInt8] = []
    try LineFile(path).firstLines { first, _ in
      line = [UInt8](first)
      return false
    }
    guard !line.isEmpty else { throw fault("a header of names and types", "no text") }
    guard let text = String(validating: line, as: UTF8.self) else { throw fault("UTF-8 text", "other bytes") }
    var names: [String] = []
    var kinds: [Kind] = []
    for field in text.split(separator: "\t", omittingEmptySubsequences: false) {
      let trimmed = field.drop { $0 == " " }
      guard let colon = trimmed.lastIndex(of: ":"), colon > trimmed.startIndex,
        let kind = Kind(rawValue: trimmed[trimmed.index(after: colon)...].filter { $0 != " " && $0 != "\r" })
      else {
        throw fault(
          "names and types between tabs, such as item_id:token; the types are token, token_seq, float and float_seq",
          "\"\(field.prefix(40))\"")
      }
      names.append(String(trimmed[..<colon]))
      kinds.append(kind)
    }
    guard Set(names).count == names.count else { throw fault("names that differ", names.joined(separator: ", ")) }
    self.names = names
    self.kinds = kinds
  }

  /// The column of a meaning: the one that is asked for, or the first known one.
  ///
  /// - Throws: `InputError` when one is asked for that is not there, or none is known and one is needed.
  func column(_ known: KnownNames, _ asked: String?, flag: String, isNeeded: Bool = true) throws -> Int? {
    let name = asked ?? known.first(in: names)
    if let name, let column = names.firstIndex(of: name) { return column }
    guard isNeeded || asked != nil else { return nil }
    throw InputError(
      .missing, path, at: asked.map { "column \"\($0)\"" },
      expected: asked == nil ? "\(known.summary) under a known name: \(known.listing)" : nil,
      found: asked == nil ? names.joined(separator: ", ") : "no such column",
      remedy: asked == nil ? "name the column with \(flag)" : "it has \(names.joined(separator: ", "))")
  }

  /// The fields of a line.
  ///
  /// - Throws: `InputError` when they are more or fewer than the header's.
  func fields(_ line: UnsafeRawBufferPointer, _ fields: inout [UnsafeRawBufferPointer]) throws {
    fields.removeAll(keepingCapacity: true)
    var start = 0
    while true {
      let rest = UnsafeRawBufferPointer(rebasing: line[start...])
      guard let tab = rest.firstIndex(of: 0x09) else {
        fields.append(rest)
        break
      }
      fields.append(UnsafeRawBufferPointer(rebasing: rest[..<tab]))
      start += tab + 1
    }
    guard fields.count == names.count else {
      throw InputError(
        .malformed, path, expected: "\(names.count) fields between tabs, as the header has", found: "\(fields.count)")
    }
  }

  /// The text of a field.
  ///
  /// - Throws: `InputError` when it is not UTF-8.
  func text(_ field: UnsafeRawBufferPointer, _ column: Int) throws -> [UInt8] {
    guard field.withMemoryRebound(to: UInt8.self, isValidUTF8) else {
      throw InputError(.malformed, path, at: place(column), expected: "UTF-8 text", found: "other bytes")
    }
    return Array(field)
  }

  /// The number of a field; nil where it is empty.
  ///
  /// - Throws: `InputError` when it is no number.
  func number(_ field: UnsafeRawBufferPointer, _ column: Int) throws -> Double? {
    guard !field.isEmpty else { return nil }
    guard let value = field.withMemoryRebound(to: UInt8.self, CellText.number) else {
      throw InputError(
        .malformed, path, at: place(column), expected: "a number",
        found: "\"\(String(decoding: field.prefix(40), as: UTF8.self))\"")
    }
    return value
  }

  private func place(_ column: Int) -> String { "column \"\(names[column])\"" }
}

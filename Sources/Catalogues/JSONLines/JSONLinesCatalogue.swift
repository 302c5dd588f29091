import Foundation
import Formats
import Vectors

/// A catalogue from a file of JSON lines: one object a line, UTF-8, blank lines allowed.
///
///     {"id": "B01", "title": "Enamel kettle", "section": "kitchen", "tags": ["steel", "2 litres"]}
///
/// `Keys` says which members hold what, so files of other makers need no conversion.
public enum JSONLinesCatalogue {
  /// The members to read; nil leaves a column out. Only the id and the title must be there.
  ///
  /// An id is a string or an integer. Other members are strings, numbers, lists of them (joined by commas) or null.
  public struct Keys: Hashable, Sendable {
    public var id: String
    public var title: String
    public var description: String?
    public var section: String?
    public var tags: String?

    public init(
      id: String = "id", title: String = "title", description: String? = "description", section: String? = "section",
      tags: String? = "tags"
    ) {
      self.id = id
      self.title = title
      self.description = description
      self.section = section
      self.tags = tags
    }

    /// The item files (`meta_*.jsonl`) of Amazon Reviews 2023.
    public static let amazonReviews2023 = Keys(id: "parent_asin", section: "main_category", tags: "categories")
  }

  /// - Parameter name: what the items are; by default the file's name.
  /// - Throws: `InputError` with the line when one is not an object, lacks an id or a title, has a member of another
  ///   type, or repeats an id; or when the file holds no item.
  public static func read(path: String, keys: Keys = Keys(), name: String? = nil) throws -> Catalogue {
    let file = try MappedFile(path: path)
    return try withExtendedLifetime(file) {
      try read(file.bytes, source: path, keys: keys, name: name ?? URL(fileURLWithPath: path).lastPathComponent)
    }
  }

  /// Reads from memory; `source` names the bytes in errors.
  public static func read(_ bytes: UnsafeRawBufferPointer, source: String, keys: Keys = Keys(), name: String) throws
    -> Catalogue
  {
    var columns = Columns(source: source, keys: keys)
    try bytes.withMemoryRebound(to: UInt8.self) { bytes in
      let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
      var start = bytes.starts(with: byteOrderMark) ? byteOrderMark.count : 0
      while start < bytes.count {
        let rest = UnsafeBufferPointer(rebasing: bytes[start...])
        let end = firstNewline(in: rest) ?? rest.count
        try columns.append(line: UnsafeBufferPointer(rebasing: rest[..<end]))
        start += end + 1
      }
    }
    return try columns.catalogue(name: name)
  }
}

extension JSONLinesCatalogue {
  private struct Columns {
    let source: String
    let decoder = JSONDecoder()
    var line = 0
    /// The line of each id, to tell a user where a second one was first seen.
    var lines: [String: Int] = [:]
    var ids = StringColumnBuilder()
    var titles = StringColumnBuilder()
    var optional: [(key: String?, values: StringColumnBuilder, isUsed: Bool)]
    let keys: Keys

    init(source: String, keys: Keys) {
      self.source = source
      self.keys = keys
      optional = [keys.description, keys.section, keys.tags].map { ($0, StringColumnBuilder(), false) }
      decoder.userInfo[.wanted] = [keys.id, keys.title] + optional.compactMap(\.key)
    }

    mutating func append(line text: UnsafeBufferPointer<UInt8>) throws {
      line += 1
      let spaces = Array(" \t\r".utf8)
      guard !text.allSatisfy({ spaces.contains($0) }) else { return }
      let row: JSONRow
      do {
        row = try decoder.decode(JSONRow.self, from: Data(buffer: text))
      } catch let error as DecodingError {
        var fault = InputError(error, source: source)
        fault.place = ["line \(line)", fault.place].compactMap(\.self).joined(separator: ", ")
        throw fault
      }
      guard let id = row.values[keys.id], !id.text.isEmpty, !id.isList else {
        throw self.error(expected: "a member \"\(keys.id)\": a string or an integer", found: row.found(keys.id))
      }
      guard let title = row.values[keys.title] else {
        throw self.error(expected: "a member \"\(keys.title)\"", found: "none")
      }
      if let first = lines.updateValue(line, forKey: id.text) {
        throw self.error(expected: "ids that differ", found: "\"\(id.text)\" again, first on line \(first)")
      }
      ids.append(id.text.utf8)
      titles.append(title.text.utf8)
      for index in optional.indices {
        let value = optional[index].key.flatMap { row.values[$0] }
        optional[index].values.append((value?.text ?? "").utf8)
        if value != nil { optional[index].isUsed = true }
      }
    }

    func catalogue(name: String) throws -> Catalogue {
      guard ids.count > 0 else {
        throw InputError(.malformed, source, expected: "one JSON object a line", found: "no line with one")
      }
      let columns = optional.map { $0.isUsed ? $0.values.column() : nil }
      return Catalogue(
        name: name, ids: ids.column(), titles: titles.column(), descriptions: columns[0], sections: columns[1],
        tags: columns[2])
    }

    func error(expected: String, found: String) -> InputError {
      InputError(.malformed, source, at: "line \(line)", expected: expected, found: found)
    }
  }
}

/// The wanted members of one object, as text.
private struct JSONRow: Decodable {
  var values: [String: (text: String, isList: Bool)] = [:]

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Name.self)
    for name in decoder.userInfo[.wanted] as? [String] ?? [] {
      let key = Name(stringValue: name)
      guard container.contains(key), try !container.decodeNil(forKey: key) else { continue }
      if let list = try? container.decode([Scalar].self, forKey: key) {
        values[name] = (list.map(\.text).filter { !$0.isEmpty }.joined(separator: ", "), true)
      } else {
        values[name] = (try container.decode(Scalar.self, forKey: key).text, false)
      }
    }
  }

  func found(_ key: String) -> String {
    guard let value = values[key] else { return "none" }
    return value.isList ? "a list" : "an empty string"
  }

  struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  struct Scalar: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let string = try? container.decode(String.self) {
        text = string
      } else if let integer = try? container.decode(Int.self) {
        text = String(integer)
      } else {
        text = String(try container.decode(Double.self))
      }
    }
  }
}

extension CodingUserInfoKey {
  fileprivate static let wanted = CodingUserInfoKey(rawValue: "members").unsafelyUnwrapped
}

import Formats
import Vectors

/// Which columns of a table hold codes.
enum CodesLayout {
  /// One column per level.
  case levels([String])
  /// A column of lists, or of text.
  case one(String)

  var names: [String] {
    switch self {
    case .levels(let names): names
    case .one(let name): [name]
    }
  }

  var isLevels: Bool { if case .levels = self { true } else { false } }

  var listing: String {
    let names = names
    return names.count > 4 ? "\(names[0]) … \(names[names.count - 1])" : names.joined(separator: ", ")
  }

  /// - Parameter columns: names, or patterns with `*`, that the user gave; empty: the columns with known names.
  /// - Throws: `InputError` that lists the columns.
  init(_ table: DataTable, columns: [String]) throws {
    let names = table.columns.map(\.name)
    guard columns.isEmpty else {
      let found = try columns.flatMap { pattern -> [String] in
        let found = table.names(matching: pattern)
        guard !found.isEmpty else {
          throw InputError(
            .missing, table.path, at: "column \"\(pattern)\"", found: "no such column",
            remedy: "it has \(table.listing)")
        }
        return found
      }
      guard Set(found).count == found.count else {
        throw InputError(
          .usage, "--codes-columns", expected: "columns that differ", found: columns.joined(separator: ", "))
      }
      self = found.count == 1 ? .one(found[0]) : .levels(found)
      return
    }
    for stem in KnownNames.codeColumns.names {
      if let levels = try Self.family(stem, names, table) {
        self = .levels(levels)
        return
      }
    }
    if let name = KnownNames.codes.first(in: names) ?? KnownNames.tokens.first(in: names) {
      self = .one(name)
    } else if table.isKeyed, names.contains(DataTable.valueColumn) {
      self = .one(DataTable.valueColumn)
    } else {
      throw InputError(
        .missing, table.path,
        expected:
          "codes under known names: a column per level (\(KnownNames.codeColumns.names.map { $0 + "0" }.listing), "
          + "counted from 0 or 1), or one of \(KnownNames.codes.listing), \(KnownNames.tokens.listing)",
        found: table.listing, remedy: "name the columns with --codes-columns")
    }
  }

  /// The columns `stem`0, `stem`1, … or `stem`1, `stem`2, …; nil where there are none.
  private static func family(_ stem: String, _ names: [String], _ table: DataTable) throws -> [String]? {
    let numbers = names.compactMap { name -> Int? in
      guard name.hasPrefix(stem), let number = Int(name.dropFirst(stem.count)), stem + String(number) == name,
        number >= 0
      else { return nil }
      return number
    }.sorted()
    guard let first = numbers.first, let last = numbers.last else { return nil }
    guard first <= 1, last - first == numbers.count - 1 else {
      throw InputError(
        .malformed, table.path, expected: "columns \(stem)0, \(stem)1, … or \(stem)1, \(stem)2, … without a gap",
        found: numbers.map { stem + String($0) }.listing, remedy: "name the columns of all levels with --codes-columns")
    }
    return numbers.map { stem + String($0) }
  }
}

extension [String] {
  fileprivate var listing: String { prefix(12).joined(separator: ", ") }
}

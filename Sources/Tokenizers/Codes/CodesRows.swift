import Formats
import Vectors

/// The codes of a file as they stand in it: rows of any length.
struct CodesRows {
  private var values: [UInt16] = []
  private var ends: [Int] = []
  var ids: StringColumn?
  var summary = InputSummary()

  init(npy path: String) throws {
    let codes = try Codes(opening: path)
    values = codes.values.array
    ends = (0..<codes.count).map { ($0 + 1) * codes.levels }
    summary.use(.codes, path, detail: "\(codes.count) × \(codes.levels)")
    width = codes.levels
  }

  /// Levels of an array that may have no rows.
  private var width: Int?

  init(_ table: DataTable, _ options: CodesTable.Options) throws {
    // JSON without an object has no columns: the codes of no items.
    guard table.rows > 0 || !table.columns.isEmpty else {
      ids = StringColumn([])
      return
    }
    let layout = try CodesLayout(table, columns: options.columns)
    switch layout {
    case .levels(let names): try read(levels: names, of: table)
    case .one(let name): try read(column: name, of: table)
    }
    summary.use(.codes, layout.listing, detail: ends.isEmpty ? nil : "\(ends.count) IDs")
    try readSuffixes(of: table, areAppended: layout.isLevels)
    if options.idsPath == nil { try readIDs(of: table, options, layout) }
  }

  /// One table of all rows.
  func table(_ sizes: CodesTable.Sizes, source: String) throws -> CodesTable {
    var lengths: [UInt8] = []
    var start = 0
    for end in ends {
      lengths.append(UInt8(end - start))
      start = end
    }
    let levels = lengths.max().map(Int.init) ?? width ?? sizes.count ?? 1
    let isEven = lengths.allSatisfy { Int($0) == levels }
    var padded = values
    if !isEven {
      padded = [UInt16](repeating: 0, count: ends.count * levels)
      start = 0
      for (row, end) in ends.enumerated() {
        for (level, value) in values[start..<end].enumerated() { padded[row * levels + level] = value }
        start = end
      }
    }
    if let ids {
      guard ids.count == ends.count else {
        throw InputError(.mismatch, source, expected: "\(ids.count) rows, one for each id", found: "\(ends.count)")
      }
      try Identifiers.check(ids, source: source)
    }
    var observed = [Int](repeating: 1, count: levels)
    for (index, value) in padded.enumerated() where Int(value) >= observed[index % levels] {
      observed[index % levels] = Int(value) + 1
    }
    let codes = try Codes(
      levelSizes: sizes.resolved(observed: observed, source: source), values: Buffer(padded), source: source)
    var summary = summary
    summary.use(
      "codebook sizes", codes.levelSizes.map(String.init).joined(separator: " × "),
      detail: sizes == .observed ? "each level's largest code plus one" : nil)
    return CodesTable(
      source: source, codes: codes, lengths: isEven ? nil : Buffer(lengths), ids: ids,
      sizesAreObserved: sizes == .observed, summary: summary)
  }
}

extension CodesTable.Sizes {
  var count: Int? {
    switch self {
    case .observed: nil
    case .given(let sizes), .model(let sizes): sizes.count
    }
  }

  func resolved(observed: [Int], source: String) throws -> [Int] {
    let levels = observed.count
    switch self {
    case .observed: return observed
    case .given(let sizes):
      if sizes.count == levels { return sizes }
      guard sizes.count == 1 else {
        throw InputError(
          .mismatch, source, expected: "\(sizes.count) levels", found: "\(levels)",
          remedy: "give the sizes of all levels, with that of resolved collisions")
      }
      return Array(repeating: sizes[0], count: levels)
    case .model(let sizes):
      guard levels == sizes.count || levels == sizes.count + 1 else {
        throw InputError(
          .mismatch, source, expected: "\(sizes.count) levels, as the model has, or one more", found: "\(levels)")
      }
      return sizes + observed[sizes.count...]
    }
  }
}

// MARK: Columns

extension CodesRows {
  /// A column per level. A missing value, or −1, ends an ID.
  private mutating func read(levels names: [String], of table: DataTable) throws {
    let columns = try zip(names, table.values(names)).map { name, column -> (numbers: [Int64], present: [UInt8]) in
      switch column.values {
      case .integers(let numbers): return (numbers.array, column.present.array)
      case .floats(let numbers):
        // pandas makes floats of whole numbers in a column that lacks some. −2 is refused below.
        return (
          numbers.array.map { $0.isNaN ? -1 : Int64(exactly: $0) ?? -2 }, column.present.array
        )
      case .strings where !column.present.array.contains(1):
        return (Array(repeating: -1, count: table.rows), column.present.array)
      default:
        throw InputError(
          .unsupported, table.path, at: "column \"\(name)\"", expected: "whole numbers, the codes of a level",
          found: table.type(name).map { "values of type \($0)" } ?? "other values")
      }
    }
    for row in 0..<table.rows {
      let first = values.count
      for (level, column) in columns.enumerated() {
        let number = column.present[row] == 0 ? -1 : column.numbers[row]
        guard number != -1 || level == 0 else { continue }
        guard let code = UInt16(exactly: number) else {
          throw InputError(
            .malformed, table.path, at: table.place(row, names[level]), expected: "a code from 0 to 65,535",
            found: column.present[row] == 0 ? "none" : "\(number)")
        }
        guard values.count == first + level else {
          throw InputError(
            .malformed, table.path, at: table.place(row, names[level]),
            expected: "no code behind the end of an ID, which \(names[values.count - first]) lacks", found: "\(code)")
        }
        values.append(code)
      }
      ends.append(values.count)
    }
  }

  /// In text without types an ID such as 2024-4-9 must not become a date.
  private static func column(_ name: String, of table: DataTable) throws -> ParquetFile.OptionalColumn {
    guard !table.isTyped else { return try table.column(name) }
    let texts = try table.texts(name)
    return ParquetFile.OptionalColumn(values: .strings(texts.texts), present: texts.present)
  }

  /// A column of lists or of text.
  private mutating func read(column name: String, of table: DataTable) throws {
    let column = try Self.column(name, of: table)
    func fault(_ row: Int, _ expected: String, _ found: String) -> InputError {
      InputError(.malformed, table.path, at: table.place(row, name), expected: expected, found: found)
    }
    for row in 0..<table.rows {
      let first = values.count
      guard column.present[row] != 0 else { throw fault(row, "an ID", "none") }
      switch column.values {
      case .lists(let lists):
        for (level, element) in lists.range(of: row).enumerated() {
          let isCode = lists.elements.withUTF8(at: element) { IDText.append($0, level: level, to: &values) }
          guard isCode else {
            throw fault(
              row, "a code of level \(level), such as \(TokenFormat.token(level: level, code: 0)) or 0",
              lists.elements[element])
          }
        }
      case .strings(let texts):
        do {
          try texts.withUTF8(at: row) { try IDText.append($0, to: &values) }
        } catch let error as InputError {
          throw fault(
            row, [error.place, error.expected].compactMap(\.self).joined(separator: ": "),
            "\(error.found ?? "another text") in \"\(texts[row].prefix(60))\"")
        }
      case .integers(let numbers):
        // IDs of one level.
        guard let code = UInt16(exactly: numbers[row]) else {
          throw fault(row, "a code from 0 to 65,535", "\(numbers[row])")
        }
        values.append(code)
      case .floats, .booleans, .times:
        throw InputError(
          .unsupported, table.path, at: "column \"\(name)\"", expected: "lists of codes, or IDs as text",
          found: table.type(name).map { "values of type \($0)" } ?? "other values")
      }
      guard (1...IDText.maximumLevels).contains(values.count - first) else {
        throw fault(
          row, values.count == first ? "at least one code" : "at most \(IDText.maximumLevels) codes",
          "\(values.count - first)")
      }
      ends.append(values.count)
    }
  }

  /// Reads what `semid resolve` puts behind the codes of some IDs: one more code. Text is refused.
  ///
  /// - Parameter areAppended: whether the codes that were read are without it.
  private mutating func readSuffixes(of table: DataTable, areAppended: Bool) throws {
    guard table.has("suffix") else { return }
    let suffixes = try table.texts("suffix")
    let tokens = table.has("tokens") ? try table.texts("tokens").texts : nil
    var (widened, newEnds): ([UInt16], [Int]) = ([], [])
    var start = 0
    for row in 0..<table.rows {
      let own = values[start..<ends[row]]
      start = ends[row]
      widened += own
      let suffix = suffixes.texts[row]
      if !suffix.isEmpty {
        guard let code = UInt16(suffix), String(code) == suffix, let tokens, !tokens[row].hasSuffix("-" + suffix),
          areAppended || own.last == code
        else {
          throw InputError(
            .unsupported, table.path, at: table.place(row), expected: "an ID of codes alone",
            found: tokens.map { $0[row] } ?? "the suffix \"\(suffix)\" behind the codes",
            remedy: "resolve collisions with --suffix level, or with a strategy whose IDs stay in the vocabulary")
        }
        if areAppended { widened.append(code) }
      }
      newEnds.append(widened.count)
    }
    summary.use("codes of some items", "suffix")
    (values, ends) = (widened, newEnds)
  }

  private mutating func readIDs(of table: DataTable, _ options: CodesTable.Options, _ layout: CodesLayout) throws {
    let names = table.columns.map(\.name)
    guard let name = options.idColumn ?? KnownNames.itemIDs.first(in: names) else {
      let own = Set(layout.names + ["suffix", "tokens", "code"])
      let others = names.filter { !own.contains($0) }
      if !others.isEmpty {
        summary.warn(
          "\(table.path): no column of ids under a known name (\(KnownNames.itemIDs.listing)); items are known by their "
            + "rows. It has \(others.prefix(8).joined(separator: ", ")); --codes-ids names one")
      }
      return
    }
    let column = try table.texts(name)
    if let row = column.firstList ?? (0..<table.rows).first(where: { column.present[$0] == 0 }) {
      throw InputError(
        .malformed, table.path, at: table.place(row, name), expected: "an id: text or a whole number",
        found: column.present[row] == 0 ? "none" : "a list")
    }
    ids = column.texts
    summary.use(.itemIDs, table.isKeyed && name == DataTable.keyColumn ? "the keys" : name)
  }
}

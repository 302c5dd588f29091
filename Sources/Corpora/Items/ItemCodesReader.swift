import Formats
import Tokenizers
import Vectors

extension ItemCodes {
  /// Opens the codes that `semid encode` and `semid resolve` write: `.parquet` (item_id, c1 … cL), `.jsonl` (an object a
  /// line with `item` or `item_id`, and `codes`) or `.npy` (N × L) with the ids in a file of their own.
  ///
  /// - Parameters:
  ///   - idsPath: the ids of an `.npy`; by default `ids.json` beside it.
  ///   - levelSizes: K of every level, which no code may reach; nil: each level's largest code plus one. Of one number,
  ///     every level's.
  /// - Throws: `InputError` naming the row of a code that is out of range, or an ID that is not codes alone.
  public static func read(path: String, idsPath: String? = nil, levelSizes: [Int]? = nil) throws -> ItemCodes {
    switch path.split(separator: ".").last?.lowercased() {
    case "parquet": return try read(ParquetFile(path: path), levelSizes)
    case "jsonl": return try readLines(path, levelSizes)
    case "npy":
      let codes = try Codes(opening: path)
      let slash = path.lastIndex(of: "/").map { path[...$0] } ?? ""
      let ids = try Identifiers.read(path: idsPath ?? slash + "ids.json")
      guard ids.count == codes.count else {
        throw InputError(
          .mismatch, path, expected: "\(ids.count) rows, one for each id", found: "\(codes.count)")
      }
      return try make(ids, codes.values.array, lengths: nil, levels: codes.levels, levelSizes, path)
    default:
      throw InputError(
        .usage, path, expected: "codes in a file that ends in .parquet, .jsonl or .npy", found: "another extension")
    }
  }

  private static func read(_ file: ParquetFile, _ levelSizes: [Int]?) throws -> ItemCodes {
    let names = Set(file.columns.map(\.name))
    let columns = (1...256).map { "c\($0)" }.prefix { names.contains($0) }
    guard !columns.isEmpty else {
      throw InputError(
        .malformed, file.path, expected: "columns c1, c2, … of codes", found: names.sorted().joined(separator: ", "))
    }
    let ids = try Identifiers.read(file)
    let (rows, levels, values) = try file.integers(Array(columns))
    guard let suffix = names.contains("suffix") ? try file.strings("suffix") : nil else {
      return try make(ids, narrow(values, levels, file.path), lengths: nil, levels: levels, levelSizes, file.path)
    }
    // Some IDs have one code more, behind those that all have.
    let tokens = try file.strings("tokens")
    var widened: [UInt16] = []
    var lengths: [UInt8] = []
    let codes = try narrow(values, levels, file.path)
    for row in 0..<rows {
      widened += codes[row * levels..<(row + 1) * levels]
      let text = suffix[row]
      guard !text.isEmpty else {
        widened.append(0)
        lengths.append(UInt8(levels))
        continue
      }
      guard let code = UInt16(text), !tokens[row].hasSuffix("-" + text) else {
        throw InputError(
          .unsupported, file.path, at: "row \(row) (from 0)", expected: "an ID of codes alone",
          found: tokens[row],
          remedy: "resolve collisions with a strategy whose IDs stay in the vocabulary, such as the default")
      }
      widened.append(code)
      lengths.append(UInt8(levels + 1))
    }
    return try make(ids, widened, lengths: lengths, levels: levels + 1, levelSizes, file.path)
  }

  private static func readLines(_ path: String, _ levelSizes: [Int]?) throws -> ItemCodes {
    let file = try MappedFile(path: path)
    var ids = StringColumnBuilder()
    var flat: [UInt16] = []
    var ends: [Int] = []
    var line = 0
    for text in file.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      line += 1
      var scanner = JSONScanner(bytes: UnsafeRawBufferPointer(rebasing: text), source: path, place: "line \(line)")
      guard scanner.peek() != nil else { continue }
      var hasID = false
      var levels = 0
      try scanner.object { key, scanner in
        switch key {
        case "item", "item_id":
          guard !hasID else { throw scanner.unexpected("one id") }
          hasID = true
          if scanner.peek() == UInt8(ascii: "\"") {
            try scanner.string(appendingTo: &ids.bytes)
          } else {
            ids.bytes.append(contentsOf: try scanner.wholeNumber())
          }
        case "codes":
          try scanner.array { _, scanner in
            let code = try scanner.count()
            guard let code = UInt16(exactly: code) else { throw scanner.unexpected("a code below 65,536 before this") }
            flat.append(code)
            levels += 1
          }
        default: try scanner.skip()
        }
      }
      try scanner.end()
      guard hasID, (1...255).contains(levels) else {
        throw InputError(
          .malformed, path, at: "line \(line)", expected: "members item and codes",
          found: hasID ? "no codes" : "no item")
      }
      ids.endRow()
      ends.append(flat.count)
    }
    let column = ids.column()
    try Identifiers.check(column, source: path)
    let starts = [0] + ends.dropLast()
    let lengths = zip(starts, ends).map { UInt8($1 - $0) }
    let levels = Int(lengths.max() ?? 1)
    var padded = [UInt16](repeating: 0, count: lengths.count * levels)
    for (row, start) in zip(lengths.indices, starts) {
      for level in 0..<Int(lengths[row]) { padded[row * levels + level] = flat[start + level] }
    }
    withExtendedLifetime(file) {}
    return try make(column, padded, lengths: lengths, levels: levels, levelSizes, path)
  }

  private static func narrow(_ values: Buffer<Int64>, _ levels: Int, _ source: String) throws -> [UInt16] {
    try values.withUnsafeBufferPointer { values in
      var index = 0
      return try values.map { value in
        guard let code = UInt16(exactly: value) else {
          throw InputError(
            .malformed, source, at: "row \(index / levels) (from 0), column \"c\(index % levels + 1)\"",
            expected: "a code from 0 to 65,535", found: "\(value)")
        }
        index += 1
        return code
      }
    }
  }

  private static func make(
    _ ids: StringColumn, _ values: [UInt16], lengths: [UInt8]?, levels: Int, _ levelSizes: [Int]?, _ source: String
  ) throws -> ItemCodes {
    guard ids.count > 0 else { throw InputError(.malformed, source, expected: "items", found: "none") }
    var sizes = levelSizes
    if let given = levelSizes, given.count == 1 { sizes = Array(repeating: given[0], count: levels) }
    if let sizes, sizes.count != levels {
      throw InputError(
        .mismatch, source, expected: "\(sizes.count) levels", found: "\(levels)",
        remedy: "give the sizes of all levels instead, with those of resolved collisions")
    }
    let observed = (0..<levels).map { level in
      stride(from: level, to: values.count, by: levels).reduce(0) { max($0, Int(values[$1])) } + 1
    }
    let codes = try Codes(levelSizes: sizes ?? observed, values: Buffer(values), source: source)
    let isEven = lengths.map { $0.allSatisfy { Int($0) == levels } } ?? true
    return ItemCodes(
      ids: ids, codes: codes, lengths: isEven ? nil : lengths.map { Buffer($0) }, sizesAreObserved: levelSizes == nil,
      source: source)
  }
}

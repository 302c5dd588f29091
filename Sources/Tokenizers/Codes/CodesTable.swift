import Foundation
import Formats
public import Vectors

/// The codes of a file, and its items' ids where it names them.
public struct CodesTable: Sendable {
  public let codes: Codes
  public let ids: StringColumn?

  /// Opens a file by its extension: `.npy` with N × L integers; `.parquet` with the columns c1 … cL, and item_id; `.jsonl`
  /// with the members `codes`, and `item`, on each line. What `semid encode` writes.
  ///
  /// - Parameter levelSizes: the codebook sizes that the codes must lie below; nil: each level's largest code plus one.
  /// - Throws: `InputError` naming the item and level of a code that is out of range, or the line or column at fault.
  public init(opening path: String, levelSizes: [Int]? = nil, pool: ThreadPool = ThreadPool()) throws {
    switch path.split(separator: ".").last?.lowercased() {
    case "npy": self.init(codes: try Codes(opening: path, levelSizes: levelSizes), ids: nil)
    case "parquet": try self.init(parquet: path, levelSizes, pool)
    case "jsonl": try self.init(jsonLines: path, levelSizes, pool)
    default:
      throw InputError(
        .unsupported, path, expected: "codes in a file of type .npy, .parquet or .jsonl", found: "another extension")
    }
  }

  private init(codes: Codes, ids: StringColumn?) {
    self.codes = codes
    self.ids = ids
  }

  private init(parquet path: String, _ levelSizes: [Int]?, _ pool: ThreadPool) throws {
    let file = try ParquetFile(path: path, options: .init(pool: pool))
    let names = Set(file.columns.map(\.name))
    if names.contains("suffix") {
      let suffixes = try file.strings("suffix")
      if let item = suffixes.indices.first(where: { !suffixes[$0].isEmpty }) {
        throw Self.suffixed(path, "item \(item)", suffixes[item])
      }
    }
    let columns = (1...max(1, names.count)).map { "c\($0)" }.prefix { names.contains($0) }
    guard !columns.isEmpty else {
      throw InputError(
        .missing, path, expected: "columns c1, c2, … with the code of each level",
        found: file.columns.prefix(12).map(\.name).joined(separator: ", "))
    }
    let table = try file.integers(Array(columns))
    let levels = table.columns
    let values = try Buffer<UInt16>(count: table.values.count) { target in
      try table.values.withUnsafeBufferPointer { source in
        for index in source.indices {
          guard let code = UInt16(exactly: source[index]) else {
            throw Self.outOfRange(path, item: index / levels, level: index % levels, source[index])
          }
          target[index] = code
        }
      }
    }
    let hasIDs = file.columns.contains { $0.name == "item_id" && $0.kind == .string }
    self.init(
      codes: try Codes(inferring: levelSizes, levels: levels, values: values, source: path),
      ids: hasIDs ? try file.strings("item_id") : nil)
  }

  private struct Line: Decodable {
    var item: String?
    var codes: [Int]
    var suffix: String?
  }

  private init(jsonLines path: String, _ levelSizes: [Int]?, _ pool: ThreadPool) throws {
    let file = try MappedFile(path: path)
    self = try withExtendedLifetime(file) {
      try Self(jsonLines: file.bytes, source: path, levelSizes, pool)
    }
  }

  private init(
    jsonLines bytes: UnsafeRawBufferPointer, source path: String, _ levelSizes: [Int]?, _ pool: ThreadPool
  ) throws {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
      .filter { !$0.element.allSatisfy { [0x20, 0x09, 0x0D].contains($0) } }
    var parsed = [Line?](repeating: nil, count: lines.count)
    let piece = 1024
    try parsed.withUnsafeMutableBufferPointer { parsed in
      try pool.run(tasks: (lines.count + piece - 1) / piece) { task in
        let decoder = JSONDecoder()
        for index in task * piece..<min(lines.count, (task + 1) * piece) {
          do {
            parsed[index] = try decoder.decode(Line.self, from: Data(lines[index].element))
          } catch let error as DecodingError {
            var fault = InputError(error, source: path)
            fault.place = ["line \(lines[index].offset + 1)", fault.place].compactMap(\.self).joined(separator: ", ")
            throw fault
          }
        }
      }
    }
    let found = parsed.compactMap(\.self)
    let levels = found.first?.codes.count ?? levelSizes?.count ?? 1
    var values: [UInt16] = []
    values.reserveCapacity(found.count * levels)
    for (index, line) in found.enumerated() {
      guard line.codes.count == levels, levels > 0 else {
        throw InputError(
          .malformed, path, at: "line \(lines[index].offset + 1)",
          expected: levels > 0 ? "\(levels) codes, as on the first line" : "at least one code",
          found: "\(line.codes.count)",
          remedy: levels > 0 ? "give every ID as many levels; resolving collisions does with --numbering always" : nil)
      }
      if let suffix = line.suffix, !suffix.isEmpty {
        throw Self.suffixed(path, "line \(lines[index].offset + 1)", suffix)
      }
      for (level, code) in line.codes.enumerated() {
        guard let exact = UInt16(exactly: code) else {
          throw Self.outOfRange(path, item: index, level: level, code)
        }
        values.append(exact)
      }
    }
    let ids = found.compactMap(\.item)
    self.init(
      codes: try Codes(inferring: levelSizes, levels: levels, values: Buffer(values), source: path),
      ids: ids.count == found.count && !ids.isEmpty ? StringColumn(ids) : nil)
  }

  /// Codes whose IDs go on behind them would be taken for IDs that collide.
  private static func suffixed(_ path: String, _ place: String, _ suffix: String) -> InputError {
    InputError(
      .unsupported, path, at: place, expected: "an ID of codes alone", found: "the suffix \"\(suffix)\" behind them",
      remedy: "resolve collisions with --suffix level, which keeps IDs codes")
  }

  private static func outOfRange(_ path: String, item: Int, level: Int, _ code: some BinaryInteger) -> InputError {
    InputError(
      .malformed, path, at: "item \(item), level \(level)", expected: "a code from 0 to 65,535", found: "\(code)")
  }
}

extension Codes {
  /// - Parameter levelSizes: nil takes each level's largest code plus one.
  init(inferring levelSizes: [Int]?, levels: Int, values: Buffer<UInt16>, source: String) throws {
    if let levelSizes, levelSizes.count != levels {
      throw InputError(.mismatch, source, expected: "\(levelSizes.count) levels", found: "\(levels)")
    }
    var largest = [Int](repeating: 0, count: levels)
    values.withUnsafeBufferPointer { values in
      for index in values.indices { largest[index % levels] = max(largest[index % levels], Int(values[index])) }
    }
    try self.init(levelSizes: levelSizes ?? largest.map { $0 + 1 }, values: values, source: source)
  }
}

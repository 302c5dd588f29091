import Vectors

/// The shape of a catalogue's IDs: their levels, and whether the last level may be missing.
///
/// IDs of two lengths, such as MiniOneRec's (one more code for items that share the others), are stored as one array.
/// The last level then has one code more than IDs are spelled with. This largest code stands for the end of a shorter
/// ID. It is never written and never read as text.
package struct IDShape: Hashable, Sendable {
  /// Number of codes of each level as they are stored, including the one that stands for the end.
  package let storedSizes: [Int]
  /// Whether the last level's largest code stands for the end of an ID.
  package let mayEndEarly: Bool

  package var levels: Int { storedSizes.count }

  /// - Precondition: an ID that may end early has at least two levels, and the last one at least two codes.
  package init(storedSizes: [Int], mayEndEarly: Bool = false) {
    precondition(
      !mayEndEarly || (storedSizes.count > 1 && storedSizes[storedSizes.count - 1] > 1), "a level to leave out")
    self.storedSizes = storedSizes
    self.mayEndEarly = mayEndEarly
  }

  /// Number of codes of each level that may stand in an ID.
  package var levelSizes: [Int] {
    guard mayEndEarly, let last = storedSizes.last else { return storedSizes }
    return storedSizes.dropLast() + [last - 1]
  }

  /// The code of the last level that stands for the end of an ID; nil where all IDs have all levels.
  package var endCode: UInt16? {
    guard mayEndEarly, let last = storedSizes.last else { return nil }
    return UInt16(exactly: last - 1)
  }

  /// The codes of a stored ID that are spelled.
  package func spelled(_ stored: [UInt16]) -> [UInt16] {
    if let endCode, stored.count == levels, stored.last == endCode { return Array(stored.dropLast()) }
    return stored
  }

  /// The stored form of a whole ID.
  package func stored(_ spelled: [UInt16]) -> [UInt16] {
    if let endCode, spelled.count == levels - 1 { return spelled + [endCode] }
    return spelled
  }

  /// A stored ID, or the beginning of one, as text.
  package func text(_ stored: [UInt16], format: TokenFormat = .tokens) -> String { format.text(for: spelled(stored)) }

  /// Reads an ID, or the first levels of one: see `TokenFormat.parse`.
  ///
  /// - Returns: a whole ID as it is stored.
  package func parse(_ text: String, prefix: Bool = false) throws -> [UInt16] {
    guard mayEndEarly, !prefix else { return try TokenFormat.parse(text, levelSizes: levelSizes, prefix: prefix) }
    let codes = try TokenFormat.parse(text, levelSizes: levelSizes, prefix: true)
    // Says that there are too few levels.
    if codes.count < levels - 1 { _ = try TokenFormat.parse(text, levelSizes: levelSizes) }
    return stored(codes)
  }

  /// Reads an ID with open levels: see `TokenFormat.parsePattern`. A pattern without the last level matches IDs that
  /// end early.
  package func parsePattern(_ text: String) throws -> [UInt16?] {
    guard let endCode else { return try TokenFormat.parsePattern(text, levelSizes: levelSizes) }
    if let whole = try? TokenFormat.parsePattern(text, levelSizes: levelSizes) { return whole }
    if let short = try? TokenFormat.parsePattern(text, levelSizes: levelSizes.dropLast()) { return short + [endCode] }
    return try TokenFormat.parsePattern(text, levelSizes: levelSizes)
  }
}

extension CodesTable {
  /// The codes as an index stores them, where IDs have all levels or lack the last.
  ///
  /// - Parameter shape: what the index has; nil makes one that fits.
  /// - Throws: `InputError` naming an item whose ID is shorter, or one that `shape` has no place for.
  package func stored(as shape: IDShape? = nil) throws -> (codes: Codes, shape: IDShape) {
    let levels = codes.levels
    guard let lengths else {
      let own = shape ?? IDShape(storedSizes: codes.levelSizes)
      if own.mayEndEarly, (own.levels - 1...own.levels).contains(levels) {
        return (try appended(to: Array(repeating: levels, count: count), own), own)
      }
      guard levels == own.levels else {
        throw InputError(.mismatch, source, expected: "IDs of \(own.levels) levels", found: "\(levels)")
      }
      return (try Codes(levelSizes: own.storedSizes, values: codes.values, source: source), own)
    }
    if let row = (0..<count).first(where: { Int(lengths[$0]) < levels - 1 }) {
      throw InputError(
        .unsupported, source, at: ids.map { "item \"\($0[row])\"" } ?? "row \(row) (from 0)",
        expected: "IDs of \(levels) levels, of which the last may be missing", found: "\(lengths[row]) codes")
    }
    guard codes.levelSizes[levels - 1] < CodeShape.sizeRange.upperBound else {
      throw InputError(
        .unsupported, source, at: "level \(levels - 1)",
        expected: "fewer than 65,536 codes where IDs may end before it",
        found: "65,536")
    }
    let own =
      shape
      ?? IDShape(
        storedSizes: codes.levelSizes.dropLast() + [codes.levelSizes[levels - 1] + 1], mayEndEarly: true)
    guard own.mayEndEarly, own.levels == levels else {
      throw InputError(
        .mismatch, source, expected: "IDs of \(own.levels) levels\(own.mayEndEarly ? ", or of one less" : "")",
        found: "IDs of \(levels - 1) and of \(levels)")
    }
    return (try appended(to: lengths.array.map(Int.init), own), own)
  }

  /// The codes, with the end code behind IDs that are shorter than the shape's.
  private func appended(to lengths: [Int], _ shape: IDShape) throws -> Codes {
    let levels = codes.levels
    var values: [UInt16] = []
    values.reserveCapacity(count * shape.levels)
    codes.values.withUnsafeBufferPointer { codes in
      for (row, length) in lengths.enumerated() {
        values += codes[row * levels..<row * levels + length]
        if length < shape.levels, let end = shape.endCode { values.append(end) }
      }
    }
    let levelSizes = shape.levelSizes
    for (index, value) in values.enumerated() {
      let level = index % shape.levels
      let isEnd = level == shape.levels - 1 && lengths[index / shape.levels] < shape.levels
      guard isEnd || Int(value) < levelSizes[level] else {
        throw InputError(
          .malformed, source, at: "item \(index / shape.levels), level \(level)",
          expected: "a code below \(levelSizes[level])", found: "\(value)")
      }
    }
    return try Codes(levelSizes: shape.storedSizes, values: Buffer(values), source: source)
  }
}

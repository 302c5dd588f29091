package import Retrieval
import Tokenizers

/// Counts what a language model generated: how many texts are IDs of a catalogue, and where the others depart.
package struct GeneratedAudit: Sendable {
  /// What a text turns out to be.
  package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    case valid
    /// The ID of items of which the filter allows none.
    case filteredOut
    case unknownPrefix, incomplete, malformed

    init(_ kind: IDOutcome.Kind) {
      switch kind {
      case .valid: self = .valid
      case .unknownPrefix: self = .unknownPrefix
      case .incomplete: self = .incomplete
      case .malformed: self = .malformed
      }
    }
  }

  /// An example of a kind.
  package struct Example: Hashable, Sendable, Codable {
    /// The line, or the element of a JSON array, from 1.
    package var line: Int
    package var kind: Kind
    package var text: String
    /// The level, from 0, at which an unknown prefix departs.
    package var level: Int?
    /// The character, from 1, at which a malformed one does.
    package var character: Int?
    /// Items that a valid one names, at most three.
    package var items: [String]?
  }

  package struct Report: Hashable, Sendable, Codable {
    /// Texts read.
    package var texts = 0
    /// Texts in which nothing was generated, or nothing but the tokens around an ID; they count as incomplete.
    package var empty = 0
    /// Texts of white space alone that were left out, with `skipsEmpty`.
    package var skipped = 0
    package var valid = 0
    /// IDs of items that the filter does not allow; 0 without a filter.
    package var filteredOut = 0
    package var unknownPrefix = 0
    package var incomplete = 0
    package var malformed = 0
    /// By level: texts whose codes up to this level are the beginning of no ID.
    package var departures: [Int]
    /// Number of different IDs among the valid ones.
    package var distinctIDs = 0
    /// Number of items with these IDs; under a filter, of those that it allows.
    package var distinctItems = 0
    package var examples: [Example] = []

    /// Texts that are not valid.
    package var invalid: Int { filteredOut + unknownPrefix + incomplete + malformed }
    /// Share of the texts that are valid.
    package var validShare: Double { texts == 0 ? 0 : Double(valid) / Double(texts) }
  }

  package private(set) var report: Report
  private let index: SemanticIndex
  private let filter: ItemFilter?
  private let reader: IDTextReader
  private let skipsEmpty: Bool
  private let examplesEach: Int
  /// At the first position of each ID that was met: how many of its items count; −1 elsewhere.
  private var counted: [Int32]

  /// - Parameters:
  ///   - filter: the items that count. An ID is valid when at least one of its items counts. Whether a prefix is known
  ///     depends on the whole catalogue all the same.
  ///   - skipsEmpty: whether texts of white space alone are left out, as lines between groups, and not counted as empty
  ///     generations.
  ///   - examples: number of texts of each kind to keep.
  package init(
    _ index: SemanticIndex, reader: IDTextReader, filter: ItemFilter? = nil, skipsEmpty: Bool = false, examples: Int = 3
  ) {
    self.index = index
    self.reader = reader
    self.filter = filter
    self.skipsEmpty = skipsEmpty
    examplesEach = examples
    report = Report(departures: Array(repeating: 0, count: index.trie.levelSizes.count))
    counted = Array(repeating: -1, count: index.count)
  }

  /// Counts a text; `line` is its place in the input. O(bytes).
  ///
  /// - Returns: its kind; nil for a text that was left out.
  /// - Throws: `InputError` for a filter of another index.
  @discardableResult
  package mutating func add(_ text: String, line: Int) throws -> Kind? {
    if skipsEmpty, !text.utf8.contains(where: { $0 > 0x20 }) {
      report.skipped += 1
      return nil
    }
    report.texts += 1
    let mention = reader.whole(text)
    let outcome = index.outcome(of: mention)
    var kind = Kind(outcome.kind)
    var allowed = 0
    if case .valid(let items) = outcome {
      allowed = try count(items, mention)
      if allowed == 0 { kind = .filteredOut }
    }
    let before = note(kind)
    switch outcome {
    case .unknownPrefix(let level): report.departures[level] += 1
    case .incomplete: report.empty += mention.codes.isEmpty ? 1 : 0
    case .valid, .malformed: break
    }
    if before < examplesEach { report.examples.append(try example(text, line, kind, outcome, mention)) }
    return kind
  }

  /// How many of an ID's items count; new ones among them are added to the report.
  private mutating func count(_ items: Range<Int>, _ mention: IDMention) throws -> Int {
    guard counted[items.lowerBound] < 0 else { return Int(counted[items.lowerBound]) }
    let allowed =
      try filter.map { try index.rows(prefix: index.shape.stored(mention.codes), filter: $0).count } ?? items.count
    counted[items.lowerBound] = Int32(clamping: allowed)
    report.distinctIDs += allowed > 0 ? 1 : 0
    report.distinctItems += allowed
    return allowed
  }

  /// Counts one of a kind, and says how many there were before.
  private mutating func note(_ kind: Kind) -> Int {
    func next(_ count: inout Int) -> Int {
      count += 1
      return count - 1
    }
    switch kind {
    case .valid: return next(&report.valid)
    case .filteredOut: return next(&report.filteredOut)
    case .unknownPrefix: return next(&report.unknownPrefix)
    case .incomplete: return next(&report.incomplete)
    case .malformed: return next(&report.malformed)
    }
  }

  private func example(
    _ text: String, _ line: Int, _ kind: Kind, _ outcome: IDOutcome, _ mention: IDMention
  ) throws -> Example {
    var example = Example(line: line, kind: kind, text: text)
    switch outcome {
    case .valid(let items):
      let rows =
        kind == .valid
        ? try filter.map { try index.rows(prefix: mention.codes, filter: $0) } ?? index.rows(at: items.prefix(3))
        : index.rows(at: items.prefix(3))
      example.items = rows.prefix(3).map(index.id(ofRow:))
    case .unknownPrefix(let level): example.level = level
    case .incomplete: break
    case .malformed(let offset):
      example.character = String(decoding: text.utf8.prefix(offset), as: UTF8.self).count + 1
    }
    return example
  }
}

import Foundation
public import Retrieval

/// Counts what a language model generated: how much of it are IDs of a catalogue, and where the others depart.
public struct GeneratedAudit: Sendable {
  /// A text of each kind, to look at.
  public struct Example: Hashable, Sendable, Codable {
    public var line: Int
    public var kind: IDOutcome.Kind
    public var text: String
    /// The level, from 0, at which an unknown prefix departs.
    public var level: Int?
    /// The character, from 1, at which a malformed one does.
    public var character: Int?
    /// Items that a valid one names, at most three.
    public var items: [String]?
  }

  public struct Report: Hashable, Sendable, Codable {
    /// Texts read; those with nothing but spaces are counted apart.
    public var texts = 0
    public var empty = 0
    public var valid = 0
    public var unknownPrefix = 0
    public var incomplete = 0
    public var malformed = 0
    /// By level: texts whose codes up to there are the beginning of no ID.
    public var departures: [Int]
    /// Different IDs among the valid ones, and items that have them.
    public var distinctIDs = 0
    public var distinctItems = 0
    public var examples: [Example] = []

    /// Texts that are no ID of the catalogue.
    public var invalid: Int { unknownPrefix + incomplete + malformed }
    /// Share of the texts that are.
    public var validShare: Double { texts == 0 ? 0 : Double(valid) / Double(texts) }
  }

  public private(set) var report: Report
  private let index: SemanticIndex
  private let reader: IDTextReader
  private let examplesEach: Int
  /// A bit for each item, in ID order.
  private var named: [Bool]

  /// - Parameter examples: texts of each kind to keep.
  public init(_ index: SemanticIndex, reader: IDTextReader, examples: Int = 3) {
    self.index = index
    self.reader = reader
    examplesEach = examples
    report = Report(departures: Array(repeating: 0, count: index.trie.levelSizes.count))
    named = Array(repeating: false, count: index.count)
  }

  /// Counts a text; `line` is where it stood.
  @discardableResult
  public mutating func add(_ text: String, line: Int) -> IDOutcome? {
    guard text.utf8.contains(where: { $0 > 0x20 }) else {
      report.empty += 1
      return nil
    }
    report.texts += 1
    let outcome = index.trie.outcome(of: reader.whole(text))
    var example = Example(line: line, kind: outcome.kind, text: text)
    let before: Int
    switch outcome {
    case .valid(let items):
      before = report.valid
      report.valid += 1
      if !named[items.lowerBound] {
        for position in items { named[position] = true }
        report.distinctIDs += 1
        report.distinctItems += items.count
      }
      if before < examplesEach { example.items = index.rows(at: items.prefix(3)).map(index.id(ofRow:)) }
    case .unknownPrefix(let level):
      before = report.unknownPrefix
      report.unknownPrefix += 1
      report.departures[level] += 1
      example.level = level
    case .incomplete:
      before = report.incomplete
      report.incomplete += 1
    case .malformed(let offset):
      before = report.malformed
      report.malformed += 1
      example.character = String(decoding: text.utf8.prefix(offset), as: UTF8.self).count + 1
    }
    if before < examplesEach { report.examples.append(example) }
    return outcome
  }
}

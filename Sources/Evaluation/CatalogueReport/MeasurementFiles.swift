import Formats
import Foundation
import Retrieval
import Tokenizers
import Vectors

/// Reads what verbs of `semid` print with `--json`, so that a report shows it.
package enum MeasurementFiles {
  /// What `semid evaluate offline --json` printed.
  ///
  /// - Throws: `InputError` for what is no such result.
  package static func offline(_ path: String) throws -> OfflineReport {
    let report = try decoder(path, "semid evaluate offline --json").first(OfflineReport.self)
    func fault(_ expected: String, _ found: String, _ row: Int) -> InputError {
      InputError(.malformed, path, at: "key rows.\(row)", expected: expected, found: found)
    }
    guard !report.cutoffs.isEmpty else {
      throw InputError(.malformed, path, at: "key cutoffs", expected: "at least one", found: "none")
    }
    for (number, row) in report.rows.enumerated() {
      guard row.recall.count == report.cutoffs.count, row.ndcg.count == report.cutoffs.count else {
        throw fault("\(report.cutoffs.count) estimates of recall and of NDCG", "\(row.recall.count)", number)
      }
      for estimate in row.recall + row.ndcg + [row.reciprocalRank] where !(0...1).contains(estimate.mean) {
        throw fault("measures from 0 to 1", "\(estimate.mean)", number)
      }
      if let candidates = row.candidates, !(0...1e12).contains(candidates) {
        throw fault("a number of candidates", "\(candidates)", number)
      }
    }
    return report
  }

  /// What `semid evaluate codes --json` printed: a line for each set of codes.
  package static func evaluations(_ path: String) throws -> [CodeEvaluation] {
    struct Line: Decodable { var evaluation: CodeEvaluation }
    let found = try decoder(path, "semid evaluate codes --json").all(Line.self).map(\.evaluation)
    for evaluation in found {
      guard evaluation.statistics.items > 0, !evaluation.statistics.levels.isEmpty,
        evaluation.statistics.levels.allSatisfy({ $0.usage.size > 0 })
      else {
        throw InputError(.malformed, path, expected: "statistics of codes", found: "none for \"\(evaluation.name)\"")
      }
    }
    return found
  }

  /// A recall benchmark, under the name of its data.
  package struct Recall: Sendable {
    package var data: String
    package var report: RecallReport
  }

  /// What `semid bench recall --json` printed: a line for the setting, and one for each search.
  package static func recall(_ path: String) throws -> Recall {
    struct Heading: Decodable {
      var data: String
      var items: Int
      var dimension: Int
      var queries: Int
      var metric: Metric
      var k: Int
      var rounds: Int
      var levelSizes: [Int]
      var indexBytes: Int
      var bytesBesideVectors: Int
      var openSeconds: Double
      var buildSeconds: Double?
      var peakMemoryBytes: Int
    }
    struct Line: Decodable {
      var exact: Bool
      var candidates: Int?
      var scan: Int?
      var recall: Double
      var recallByRow: Double?
      var speeds: [RecallReport.Speed]
      var nodesVisited: Double
      var codesScanned: Double
      var vectorsReranked: Double
      var budgetExhausted: Double
    }
    let decoder = try decoder(path, "semid bench recall --json")
    let heading = try decoder.first(Heading.self)
    let settings = try decoder.some(Line.self, having: "exact").map { line in
      guard (0...1).contains(line.recall),
        line.speeds.allSatisfy({ $0.queriesPerSecond > 0 && $0.queriesPerSecond < 1e12 })
      else {
        throw InputError(
          .malformed, path, expected: "recalls from 0 to 1, and speeds above 0", found: "recall \(line.recall)")
      }
      return RecallReport.Setting(
        options: line.exact
          ? nil : SearchOptions(k: heading.k, candidates: max(0, line.candidates ?? 0), scan: line.scan),
        recall: line.recall, recallByRow: line.recallByRow, speeds: line.speeds, nodesVisited: line.nodesVisited,
        codesScanned: line.codesScanned, vectorsReranked: line.vectorsReranked, budgetExhausted: line.budgetExhausted)
    }
    guard let exact = settings.first(where: { $0.options == nil }) else {
      throw InputError(.malformed, path, expected: "a line of the exact search", found: "none")
    }
    return Recall(
      data: heading.data,
      report: RecallReport(
        items: heading.items, dimension: heading.dimension, levelSizes: heading.levelSizes, metric: heading.metric,
        queries: heading.queries, k: heading.k, threads: Set(exact.speeds.map(\.threads)).sorted(),
        rounds: heading.rounds, exact: exact, settings: settings.filter { $0.options != nil },
        indexBytes: heading.indexBytes, bytesBesideVectors: heading.bytesBesideVectors,
        openSeconds: heading.openSeconds, buildSeconds: heading.buildSeconds,
        peakMemoryBytes: heading.peakMemoryBytes))
  }

  private static func decoder(_ path: String, _ verb: String) throws -> Lines {
    let file = try MappedFile(path: path)
    let text = withExtendedLifetime(file) { String(decoding: file.bytes, as: UTF8.self) }
    return Lines(path: path, verb: verb, text: text)
  }

  /// Objects of JSON, one a line, or one alone on any number of lines.
  private struct Lines {
    let path: String
    let verb: String
    let objects: [Data]

    init(path: String, verb: String, text: String) {
      self.path = path
      self.verb = verb
      let whole = Data(text.utf8)
      objects =
        (try? JSONSerialization.jsonObject(with: whole)) != nil
        ? [whole] : text.split(whereSeparator: \.isNewline).map { Data($0.utf8) }
    }

    func first<Value: Decodable>(_ type: Value.Type) throws -> Value {
      guard let first = objects.first else { throw empty }
      return try decode(type, first)
    }

    func all<Value: Decodable>(_ type: Value.Type) throws -> [Value] {
      guard !objects.isEmpty else { throw empty }
      return try objects.map { try decode(type, $0) }
    }

    /// Those that have a key.
    func some<Value: Decodable>(_ type: Value.Type, having key: String) throws -> [Value] {
      try objects.filter { object in
        ((try? JSONSerialization.jsonObject(with: object)) as? [String: Any])?[key] != nil
      }.map { try decode(type, $0) }
    }

    private var empty: InputError {
      InputError(.malformed, path, expected: "what \(verb) prints", found: "an empty file")
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ object: Data) throws -> Value {
      let decoder = JSONDecoder()
      decoder.nonConformingFloatDecodingStrategy = .convertFromString(
        positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
      do {
        return try decoder.decode(type, from: object)
      } catch let error as DecodingError {
        var fault = InputError(error, source: path)
        fault.remedy = "give a file that \(verb) printed"
        throw fault
      }
    }
  }
}

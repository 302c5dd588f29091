import Foundation
import SemanticID

/// What a verb speaks through: results on standard output and nothing else there; the rest on standard error.
struct Console: Sendable {
  /// Results are JSON, one object a line.
  let isJSON: Bool
  let isQuiet: Bool
  /// The pool of `--threads`.
  let pool: ThreadPool
  let results: ResultStream
  let diagnostics: Diagnostics
  /// Where notes go; by default where all diagnostics go.
  private let notes: Diagnostics
  /// The columns that a table on standard output may take; nil: as many as it needs.
  let columns: Int?

  init(
    _ options: GlobalOptions, results: ResultStream = .standardOutput, diagnostics: Diagnostics = .standardError,
    notes: Diagnostics? = nil, columns: Int? = Terminal.width(STDOUT_FILENO)
  ) {
    isJSON = options.json
    isQuiet = options.quiet
    pool = ThreadPool(threads: options.threads)
    self.results = results
    self.diagnostics = diagnostics
    self.notes = notes ?? diagnostics
    self.columns = columns
  }

  // MARK: Results

  /// One result: an object with `--json`, otherwise `text`, which may have several lines.
  func print(_ value: some Encodable, text: () -> String) throws {
    try results.line(isJSON ? JSON.line(value) : text())
  }

  /// Results of one kind: an object each with `--json`, otherwise a table.
  func print<Row: Encodable>(_ rows: some Sequence<Row>, _ columns: [Column<Row>]) throws {
    if isJSON {
      for row in rows { try results.line(JSON.line(row)) }
    } else {
      for line in Table(rows, columns).lines(width: self.columns) { try results.line(line) }
    }
  }

  /// A line of text between results, such as a heading; nothing with `--json`.
  func heading(_ text: String) throws {
    if !isJSON { try results.line(text) }
  }

  // MARK: Diagnostics

  /// Something worth knowing, on standard error; nothing with `--quiet`.
  func note(_ text: String) {
    if !isQuiet { notes.line(text) }
  }

  /// Something the user should act on, on standard error, also with `--quiet`.
  func warn(_ text: String) { diagnostics.line("semid: warning: \(text)") }

  /// What was read of the user's files, and as what.
  func tell(_ input: InputSummary) {
    input.lines.forEach(note)
    input.warnings.forEach(warn)
  }

  /// A step that may take over a second. Call `finish` on it, or `cancel`.
  func progress(_ title: String, total: Int? = nil, unit: String) -> StepProgress {
    StepProgress(title, total: total, unit: unit, diagnostics: isQuiet ? nil : diagnostics)
  }

  /// Runs a step with its progress, which ends with the step, also when it throws.
  func step<Result>(
    _ title: String, total: Int? = nil, unit: String, _ body: (StepProgress) async throws -> Result
  ) async rethrows -> Result {
    let progress = progress(title, total: total, unit: unit)
    do {
      let result = try await body(progress)
      progress.finish()
      return result
    } catch {
      progress.cancel()
      throw error
    }
  }
}

/// JSON for machines: keys in order, no line ends, so that equal results are equal text.
enum JSON {
  static func line(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}

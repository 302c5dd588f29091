import ArgumentParser
import Foundation
import SemanticID
import Synchronization
import Testing

@testable import semid

/// Collects what is written.
private final class Sink: Sendable {
  private let text = Mutex("")
  var written: String { text.withLock { $0 } }
  func append(_ more: String) { text.withLock { $0 += more } }
}

/// A clock that stands until it is moved.
private final class Clock: Sendable {
  private let time = Mutex(Duration.zero)
  var now: Duration { time.withLock { $0 } }
  func move(_ step: Duration) { time.withLock { $0 += step } }
}

private struct Row: Encodable {
  var name: String
  var items: Int
  var error: Double
}

private func console(_ arguments: String..., output: Sink = Sink(), errors: Sink = Sink()) throws -> Console {
  Console(
    try GlobalOptions.parse(arguments),
    results: ResultStream(capacity: 1 << 16) { output.append(String(decoding: $0, as: UTF8.self)) },
    diagnostics: Diagnostics(canRedraw: false) { errors.append($0) }, columns: nil)
}

@Suite struct ConsoleTests {
  private let rows = [Row(name: "a/b", items: 1, error: 0.5), Row(name: "c", items: 1204, error: .nan)]
  private let columns: [Column<Row>] = [Column("name") { $0.name }, Column("items", .right) { Text.count($0.items) }]

  @Test func resultsAreATableOrOneObjectALine() throws {
    let output = Sink()
    let text = try console(output: output)
    try text.print(rows, columns)
    try text.print(rows[0]) { "one row" }
    #expect(output.written == "")
    try text.results.flush()
    #expect(output.written == "name  items\na/b       1\nc     1,204\none row\n")

    let lines = Sink()
    let json = try console("--json", output: lines)
    try json.heading("a heading")
    try json.print(rows, columns)
    try json.print(rows[0]) { "one row" }
    try json.results.flush()
    #expect(
      lines.written == """
        {"error":0.5,"items":1,"name":"a/b"}
        {"error":"nan","items":1204,"name":"c"}
        {"error":0.5,"items":1,"name":"a/b"}

        """)
  }

  @Test func quietKeepsWarningsOnly() throws {
    let errors = Sink()
    let quiet = try console("--quiet", errors: errors)
    quiet.note("a note")
    quiet.warn("a warning")
    #expect(errors.written == "semid: warning: a warning\n")
    try console(errors: errors).note("a note")
    #expect(errors.written == "semid: warning: a warning\na note\n")
  }

  @Test func threadsSetThePool() throws {
    #expect(try console("--threads", "3").pool.threads == 3)
    #expect(try console().pool.threads == ThreadPool.processors)
  }

  @Test func aFullDiskIsAnInputError() throws {
    let stream = ResultStream(capacity: 4) { _ in throw CocoaError(.fileWriteOutOfSpace) }
    try stream.line("abc")
    let error = #expect(throws: InputError.self) { try stream.line("d") }
    #expect(error?.kind == .io)
    // What could not be written is not tried again.
    try stream.flush()
  }
}

@Suite struct StepProgressTests {
  private let clock = Clock()
  private let sink = Sink()

  private func progress(total: Int?, redraws: Bool, columns: Int = 200) -> StepProgress {
    let clock = clock
    let sink = sink
    return StepProgress(
      "encoding", total: total, unit: "rows",
      diagnostics: Diagnostics(canRedraw: redraws, columns: { columns }) { sink.append($0) }, now: { clock.now })
  }

  @Test(arguments: [true, false])
  func stepsUnderASecondAreSilent(_ redraws: Bool) {
    let progress = progress(total: 10, redraws: redraws)
    clock.move(.milliseconds(900))
    progress.advance(by: 10)
    progress.finish()
    #expect(sink.written == "")
  }

  @Test func aTerminalGetsABarDrawnOverItself() {
    let progress = progress(total: 1000, redraws: true)
    clock.move(.seconds(2))
    progress.advance(by: 500)
    let bar = "▕████████████            ▏"
    #expect(sink.written == "\r\u{1B}[2Kencoding  \(bar)  50%  500/1,000 rows  250/s  2.00 s left")
    // Too soon for another.
    clock.move(.milliseconds(50))
    progress.advance()
    #expect(!sink.written.contains("501"))
    clock.move(.milliseconds(1950))
    progress.note("loss 0.5")
    #expect(sink.written.hasSuffix("501/1,000 rows  125/s  4.00 s left  loss 0.5"))
    progress.finish()
    progress.finish()
    #expect(sink.written.hasSuffix("loss 0.5\r\u{1B}[2Kencoding: 501 rows in 4.00 s (125/s)\n"))
  }

  @Test func aNarrowTerminalGetsTheFiguresOnly() {
    let progress = progress(total: 1000, redraws: true, columns: 40)
    clock.move(.seconds(2))
    progress.update(to: 10)
    #expect(sink.written == "\r\u{1B}[2Kencoding  1%  10/1,000 rows  5.00/s  3…")
  }

  @Test func aLogGetsALineNowAndThen() {
    let progress = progress(total: nil, redraws: false)
    for _ in 0..<25 {
      clock.move(.seconds(1))
      progress.advance(by: 4)
    }
    progress.finish()
    #expect(
      sink.written == """
        encoding  40 rows  4.00/s  10.0 s
        encoding  80 rows  4.00/s  20.0 s
        encoding: 100 rows in 25.0 s (4.00/s)

        """)
  }

  @Test func aCancelledStepLeavesNothing() {
    let progress = progress(total: 10, redraws: true)
    clock.move(.seconds(2))
    progress.advance()
    progress.cancel()
    progress.finish()
    clock.move(.seconds(2))
    progress.advance()
    #expect(sink.written.hasSuffix("\r\u{1B}[2K"))
    #expect(!sink.written.contains("\n"))
  }

  @Test func manyThreadsMayAdvance() {
    let progress = progress(total: 10_000, redraws: true)
    ThreadPool(threads: 4).run(tasks: 10_000) { _ in progress.advance() }
    clock.move(.seconds(2))
    progress.finish()
    #expect(sink.written.hasPrefix("encoding: 10,000 rows in 2.00 s"))
  }

  @Test func linesDoNotMixWithTheBar() {
    let sink = sink
    let diagnostics = Diagnostics(canRedraw: true) { sink.append($0) }
    diagnostics.draw("bar")
    diagnostics.line("warning")
    diagnostics.clear()
    #expect(sink.written == "\r\u{1B}[2Kbar\r\u{1B}[2Kwarning\n")
  }
}

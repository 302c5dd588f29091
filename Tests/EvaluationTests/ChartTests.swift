import Foundation
import Retrieval
import TestSupport
import Testing

@testable import Evaluation

@Suite struct ChartTests {
  private static func recallPlot(_ data: String = "made <up> & \"so\"") throws -> String {
    func speeds(_ single: Double, _ batch: Double) -> [RecallReport.Speed] {
      [
        .init(mode: .single, threads: 1, queriesPerSecond: single, medianQueriesPerSecond: single),
        .init(mode: .batch, threads: 1, queriesPerSecond: batch, medianQueriesPerSecond: batch),
      ]
    }
    func setting(_ options: SearchOptions?, _ recall: Double, _ speed: Double) -> RecallReport.Setting {
      .init(
        options: options, recall: recall, speeds: speeds(speed, 2 * speed), nodesVisited: 0, codesScanned: 0,
        vectorsReranked: 0, budgetExhausted: 0)
    }
    return try ParetoFrontTests.report(
      exact: setting(nil, 1, 20),
      [
        setting(SearchOptions(candidates: 20, scan: 320), 0.82, 9000),
        setting(SearchOptions(candidates: 80, scan: 1280), 0.953, 4000),
        setting(SearchOptions(candidates: 200, scan: 12_800), 0.9999, 800),
        setting(SearchOptions(candidates: 400, scan: 25_600), 0.99, 700),
      ]
    ).plot(data: data)
  }

  /// Elements nest, and attributes are quoted.
  private static func isWellFormed(_ svg: String) -> Bool {
    var open: [Substring] = []
    for match in svg.matches(of: /<(\/?)([a-z0-9]+)((?: [a-zA-Z:-]+="[^"<]*")*)(\/?)>/) {
      if !match.4.isEmpty { continue }
      if match.1.isEmpty { open.append(match.2) } else if open.popLast() != match.2 { return false }
    }
    let tags = svg.count { $0 == "<" }
    return open.isEmpty && svg.matches(of: /<(\/?)([a-z0-9]+)((?: [a-zA-Z:-]+="[^"<]*")*)(\/?)>/).count == tags
  }

  @Test func recallPlotIsOneWellFormedImage() throws {
    let svg = try Self.recallPlot()
    #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\"") && Self.isWellFormed(svg))
    #expect(try svg == Self.recallPlot())
    #expect(svg.contains("made &lt;up&gt; &amp; &quot;so&quot;"))
    #expect(svg.contains("prefers-color-scheme:dark"))
    #expect(svg.contains("exact search, single queries, 1 thread: recall 1.0000, 20.0 QPS"))
    // Three settings of each mode are on the front; the fourth is beaten.
    #expect(svg.matches(of: /<title>/).count == 6 && !svg.contains("25,600"))
    for forbidden in ["nan", "inf", "<script", "https://"] { #expect(!svg.contains(forbidden)) }
  }

  @Test(.enabled(if: Python.isReady)) func anXMLParserReadsIt() throws {
    let folder = try TemporaryFolder()
    try Self.recallPlot().write(toFile: folder.file("a.svg"), atomically: true, encoding: .utf8)
    try Python.run(
      """
      import sys, xml.etree.ElementTree as t
      root = t.parse(sys.argv[1]).getroot()
      space = "{http://www.w3.org/2000/svg}"
      assert root.tag == space + "svg"
      width, height = map(float, root.attrib["viewBox"].split()[2:])
      texts = root.findall(".//" + space + "text")
      assert any("made <up> & \\"so\\"" in (text.text or "") for text in texts)
      for text in texts:
        assert 0 <= float(text.attrib["x"]) <= width and 0 <= float(text.attrib["y"]) <= height, text.text
      """, folder.file("a.svg"))
  }

  @Test func nothingToDrawIsAnImageToo() throws {
    let setting = RecallReport.Setting(
      options: nil, recall: 1, speeds: [], nodesVisited: 0, codesScanned: 0, vectorsReranked: 0, budgetExhausted: 0)
    #expect(try Self.isWellFormed(ParetoFrontTests.report(exact: setting, []).plot(data: "nothing")))
  }

  @Test func axesAreMonotoneAndEndAtTheirEnds() {
    let axes = [
      ChartAxis.recall("r", from: 0.63), .logarithmic("q", around: [3, 40_000]), .logarithmic("q", around: [25, 90]),
      .share("s"),
    ]
    for axis in axes {
      #expect(axis.share(axis.first) == 0 && axis.share(axis.last) == 1)
      let steps = (0...100).map { axis.share(axis.first + (axis.last - axis.first) * Double($0) / 100) }
      #expect(steps == steps.sorted())
      #expect(axis.ticks.count > 1 && axis.ticks.allSatisfy { (0...1).contains(axis.share($0.value)) })
    }
    #expect(axes[0].first == 0.5 && axes[1].first == 1 && axes[1].last == 100_000)
    #expect(axes[2].first == 20 && axes[2].last == 100)
    // Nines stand evenly.
    let recall = axes[0]
    let (a, b, c) = (recall.share(0.9), recall.share(0.99), recall.share(0.999))
    #expect(abs((b - a) - (c - b)) < 1e-9)
  }
}

import Foundation
import Testing
import Tokenizers
import Vectors

@testable import Evaluation

@Suite struct CodeReportTests {
  private func report(_ name: String, sizes: [Int], title: String = "Codes") throws -> CodeReport {
    let x = Naive.normals(500, 4, seed: 1)
    let candidates = try [name, "other"].map {
      CodeEvaluator.Candidate(name: $0, codes: try Naive.codes(500, sizes, seed: 2))
    }
    return CodeReport(
      title: title, evaluations: try CodeEvaluator().evaluate(x, candidates),
      histograms: try candidates.map { try CodeHistograms($0.codes) }, dimension: 4)
  }

  @Test func isOneWellFormedPageWithoutOtherFiles() throws {
    let html = try report("<model & 'co'>", sizes: [300, 1, 7], title: "</title><script>alert(1)</script>").html()
    #expect(html.contains("&lt;model &amp; &#39;co&#39;&gt;"))
    for forbidden in ["<script", "http://", "https://", "url(", "@import", "<link", "<img", "<model", "NaN", "nan"] {
      #expect(!html.contains(forbidden), "\(forbidden)")
    }
    // As XML, elements nest; void elements of HTML aside.
    var xml = html.replacingOccurrences(of: "<!DOCTYPE html>\n", with: "")
    for void in [#"<meta charset="utf-8">"#, #"<meta name="viewport" content="width=device-width, initial-scale=1">"#] {
      #expect(xml.contains(void))
      xml = xml.replacingOccurrences(of: void, with: "")
    }
    var open: [Substring] = []
    for match in xml.matches(of: /<(\/?)([a-z0-9]+)[^<>]*?(\/?)>/) {
      if !match.3.isEmpty { continue }
      if match.1.isEmpty { open.append(match.2) } else { #expect(open.popLast() == match.2) }
    }
    #expect(open.isEmpty)
    // Two sets of codes: tree, buckets, and two charts for each of three levels.
    #expect(html.components(separatedBy: "<svg").count - 1 == 2 * (2 + 6))
  }

  @Test func largeCodebooksAreBinned() throws {
    let codes = try Naive.codes(4000, [3000], seed: 3)
    let histograms = try CodeHistograms(codes)
    #expect(histograms.codes[0].count == 3000 && histograms.codes[0].reduce(0, +) == 4000)
    let charts = HistogramCharts(statistics: try CodeStatistics(codes), histograms: histograms)
    let chart = charts.usageByCode(level: 0)
    #expect(chart.items.count == 250 && chart.xLabel.contains("mean of 12"))
    #expect(abs(chart.items.reduce(0) { $0 + $1.value } * 12 - 4000) < 1e-6)
    let sorted = charts.sortedUsage(level: 0).items.map(\.value)
    #expect(zip(sorted, sorted.dropFirst()).allSatisfy { $0 >= $1 })
    let buckets = charts.bucketSizes.items.map(\.value)
    #expect(Int(buckets.reduce(0, +)) == histograms.prefixes[0])
  }

  @Test func codesAloneMakeAPage() throws {
    let codes = try Naive.codes(30, [4, 4], seed: 1)
    let html = try CodeReport(
      title: "t", evaluations: try CodeEvaluator.evaluate([.init(name: "a", codes: codes)]),
      histograms: [try CodeHistograms(codes)]
    ).html()
    #expect(html.contains("collision rate") && !html.contains("recall@"))
  }

  @Test func ticksAreRound() {
    #expect(ColumnChart.ticks(to: 87) == [0, 20, 40, 60, 80, 100])
    #expect(ColumnChart.ticks(to: 1).last.map { $0 >= 1 } == true)
  }
}

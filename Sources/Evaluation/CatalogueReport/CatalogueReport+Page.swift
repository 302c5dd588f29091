import Foundation
import Tokenizers
import Vectors

extension CatalogueReport {
  /// - Throws: `InputError` for a fault of a template.
  package func html() throws -> String {
    var page = Page(title: options.title, lead: lead, notes: notes)
    page.ownStyle = "\n" + Self.style
    page.head = Self.head
    let several = shown.count > 1
    return try page.html(
      Self.body,
      [
        "choice": several
          ? [["names": shown.map { Markup.escape($0.ids.name) }] as [String: Any]] : [],
        "data": data(), "script": Self.script,
        "figures": FigureTable(figures).values, "aboutFigures": Markup.escape(aboutFigures),
        "tokenizers": try shown.enumerated().map { number, shown -> [String: Any] in
          [
            "number": number, "name": Markup.escape(shown.ids.name), "about": Markup.escape(about(shown)),
            "cards": try CodeCards(shown.statistics, shown.histograms).values(),
          ]
        },
        "recall": try measurements.recall.map { ["svg": try $0.report.plot(data: $0.data)] },
        "offline": try measurements.offline.map { offline -> [String: Any] in
          let page = OfflinePage(title: offline.name, report: offline.report)
          return [
            "name": Markup.escape(offline.name), "lead": Markup.escape(page.lead), "section": try page.section(),
          ]
        },
        "hasRecall": !measurements.recall.isEmpty, "hasOffline": !measurements.offline.isEmpty,
        "about": aboutPage.map(Markup.escape),
      ])
  }

  /// Figures that were given, else those that the IDs alone tell.
  private var figures: [CodeEvaluation] {
    guard !measurements.evaluations.isEmpty else {
      return shown.map { CodeEvaluation(name: $0.ids.name, statistics: $0.statistics) }
    }
    return measurements.evaluations.map { evaluation in
      var evaluation = evaluation
      // A tokenizer has one name on the page: that of its file, without the ending.
      for ending in [".parquet", ".npy", ".jsonl"] where evaluation.name.hasSuffix(ending) {
        evaluation.name.removeLast(ending.utf8.count)
      }
      return evaluation
    }
  }

  private var aboutFigures: String {
    measurements.evaluations.isEmpty
      ? "Of the IDs on this page."
      : "Of the codes that semid evaluate codes measured. These can be the models' own codes, before items of equal codes "
        + "got IDs of their own; the IDs on this page are described below."
  }

  private var lead: String {
    let sets = shown.count == 1 ? "" : ", \(shown.count) tokenizers"
    return "\(Numerals.count(items.count)) items, vectors of \(Numerals.count(items.vectors.columns)) numbers\(sets)."
  }

  private var notes: [String] {
    guard points < items.count else { return [] }
    return [
      "The map has \(Numerals.count(points)) items, drawn evenly from all with seed \(options.map.seed). Counts, words and "
        + "charts are of all items."
    ]
  }

  private func about(_ shown: Shown) -> String {
    let sizes = shown.ids.codes.levelSizes.map { Numerals.count($0) }.joined(separator: " × ")
    let kind = shown.ids.kind.map { "\($0), " } ?? ""
    let statistics = shown.statistics
    return "\(kind)codebooks \(sizes); \(Numerals.count(statistics.ids)) distinct IDs, collision rate "
      + "\(Numerals.percent(statistics.collisionRate))."
  }

  /// How the page was made.
  private var aboutPage: [String] {
    var lines: [String] = []
    switch options.map.method {
    case .pacmap where points >= NeighborLayout.least:
      lines.append(
        "The map is a layout by PaCMAP (Wang, Huang, Rudin and Shaposhnik 2021) of the vectors' 50 widest directions. "
          + "Neighbors on the map are mostly neighbors by vector; distances between groups mean little.")
    default:
      lines.append(
        "The map shows the two directions in which the vectors vary most (PCA); they have "
          + "\(Numerals.percent(map.planarShare)) of the variance.")
    }
    if items.titles != nil || !items.columns.isEmpty {
      let columns = items.columns.map(\.name).joined(separator: ", ")
      lines.append(
        "The words of a prefix set its items apart from the other items of the prefix above it: those with the largest "
          + "log-odds ratio with an informative Dirichlet prior, over its standard deviation (Monroe, Colaresi and Quinn "
          + "2008), of titles" + (columns.isEmpty ? "." : " and \(columns)."))
    }
    for shown in shown {
      let name = self.shown.count > 1 ? "\(shown.ids.name): " : ""
      lines.append(
        "\(name)prefixes of fewer than \(Numerals.count(shown.tree.least)) items are not listed by themselves.")
    }
    lines.append("Levels are numbered from 0.")
    return lines
  }

  /// Nothing is fetched, and no script runs but the page's own: the browser is told so.
  private static let head: String = {
    var digest = SHA256()
    digest.update(Array(("\n" + script + "\n").utf8))
    let hex = Array(digest.hexDigest().utf8)
    let bytes = stride(from: 0, to: hex.count, by: 2).compactMap {
      UInt8(String(decoding: hex[$0..<$0 + 2], as: UTF8.self), radix: 16)
    }
    return """
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; \
      script-src 'sha256-\(Data(bytes).base64EncodedString())'">
      <link rel="icon" href="data:,">

      """
  }()
}

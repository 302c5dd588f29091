import Tokenizers

/// A page that shows evaluations of codes, with figures and charts. It is one self-contained file.
package struct CodeReport: Sendable {
  package var title: String
  package var evaluations: [CodeEvaluation]
  /// In the order of the evaluations.
  package var histograms: [CodeHistograms]
  /// Length of the vectors; nil without vectors.
  package var dimension: Int?
  /// Notes before the figures, one paragraph each.
  package var notes: [String] = []

  package init(title: String, evaluations: [CodeEvaluation], histograms: [CodeHistograms], dimension: Int? = nil) {
    precondition(evaluations.count == histograms.count, "histograms of every evaluation")
    self.title = title
    self.evaluations = evaluations
    self.histograms = histograms
    self.dimension = dimension
  }

  /// - Throws: `InputError` for a fault of the template.
  package func html() throws -> String {
    try Page(title: title, lead: lead, notes: notes).html(
      Self.body,
      [
        "figures": FigureTable(evaluations).values, "footer": Markup.escape(footer),
        "sections": try zip(evaluations, histograms).map(section),
      ])
  }

  private var lead: String {
    guard let first = evaluations.first else { return "No codes." }
    let items = "\(Numerals.count(first.statistics.items)) items"
    let sets = evaluations.count == 1 ? "" : ", \(evaluations.count) sets of codes"
    return items + (dimension.map { ", vectors of \($0) numbers" } ?? ", no vectors") + sets
  }

  private var footer: String {
    var text = "Levels are numbered from 0."
    if evaluations.contains(where: { $0.neighbors != nil }) {
      text += """
         Neighbors by code come in ties, since whole groups of items are equally near. Items at equal distance count as \
        standing in every order equally often, and the figures are the exact mean over all those orders; an item is not \
        its own neighbor.
        """
    }
    return text
  }

  private func section(_ evaluation: CodeEvaluation, _ histograms: CodeHistograms) throws -> [String: Any] {
    var section: [String: Any] = ["cards": try CodeCards(evaluation.statistics, histograms).values()]
    if evaluations.count > 1 { section["heading"] = Markup.escape(evaluation.name) }
    return section
  }
}

import Interactions
import Vectors

/// One row of a text corpus: a task in one of its wordings, for an item or for a window of a history.
struct PlannedRow: Hashable, Sendable {
  var task: CorpusTask
  var wording: UInt16
  /// With a history: the user, the first interaction and the target; for a document of a history, its last interaction.
  var user: UInt32
  var first: UInt32
  /// Without a history: the item's row in the codes.
  var target: UInt32
}

/// Chooses the rows of a text corpus. Each choice depends on the seed, the task and the row's own place in the input, so
/// it is the same for any number of threads and any set of other tasks.
struct RowPlan {
  let histories: Histories
  let items: ItemCodes
  let texts: ItemTexts
  let templates: TemplateLibrary
  let options: TextRowOptions
  /// Whether a title that items with different IDs have makes rows of all of them.
  let keepsSharedTitles: Bool
  let heldOut: HeldOutDocuments

  /// Rows for training, in the order of the tasks.
  ///
  /// - Parameter weights: how often each row of a task is used; a fraction is the chance of once more.
  func training(_ weights: [(task: CorpusTask, weight: Double)], report: inout WindowReport) -> [PlannedRow] {
    var rows: [PlannedRow] = []
    var cut: [Window]?
    for (task, weight) in weights where weight > 0 {
      if task.isOfHistories {
        let source: [Window]
        if task == .historyDocument {
          source = histories.documents(.train, options.windows, fewestItems: 2)
        } else {
          if cut == nil {
            cut = histories.windows(.train, options.windows, items: items, keepsRepeats: false, report: &report)
          }
          source = cut ?? []
        }
        for window in source where usable(window, task) {
          append(window.user, window.first, window.target, task, weight, key: window.target, to: &rows)
        }
      } else {
        let seen = options.hidesHeldOutTexts ? histories.trainingItems(of: items.count) : nil
        for item in 0..<items.count where seen?[item] ?? true {
          if task.needsTitle, isUntitled(item) { continue }
          if task == .titleItem, !keepsSharedTitles, texts.hasTitleOfSeveralIDs[item] {
            report.titlesOfSeveralIDs += 1
            continue
          }
          append(0, UInt32(item), UInt32(item), task, weight, key: UInt32(item), to: &rows)
        }
      }
    }
    return rows
  }

  /// Rows for validation or test: every window of the split, once for each task of histories.
  func evaluation(
    _ split: Split, _ weights: [(task: CorpusTask, weight: Double)], report: inout WindowReport
  ) -> [PlannedRow] {
    let tasks = weights.filter { $0.task.isOfHistories && $0.weight > 0 }
    var rows: [PlannedRow] = []
    var cut: [Window]?
    for (task, _) in tasks {
      let source: [Window]
      if task == .historyDocument, heldOut == .targets {
        source = histories.documents(split, options.windows, fewestItems: 1)
      } else {
        if cut == nil {
          cut = histories.windows(split, options.windows, items: items, keepsRepeats: false, report: &report)
        }
        source = cut ?? []
      }
      for window in source where usable(window, task) {
        append(window.user, window.first, window.target, task, 1, key: window.target, to: &rows)
      }
    }
    return rows
  }

  /// Puts rows in an order drawn from the seed.
  func shuffle(_ rows: inout [PlannedRow]) {
    var random = CounterRandom(seed: options.seed, stream: 1 << 32)
    rows.shuffle(using: &random)
  }

  private func isUntitled(_ item: Int) -> Bool { texts.titles.withUTF8(at: item) { $0.isEmpty } }

  /// Whether a history of titles has at least one title.
  private func usable(_ window: Window, _ task: CorpusTask) -> Bool {
    task != .titlesNextItem || window.history.contains { !isUntitled(Int(histories.items[$0])) }
  }

  private func append(
    _ user: UInt32, _ first: UInt32, _ target: UInt32, _ task: CorpusTask, _ weight: Double, key: UInt32,
    to rows: inout [PlannedRow]
  ) {
    let draw = CounterRandom.philox(
      counter: SIMD4(key, task.stream, 0, 0),
      key: SIMD2(UInt32(truncatingIfNeeded: options.seed), UInt32(options.seed >> 32)))
    let whole = weight.rounded(.down)
    let copies = Int(whole) + (Double(draw.y) * 0x1p-32 < weight - whole ? 1 : 0)
    let count = UInt32(templates.wordings[task]?.count ?? 1)
    for copy in 0..<UInt32(copies) {
      // Copies of a row are worded differently as long as there are wordings.
      let wording = UInt16((draw.x % count &+ copy) % count)
      rows.append(PlannedRow(task: task, wording: wording, user: user, first: first, target: target))
    }
  }
}

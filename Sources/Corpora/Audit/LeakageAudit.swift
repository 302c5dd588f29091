import Interactions
import Vectors
/// What an audit checked. A violation stops the run, so a report has none.
package struct AuditReport: Hashable, Sendable, Codable {
  /// Training rows that were checked against the targets of validation and test.
  package var trainingRows = 0
  /// Prompts that were searched for their answer.
  package var prompts = 0
  /// Whether texts of held-out items were forbidden.
  package var hidesHeldOutTexts = false

  package init() {}
}

/// Checks training rows for what must not be in them.
///
/// - No interaction of validation or test. Unless repeats are kept, also no item that is such a target of the same
///   user.
/// - No answer inside its own prompt.
/// - With `hidesHeldOutTexts`: no text of an item that has no training interaction.
///
/// It reads the finished rows and the parts of the input, not the steps between, so that it finds faults in those
/// steps.
struct LeakageAudit: Sendable {
  let histories: Histories
  let items: ItemCodes
  /// For each item, whether training has it; nil where texts of other items are allowed.
  let trainingItems: [Bool]?

  init(_ histories: Histories, items: ItemCodes, hidesHeldOutTexts: Bool = false) {
    self.histories = histories
    self.items = items
    trainingItems = hidesHeldOutTexts ? histories.trainingItems(of: items.count) : nil
  }

  /// Checks the interactions `events` of training row `row`.
  func check(events: Range<Int>, user: Int, row: Int) throws {
    let own = histories.starts[user]..<histories.starts[user + 1]
    let training = histories.range(of: user, .train)
    guard own.contains(events.lowerBound), events.upperBound <= own.upperBound else {
      throw fault(row, user, expected: "interactions of one user", found: "another's")
    }
    guard events.upperBound <= training.upperBound else {
      throw fault(
        row, user, expected: "no interaction of validation or test",
        found: "\"\(name(histories.items[training.upperBound]))\"")
    }
    guard histories.repeats == .first else { return }
    for heldOut in training.upperBound..<own.upperBound {
      let item = histories.items[heldOut]
      guard histories.items[events].contains(item) else { continue }
      throw fault(
        row, user, expected: "no target of validation or test",
        found:
          "\"\(name(item))\", a \(heldOut < histories.validEnds[user] ? "validation" : "test") target of this user",
        remedy: "the parts of the input overlap: split them anew, or keep repeats if the user did meet the item again")
    }
  }

  func check(windows: [Window], report: inout AuditReport) throws {
    for (row, window) in windows.enumerated() {
      try check(events: Int(window.first)..<Int(window.target) + 1, user: Int(window.user), row: row)
    }
    report.trainingRows += windows.count
  }

  /// Checks that training row `row` may hold the text of `item`.
  func check(textOf item: Int, row: Int) throws {
    guard let trainingItems, !trainingItems[item] else { return }
    throw InputError(
      .mismatch, "leakage audit", at: "training row \(row) (from 0)", expected: "texts of training items alone",
      found: "that of \"\(items.ids[item])\", which is held out")
  }

  /// Checks that a prompt does not hold its answer. Both are as they stand in the file.
  static func check(
    prompt: ArraySlice<UInt8>, answer: ArraySlice<UInt8>, row: Int, file: String, task: String
  ) throws {
    guard contains(prompt, answer) else { return }
    throw InputError(
      .mismatch, "leakage audit", at: "row \(row) (from 0) of \(file), task \(task)",
      expected: "a prompt without its answer", found: "\"\(String(decoding: answer.prefix(80), as: UTF8.self))\" in it",
      remedy: "take the answer out of the prompt's template")
  }

  /// Whether `text` holds `part` as words of its own, not inside a longer word or number. An empty part is never held.
  /// Linear in both.
  static func contains(_ text: ArraySlice<UInt8>, _ part: ArraySlice<UInt8>) -> Bool {
    text.withUnsafeBufferPointer { text in part.withUnsafeBufferPointer { contains(text, $0) } }
  }

  private static func contains(_ text: UnsafeBufferPointer<UInt8>, _ part: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let first = part.first, let last = part.last, part.count <= text.count else { return false }
    // One walk over the text, also where both repeat themselves (Knuth, Morris and Pratt 1977).
    let borders = borders(of: part)
    var matched = 0
    for end in 1...text.count {
      while matched > 0, matched == part.count || part[matched] != text[end - 1] { matched = borders[matched - 1] }
      if part[matched] == text[end - 1] { matched += 1 }
      guard matched == part.count else { continue }
      let start = end - part.count
      let joinsBefore = start > 0 && isWord(text[start - 1]) && isWord(first)
      let joinsBehind = end < text.count && isWord(text[end]) && isWord(last)
      if !joinsBefore, !joinsBehind { return true }
    }
    return false
  }

  /// For each beginning of `part`: the length of the longest shorter beginning with which it ends.
  private static func borders(of part: UnsafeBufferPointer<UInt8>) -> [Int] {
    var borders = [Int](repeating: 0, count: part.count)
    var length = 0
    for index in part.indices.dropFirst() {
      while length > 0, part[length] != part[index] { length = borders[length - 1] }
      if part[length] == part[index] { length += 1 }
      borders[index] = length
    }
    return borders
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte >= 0x80
  }

  private func name(_ item: UInt32) -> String { items.ids[Int(item)] }

  private func fault(_ row: Int, _ user: Int, expected: String, found: String, remedy: String? = nil) -> InputError {
    InputError(
      .mismatch, "leakage audit", at: "training row \(row) (from 0), user \"\(histories.users[user])\"",
      expected: expected, found: found, remedy: remedy)
  }
}

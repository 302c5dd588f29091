import ArgumentParser
import Foundation
import SemanticID

struct RegistryCompare: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Say which items kept, changed, got and lost their IDs.",
    discussion: """
      Example: semid registry diff ids.db@1 ids.db
      Example: semid registry diff ids.db@3 @5

      Each side is a registry, with @ and a number for what that generation published; a number alone means the first \
      side's registry. A level keeps an item when all its codes up to there are the same.
      """)

  @Argument(help: ArgumentHelp("From: FILE or FILE@GENERATION.", valueName: "a"), completion: .file())
  var first: String
  @Argument(help: ArgumentHelp("To: FILE, FILE@GENERATION or @GENERATION.", valueName: "b"), completion: .file())
  var second: String
  @Flag(help: "List every item that moved, is new or is gone.")
  var items = false
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    let (path, number) = Self.parse(first)
    var other = Self.parse(second)
    if other.path.isEmpty { other.path = path }
    let from = try await Registry.with(path, .read) { try $0.snapshot(generation: number) }
    let to = try await Registry.with(other.path, .read) { try $0.snapshot(generation: other.generation) }
    let diff = RegistryDiff(from: from, to: to)
    let summary = Summary(first: first, second: second, from, to, diff)
    try console.print(summary) {
      let levels = Table(
        summary.levels.indices.map { $0 },
        [
          Column("level", .right) { "\($0)" }, Column("kept", .right) { Text.count(summary.levels[$0].kept) },
          Column("moved", .right) { Text.count(summary.levels[$0].moved) },
        ])
      return """
        \(first) (generation \(from.generation.number), \(Text.count(from.ids.count, "item"))) to \(second) (generation \
        \(to.generation.number), \(Text.count(to.ids.count, "item"))): \(Text.count(diff.kept)) kept, \
        \(Text.count(diff.moved.count)) moved, \(Text.count(diff.new.count)) new, \(Text.count(diff.gone.count)) gone
        \(levels.lines().joined(separator: "\n"))
        """
    }
    if items { try console.print(Self.changes(from, to, diff), Self.columns) }
  }

  /// `ids.db@3` as `ids.db` and 3; a file whose own name ends so goes by it.
  static func parse(_ text: String) -> (path: String, generation: Int?) {
    guard let at = text.lastIndex(of: "@"), let number = Int(text[text.index(after: at)...]),
      !FileManager.default.fileExists(atPath: text)
    else { return (text, nil) }
    return (String(text[..<at]), number)
  }

  private struct Change: Encodable {
    var item: String
    var change: String
    var from: String?
    var to: String?
  }

  private static func changes(_ a: RegistrySnapshot, _ b: RegistrySnapshot, _ diff: RegistryDiff) -> [Change] {
    func id(_ snapshot: RegistrySnapshot, _ row: Int) -> String { TokenFormat.plain().text(for: snapshot.codes[row]) }
    return diff.moved.map { Change(item: a.ids[$0.from], change: "moved", from: id(a, $0.from), to: id(b, $0.to)) }
      + diff.new.map { Change(item: b.ids[$0], change: "new", from: nil, to: id(b, $0)) }
      + diff.gone.map { Change(item: a.ids[$0], change: "gone", from: id(a, $0), to: nil) }
  }

  private static let columns: [Column<Change>] = [
    Column("item", shrinks: true) { $0.item }, Column("change") { $0.change }, Column("from") { $0.from ?? "" },
    Column("to") { $0.to ?? "" },
  ]

  struct Summary: Encodable {
    struct Level: Encodable {
      /// Items in both whose codes agree up to this level.
      var kept: Int
      /// Items in both whose codes differ here first.
      var moved: Int
    }

    var from: String
    var to: String
    var fromGeneration: Int
    var toGeneration: Int
    var sameModel: Bool
    var kept: Int
    var moved: Int
    var new: Int
    var gone: Int
    var levels: [Level]

    init(first: String, second: String, _ a: RegistrySnapshot, _ b: RegistrySnapshot, _ diff: RegistryDiff) {
      from = first
      to = second
      fromGeneration = a.generation.number
      toGeneration = b.generation.number
      sameModel = a.generation.model == b.generation.model
      kept = diff.kept
      moved = diff.moved.count
      new = diff.new.count
      gone = diff.gone.count
      levels = zip(diff.keptAtLevel, diff.movedAtLevel).map { Level(kept: $0, moved: $1) }
    }
  }
}

import ArgumentParser
import Foundation
import SemanticID

struct RegistryInfo: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Say what a registry holds, generation by generation.",
    discussion: "Example: semid registry info ids.db")

  @OptionGroup var registry: RegistryOptions
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    let generations = try await registry.with(.read) { try $0.generations() }
    let summary = RegistrySummary(registry.registry, generations)
    try console.print(summary) {
      guard let last = generations.last else { return "\(registry.registry): empty" }
      let columns: [Column<Generation>] = [
        Column("generation", .right) { Text.count($0.number) }, Column("created") { $0.created },
        Column("added", .right) { Text.count($0.added) }, Column("restored", .right) { Text.count($0.restored) },
        Column("removed", .right) { Text.count($0.removed) }, Column("released", .right) { Text.count($0.released) },
        Column("items", .right) { Text.count($0.items) },
      ]
      return """
        \(summary.registry)
          items       \(Text.count(last.items)) on \(Text.figure(last.possibleIDs)) possible IDs, \
        \(last.capacity == 1 ? "one each" : "up to \(last.capacity) each")
          tombstones  \(Text.count(last.held - last.items))
          codes       \(last.levelSizes.map { Text.count($0) }.joined(separator: " × "))
          model       \(last.model)
          size        \(Text.bytes(summary.bytes))
        \(Table(generations, columns).lines().joined(separator: "\n"))
        """
    }
  }
}

struct RegistrySummary: Encodable {
  var registry: String
  var bytes: Int
  var items: Int
  /// Removed items whose IDs are kept for them.
  var tombstones: Int
  var possibleIDs: Double
  var model: String?
  var generations: [Generation]

  init(_ path: String, _ generations: [Generation]) {
    registry = path
    bytes = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    items = generations.last?.items ?? 0
    tombstones = (generations.last?.held ?? 0) - items
    possibleIDs = generations.last?.possibleIDs ?? 0
    model = generations.last?.model
    self.generations = generations
  }
}

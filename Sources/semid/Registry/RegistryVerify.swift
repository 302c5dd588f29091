import ArgumentParser
import Foundation
import SemanticID

struct RegistryVerify: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check every byte, row, count and digest of a registry.",
    discussion: """
      Example: semid registry verify ids.db

      Registries of versions 1 and 2 have no checksums in their pages: a damaged byte that no answer depends on is not \
      found there. semid registry copy writes a registry of version 2 anew with them.
      """)

  static let withoutChecksums = "its pages have no checksums: damage that no answer depends on is not found"

  @OptionGroup var registry: RegistryOptions
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    let ((generations, hasChecksums), seconds) = try await console.step("verifying", unit: "items") { _ in
      try await timed {
        try await registry.with(.read) { registry in
          try registry.verify()
          return (try registry.generations(), try registry.hasChecksums())
        }
      }
    }
    if !hasChecksums { console.note("\(registry.registry): \(Self.withoutChecksums)") }
    try console.print(RegistrySummary(registry.registry, generations)) {
      """
      \(registry.registry): whole (\(Text.count(generations.count, "generation")), \
      \(Text.count(generations.last?.items ?? 0, "item")), checked in \(Text.duration(seconds: seconds)))
      """
    }
  }
}

import ArgumentParser
import Foundation
import Pipeline
import SemanticID

/// The verbs that steps of a pipeline can be.
enum PipelineVerbs {
  static let commands: [String: any ParsableCommand.Type] = [
    "prepare": Prepare.self, "embed": Embed.self, "train": Train.self, "encode": Encode.self, "resolve": Resolve.self,
    "registry": RegistryCommand.self, "index": Index.self, "corpus": Corpus.self, "evaluate": Evaluate.self,
  ]

  /// Their options, as the parser itself describes them.
  static func catalogue() throws -> VerbCatalogue {
    var verbs: [String: VerbOptions] = [:]
    for (name, command) in commands {
      let dump = try JSONDecoder().decode(Dump.self, from: Data(command._dumpHelp().utf8))
      collect(dump.command, [name], &verbs)
    }
    return VerbCatalogue(verbs)
  }

  /// What `--experimental-dump-help` prints.
  private struct Dump: Decodable {
    struct Command: Decodable {
      struct Argument: Decodable {
        struct Name: Decodable {
          var kind: String
          var name: String
        }
        var kind: String
        var isRepeating: Bool
        var names: [Name]?
        var valueName: String?
      }
      var commandName: String
      var arguments: [Argument]?
      var subcommands: [Command]?
    }
    var command: Command
  }

  private static func collect(_ command: Dump.Command, _ path: [String], _ verbs: inout [String: VerbOptions]) {
    let below = (command.subcommands ?? []).filter { $0.commandName != "help" }
    guard below.isEmpty else {
      for verb in below { collect(verb, path + [verb.commandName], &verbs) }
      return
    }
    verbs[path.joined(separator: " ")] = VerbOptions(options: (command.arguments ?? []).compactMap(option))
  }

  private static func option(_ argument: Dump.Command.Argument) -> VerbOptions.Option? {
    let names = (argument.names ?? []).filter { $0.kind == "long" }.map(\.name)
    guard argument.kind != "positional", !names.isEmpty else { return nil }
    guard argument.kind == "flag" else {
      let words = (argument.valueName ?? "").split { !$0.isLetter }
      return .init(
        names: names, kind: .value(repeats: argument.isRepeating),
        isPath: words.count == 1 && ["file", "directory", "path"].contains(words[0]))
    }
    let off = names.first { $0.hasPrefix("no-") && names.contains(String($0.dropFirst(3))) }
    return .init(names: names.filter { $0 != off }, kind: .flag(off: off), isPath: false)
  }
}

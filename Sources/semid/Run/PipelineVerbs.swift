import ArgumentParser
import Foundation
import Pipeline
import SemanticID

/// The verbs that steps of a pipeline can be.
enum PipelineVerbs {
  static let commands: [String: any ParsableCommand.Type] = [
    "prepare": Prepare.self, "embed": Embed.self, "train": Train.self, "encode": Encode.self, "resolve": Resolve.self,
    "registry": RegistryCommand.self, "index": Index.self, "corpus": Corpus.self, "evaluate": Evaluate.self,
    "export": Export.self, "report": ReportCommand.self,
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
    verbs[path.joined(separator: " ")] = VerbOptions(options: paired((command.arguments ?? []).compactMap(option)))
  }

  /// The parser lists `--texts` and `--no-texts` one after the other: here they are one option.
  private static func paired(_ options: [VerbOptions.Option]) -> [VerbOptions.Option] {
    func off(_ option: VerbOptions.Option) -> String? {
      guard case .flag = option.kind else { return nil }
      let names = option.names.map { "no-" + $0 }
      return options.lazy.flatMap(\.names).first(where: names.contains)
    }
    let offs = Set(options.compactMap(off))
    return options.filter { Set($0.names).isDisjoint(with: offs) }.map { option in
      var option = option
      if case .flag = option.kind { option.kind = .flag(off: off(option)) }
      return option
    }
  }

  private static func option(_ argument: Dump.Command.Argument) -> VerbOptions.Option? {
    let names = (argument.names ?? []).filter { $0.kind == "long" }.map(\.name)
    guard argument.kind != "positional", !names.isEmpty else { return nil }
    guard argument.kind == "flag" else {
      // `file`, `file.json`, `directory`; `file or name`.
      let text = argument.valueName ?? ""
      let words = text.split { !$0.isLetter }
      return .init(
        names: names, kind: .value(repeats: argument.isRepeating),
        isPath: !text.contains(" or ") && words.first.map { ["file", "directory", "path"].contains($0) } ?? false,
        mayBePath: text.hasPrefix("file or "))
    }
    return .init(names: names, kind: .flag(off: nil), isPath: false)
  }
}

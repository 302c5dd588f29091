import Foundation
import SemanticID
import TestSupport
import Testing

/// Every number of every verb, as it should not be: an answer or an error, no trap and no endless work.
@Suite(.enabled(if: Program.isReady)) struct ArgumentTests {
  /// What `--experimental-dump-help` says of a command.
  struct Dump: Decodable {
    struct Command: Decodable {
      struct Argument: Decodable {
        struct Name: Decodable {
          var kind: String
          var name: String
        }
        var kind: String
        var isOptional: Bool
        var names: [Name]?
        var valueName: String?
        var defaultValue: String?
      }
      var commandName: String
      var arguments: [Argument]?
      var subcommands: [Command]?
    }
    var command: Command
  }

  struct Verb: CustomStringConvertible {
    var path: [String]
    var arguments: [Dump.Command.Argument]
    var description: String { path.joined(separator: " ") }

    /// Names of values that are numbers, or lists of numbers.
    static let numeric: Set<String> = [
      "n", "k", "d", "x", "e", "rows", "share", "weight", "width", "widths", "rate", "norm", "n,n,…", "x,x,…", "k,k,…",
      "tokens", "s",
    ]

    /// Long names of the options that take numbers.
    var numbers: [String] {
      arguments.filter { $0.kind == "option" && Self.numeric.contains($0.valueName ?? "") }
        .compactMap { $0.names?.first { $0.kind == "long" }?.name }
    }
  }

  static func verbs(of command: Dump.Command, path: [String] = []) -> [Verb] {
    let below = (command.subcommands ?? []).flatMap { verbs(of: $0, path: path + [$0.commandName]) }
    return below.isEmpty ? [Verb(path: path, arguments: command.arguments ?? [])] : below
  }

  /// The arguments with which a verb has all that it must have, and little to do.
  static func least(_ verb: Verb) -> [String]? {
    let output = ["-o", "out"]
    let corpus = ["--interactions", "inter.parquet", "--codes", "codes.parquet"]
    switch verb.description {
    case "train rq-kmeans": return ["a.npy", "--codebook-size", "4"] + output
    case "train rq-vae", "train vq-vae", "train rq-kmeans-plus":
      return ["a.npy", "--codebook-size", "4", "--epochs", "2", "--layers", "8"] + output
    case "embed model":
      return [RealData.packageRoot + "/Tests/Fixtures/encoders/bert", "--items", "items.jsonl", "-o", "out.npy"]
    case "embed lsa": return ["--items", "items.jsonl", "-o", "out.npy"]
    case "encode", "resolve": return ["a.npy", "-m", "model", "-o", "out.npy"]
    case "decode": return ["codes.npy", "-m", "model", "-o", "out.npy"]
    case "decode-text": return ["text.txt", "--index", "index"]
    case "search": return ["index", "--vector", "a.npy:0"]
    // One that would start would not end.
    case "serve": return ["no-index"]
    case "index build": return ["a.npy", "-m", "model"] + output
    case "index add": return ["index", "b.npy"]
    case "index delete": return ["index", "item_1"]
    case "index info", "index verify", "index compact", "index items": return ["index"]
    case "registry add": return ["ids.db", "a.npy", "-m", "model"]
    case "registry remove", "registry lookup": return ["ids.db", "item_1"]
    case "registry list", "registry info", "registry verify": return ["ids.db"]
    case "registry diff": return ["ids.db", "ids.db"]
    case "registry copy": return ["ids.db", "-o", "copy.db"]
    case "registry export": return ["ids.db", "-o", "out.npy"]
    case "evaluate codes": return ["a.npy", "--model", "model"]
    case "evaluate offline": return ["a.npy", "--interactions", "inter.parquet", "--model", "model"]
    case "report": return ["a.npy", "--model", "model", "-o", "out.html"]
    case "export atlas": return ["a.npy", "--model", "model"] + output
    case "export flashrec", "export sid-gr": return ["index", "--first-token", "100", "-o", "out.json"]
    case "export static", "export rectokens": return ["index", "-o", "out.npz"]
    case "model info", "model verify": return ["model"]
    case "model convert": return ["model"] + output
    case "corpus vocabulary": return ["--model", "model", "-o", "out.txt"]
    case "corpus map": return ["--codes", "codes.parquet", "-o", "out.jsonl"]
    case "corpus sequences": return corpus + output
    case "corpus instructions": return corpus + ["--tasks", "next-item"] + output
    case "corpus pretrain": return corpus + ["--tasks", "history-document"] + output
    case "corpus templates": return []
    case "corpus mini-onerec": return corpus + ["--category", "x"] + output
    case "corpus lc-rec": return corpus + ["--name", "x"] + output
    case "corpus constraint": return ["index", "-o", "out.npz"]
    case "corpus audit": return ["text.txt", "--index", "index"]
    case "bench recall", "bench candidates":
      return ["--data", "a.npy", "--codebook-size", "4", "--queries", "2", "--k", "1"]
    case "bench expansion", "bench index", "bench masks": return ["--items", "100", "--codebook-size", "4"]
    case "bench filters": return ["index", "--queries", "a.npy", "--k", "1"]
    case "bench growth": return ["--items", "1000", "--codebook-size", "4"]
    case "bench updates":
      return ["--items", "1000", "--add", "10", "--delete", "10", "--searches", "10", "--codebook-size", "4"]
    case "prepare amazon": return ["--reviews", "r.jsonl", "--items", "m.jsonl"] + output
    case "prepare recbole": return ["--interactions", "x.inter"] + output
    case "prepare csv": return ["--interactions", "inter.parquet"] + output
    case "prepare debian": return ["--packages", "packages.txt"] + output
    case "demo": return ["--catalogue", "catalogue.jsonl"]
    default: return nil
    }
  }

  @Test func everyNumberOfEveryVerb() async throws {
    let folder = try Workplace.full()
    let dump = try Program.semid.run(["--experimental-dump-help"])
    let root = try JSONDecoder().decode(Dump.self, from: Data(dump.output.utf8)).command
    let verbs = Self.verbs(of: root).filter { $0.path.first != "help" }
    #expect(verbs.count > 30)
    var attempts: [(verb: Verb, arguments: [String])] = []
    for verb in verbs {
      let least = Self.least(verb)
      guard let least else {
        // A verb without numbers of its own needs no line above.
        #expect(verb.numbers.allSatisfy { $0 == "threads" }, "no arguments are known for \(verb)")
        continue
      }
      for number in verb.numbers {
        for value in [
          "9223372036854775807", "-9223372036854775808", "-1", "0", "nan", "inf", "1e400", "99999999999999999999",
        ] {
          // The last of an option that is given twice counts.
          attempts.append((verb, verb.path + least + ["--\(number)=\(value)", "--quiet"]))
        }
      }
    }
    #expect(attempts.count > 500)
    let workers = max(2, ProcessInfo.processInfo.activeProcessorCount)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<workers {
        group.addTask { [attempts] in
          // Each in a copy: verbs change what they are given.
          let place = try Workplace.copy(of: folder)
          for (verb, arguments) in attempts.enumerated().filter({ $0.offset % workers == worker }).map(\.element) {
            let outcome = try Program.semid.run(arguments, in: place.path, within: 20)
            #expect(
              !outcome.timedOut && outcome.signal == nil && (outcome.status ?? 255) < 128,
              "\(verb): \(arguments.joined(separator: " ")): \(outcome)")
          }
        }
      }
      try await group.waitForAll()
    }
  }

  /// An option that may be left out says what holds then: its default, or that there is none.
  @Test func helpNamesEveryDefault() throws {
    let dump = try Program.semid.run(["--experimental-dump-help"])
    let root = try JSONDecoder().decode(Dump.self, from: Data(dump.output.utf8)).command
    // One of them has to be given.
    let either: Set<String> = ["search --item", "search --id", "search --prefix"]
    var options = 0
    for verb in Self.verbs(of: root) where verb.path.first != "help" {
      let help = try Program.semid.run(verb.path + ["--help"]).output.components(separatedBy: "USAGE:").last ?? ""
      // The paragraph of each option, on one line.
      var paragraphs: [String] = []
      for line in help.split(separator: "\n", omittingEmptySubsequences: false) {
        let text = line.drop { $0 == " " }
        if text.isEmpty || (text.first == "-" && line.count - text.count == 2) {
          paragraphs.append(String(text))
        } else if !paragraphs.isEmpty {
          paragraphs[paragraphs.count - 1] += " " + text
        }
      }
      for option in verb.arguments where option.kind == "option" && option.isOptional {
        let name = "--" + (option.names?.first { $0.kind == "long" }?.name ?? "")
        guard !either.contains("\(verb) \(name)") else { continue }
        let paragraph = paragraphs.first { paragraph in
          paragraph.split { $0 == " " || $0 == "," }.prefix(4).contains { $0 == name }
        }
        options += 1
        guard let paragraph else {
          Issue.record("\(verb): no help of \(name)")
          continue
        }
        let expected = option.defaultValue.map { "default: \($0))" } ?? "default"
        #expect(paragraph.contains(expected), "\(verb) \(name): \(paragraph)")
      }
    }
    #expect(options > 400)
  }

  @Test func helpNamesTheFamiliesOfFAISS() throws {
    for verb in [["index", "build"], ["bench", "recall"]] {
      let help = try Program.semid.run(verb + ["--help"]).output.split { $0 == " " || $0 == "\n" }.joined(
        separator: " ")
      #expect(help.contains(IndexBuilder.faissFamilies), "\(help)")
      #expect(help.contains("RQ, LSQ, NSG, IMI and IDMap are refused"))
    }
  }

  @Test func anErrorNamesTheOptionTheRangeAndTheValue() throws {
    let folder = try Workplace.full()
    for (arguments, texts) in [
      (["encode", "a.npy", "-m", "model", "-o", "x.npy", "--beam=0"], ["--beam", "1 to", "found 0"]),
      (["train", "rq-vae", "a.npy", "-o", "x", "--epochs=-3"], ["--epochs", "1 to 1000000", "-3"]),
      (["train", "rq-vae", "a.npy", "-o", "x", "--dropout=nan"], ["--dropout", "0.0 to 1.0", "nan"]),
      (["train", "rq-kmeans", "a.npy", "-o", "x", "--levels=-3"], ["--levels", "1 to 256", "-3"]),
      (["train", "rq-kmeans", "a.npy", "-o", "x", "--codebook-size", "0"], ["--codebook-size", "1 to 65,536", "0"]),
      (["bench", "updates", "--items=9223372036854775807"], ["--items", "1 to", "9223372036854775807"]),
      (["bench", "masks", "--items=4000000000"], ["--items", "memory"]),
      (
        ["corpus", "sequences", "--codes", "c", "--train", "t", "-o", "x", "--shard-rows=0"],
        ["--shard-rows", "1 to", "0"]
      ),
      (["corpus", "constraint", "index", "-o", "x", "--first-token=99999999999"], ["--first-token", "0 to 16777215"]),
      (["evaluate", "codes", "a.npy", "--threads", "4096"], ["--threads", "1 to 1024", "4096"]),
    ] {
      let outcome = try Program.semid.run(arguments, in: folder.path, within: 20)
      #expect(outcome.status == 64, "\(arguments): \(outcome)")
      for text in texts { #expect(outcome.errors.contains(text), "\(arguments): \(outcome)") }
    }
  }
}

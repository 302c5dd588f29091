import ArgumentParser
import Foundation
import SemanticID

struct Encode: SemidCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn embeddings into codes.",
    discussion: """
      Example: semid encode embeddings.npy --model model --output codes.npy

      The output's extension says its form: .npy holds N × L integers; .jsonl an object a line with the item's id, its
      codes and its tokens.
      """)

  @OptionGroup var input: InputOptions
  @Option(name: .shortAndLong, help: ArgumentHelp("Model directory.", valueName: "directory"))
  var model: String
  @Option(name: .shortAndLong, help: ArgumentHelp("File to write: .npy or .jsonl.", valueName: "file"))
  var output: String
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    let form = try CodesOutput(path: output)
    let model = try RQKMeans(opening: model)
    let set = try input.open(console, readsIDs: form == .jsonLines)
    let (codes, seconds) = try await timed {
      try model.encode(set.vectors, pool: console.pool, source: set.source)
    }
    try form.write(codes, ids: set.ids, to: output)
    try console.print(
      Summary(
        output: output, model: model.fingerprint, rows: codes.count, threads: console.pool.threads, seconds: seconds)
    ) {
      """
      encoded \(Text.count(codes.count)) vectors in \(Text.duration(seconds: seconds)) \
      (\(Text.figure(Double(codes.count) / seconds))/s) to \(output)
      """
    }
  }

  struct Summary: Encodable {
    var output: String
    var model: String
    var rows: Int
    var threads: Int
    /// Encoding alone, without reading and writing files.
    var seconds: Double
  }
}

/// The forms that codes are written in.
enum CodesOutput {
  case npy, jsonLines

  init(path: String) throws {
    switch path.split(separator: ".").last?.lowercased() {
    case "npy": self = .npy
    case "jsonl": self = .jsonLines
    default:
      throw InputError(.usage, path, expected: "an output that ends in .npy or .jsonl", found: path)
    }
  }

  func write(_ codes: Codes, ids: StringColumn?, to path: String) throws {
    switch self {
    case .npy: try codes.write(to: path)
    case .jsonLines:
      struct Line: Encodable {
        var item: String
        var codes: [UInt16]
        var tokens: String
      }
      try AtomicFile.write(to: path) { file in
        for row in 0..<codes.count {
          let code = codes[row]
          let line = Line(item: ids?[row] ?? String(row), codes: code, tokens: TokenFormat.tokens.text(for: code))
          try file.write(JSON.line(line) + "\n")
        }
      }
    }
  }
}

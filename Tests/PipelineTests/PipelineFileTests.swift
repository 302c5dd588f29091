import TestSupport
import Testing
import Vectors

@testable import Pipeline

@Suite struct PipelineFileTests {
  private func parse(_ text: String, _ environment: [String: String] = [:]) throws -> PipelineFile {
    try PipelineFile(parsing: text, source: "p.yaml", folder: "/f", environment: environment)
  }

  private func fault(_ text: String, _ environment: [String: String] = [:]) -> InputError? {
    #expect(throws: InputError.self) { try parse(text, environment) }
  }

  @Test func readsSectionsInTheirOrder() throws {
    let file = try parse(
      """
      output: out
      embeddings: {file: x.npy, vectors: emb}
      tokenizers:
        second: {kind: rq-vae, epochs: 3, batch-norm: true}
        first:
          kind: rq-kmeans
          codebook-size: [4, 8]
          seed:
      corpora:
        sequences:
      evaluate:
        offline: {profile: [mean, last5]}
      """)
    #expect(file.output?.values == ["out"])
    #expect(file.embeddings?.map(\.name) == ["file", "vectors"])
    #expect(file.tokenizers.map(\.name) == ["second", "first"])
    #expect(file.tokenizers[0].section.kind == "rq-vae")
    #expect(file.tokenizers[0].section.settings.map(\.name) == ["epochs", "batch-norm"])
    // A key without a value is the verb's default.
    #expect(file.tokenizers[1].section.settings.map(\.values) == [["4", "8"]])
    #expect(file.tokenizers[1].section.settings[0].place == "line 7")
    #expect(file.corpora.map(\.name) == ["sequences"] && file.ids == nil)
    #expect(file.evaluateOffline?.settings.first?.isList == true)
  }

  @Test func putsVariablesIn() throws {
    func model(_ text: String, _ environment: [String: String]) throws -> String? {
      try parse("embed: {model: '\(text)'}\ntokenizers: {a: {}}", environment).embed?.settings[0].values[0]
    }
    #expect(try model("${A}/x${B}", ["A": "1", "B": "2"]) == "1/x2")
    #expect(try model("${A:-d}", [:]) == "d")
    #expect(try model("${A:-d}", ["A": ""]) == "d")
    #expect(try model("${A:-}", [:]) == "")
    #expect(try model("$A $${A} $", ["A": "x"]) == "$A ${A} $")
    // What a variable holds is not looked into again.
    #expect(try model("${A}", ["A": "${B}"]) == "${B}")
    let missing = fault("embed: {}\ntokenizers: {a: {kind: '${NO}'}}")
    #expect(missing?.kind == .missing && missing?.place == "line 2" && missing?.remedy?.contains("NO") == true)
    #expect(fault("output: '${A'\n", ["A": "x"])?.found == "${ without }")
  }

  @Test(arguments: [
    ("", "tokenizers:, with one tokenizer at least"), ("[1, 2]", "a pipeline: lines of key: value"),
    ("tokenizers: [a]", "tokenizers: lines of key: value"), ("tokenizers: {a: b}", "a: lines of key: value"),
    ("tokenizers: {a/b: {}}", "a name of letters"), ("tokenizers: {..: {}}", "a name of letters"),
    ("tokenizers: {'': {}}", "a name of letters"), ("tokenizers: {a: {seed: {x: 1}}}", "seed: a value"),
    ("tokenizers: {a: {kind: [x, y]}}", "kind: one name"), ("tokenizer: {a: {}}", "one of output"),
    ("tokenizers: {a: {}}\nevaluate: {recall: {}}", "one of codes, offline"),
    ("tokenizers: {a: {}}\ntokenizers: {b: {}}", "each key once"), ("a: [1\nb: 2", "YAML"), ("a: \"x", "YAML"),
    ("output: [a]\ntokenizers: {a: {}}", "output: a path"), ("output: ''\ntokenizers: {a: {}}", "output: a path"),
    ("embeddings: {vectors: x}\ntokenizers: {a: {}}", "embeddings: file: a path"), ("? [a]\n: 1", "a key"),
  ])
  func refuses(_ text: String, _ expected: String) {
    let error = fault(text)
    #expect(error?.expected?.contains(expected) == true, "\(error.map { "\($0)" } ?? "no error")")
    #expect(error?.source == "p.yaml")
  }

  /// Aliases make trees whose size grows as a power: nothing walks them.
  @Test func deepAndRepeatedNodesEndInAnError() {
    let bomb = (1..<40).reduce("a0: &a0 [x, x]\n") { $0 + "a\($1): &a\($1) [*a\($1 - 1), *a\($1 - 1)]\n" }
    #expect(fault(bomb)?.kind == .malformed)
    #expect(fault("tokenizers:\n  a:\n    seed: " + String(repeating: "[", count: 100_000))?.kind == .malformed)
  }

  @Test func otherFilesAreRefused() throws {
    let folder = try TemporaryFolder()
    for (name, bytes) in [("latin", [0x61, 0xE9] as [UInt8]), ("large", Array(repeating: 0x20, count: 2 << 20))] {
      try folder.write(bytes, to: name)
      let error = #expect(throws: InputError.self) { try PipelineFile(opening: folder.file(name), environment: [:]) }
      #expect(error?.kind == .malformed)
    }
    #expect(throws: InputError.self) { try PipelineFile(opening: folder.file("none"), environment: [:]) }
  }
}

import Foundation
import TestSupport
import Testing
import Vectors

@testable import Pipeline

@Suite struct PipelinePlanTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["r.jsonl", "m.jsonl", "x.npy", "x.ids.json"] { try folder.write([1], to: name) }
    try FileManager.default.createDirectory(atPath: folder.file("encoder"), withIntermediateDirectories: false)
  }

  private func plan(_ text: String) throws -> PipelinePlan {
    try PipelinePlan(
      PipelineFile(parsing: text, source: "p.yaml", folder: folder.path, environment: [:]), verbs: someVerbs)
  }

  private func fault(_ text: String) -> InputError? { #expect(throws: InputError.self) { try plan(text) } }

  @Test func stepsAreCommandLinesThatReadWhatEarlierOnesWrote() throws {
    let plan = try plan(
      """
      prepare: {kind: amazon, reviews: [r.jsonl], items: m.jsonl, core: 5}
      embed: {model: encoder, template: "{title}. 'x'"}
      tokenizers:
        a: {kind: rq-kmeans, codebook-size: [4, 8], normalize-residuals: false}
        b: {kind: rq-vae, batch-norm: false}
      ids: {kind: registry}
      index: {attribute-columns: [brand, price]}
      corpora: {sequences: {}, small: {kind: constraint, format: prefixes}}
      evaluate: {codes: {k: 5}, offline: {rules: [prefix, distance], profile: [last5, mean], judges: ids}}
      export: {atlas: {neighbors: 5}}
      report: {map: pca}
      """)
    let (f, c) = (folder.path, plan.steps.map(\.command))
    #expect(
      plan.steps.map(\.name) == [
        "prepare", "embed", "train/a", "encode/a", "train/b", "encode/b", "ids/a", "ids/b", "index/a", "index/b",
        "corpora/a/sequences", "corpora/a/small", "corpora/b/sequences", "corpora/b/small", "evaluate/codes",
        "evaluate/offline", "export/a/atlas", "export/b/atlas", "report",
      ])
    #expect(
      c[16] == "semid export atlas embeddings/items.npy --codes ids/a.parquet --model models/a --items "
        + "prepared/items.parquet --output exports/a/atlas --neighbors 5")
    #expect(
      c[18] == "semid report embeddings/items.npy --codes ids/a.parquet --model models/a --codes ids/b.parquet --model "
        + "models/b --items prepared/items.parquet --title p --evaluation evaluation/codes.json --offline evaluation/offline.json "
        + "--output report.html --map pca")
    #expect(
      c[0] == "semid prepare amazon --output prepared --reviews \(f)/r.jsonl --items \(f)/m.jsonl --core 5")
    #expect(
      c[1] == "semid embed model \(f)/encoder --items prepared/items.parquet --output embeddings/items.npy --template "
        + "'{title}. '\\''x'\\'''")
    #expect(c[2] == "semid train rq-kmeans embeddings/items.npy --output models/a --codebook-size 4,8")
    #expect(c[4] == "semid train rq-vae embeddings/items.npy --output models/b --no-batch-norm")
    #expect(
      c[6] == "semid registry add registries/a.db embeddings/items.npy --model models/a --output ids/a.parquet")
    #expect(
      c[8] == "semid index build embeddings/items.npy --model models/a --codes ids/a.parquet --attributes "
        + "prepared/items.parquet --output indexes/a --attribute-columns brand,price")
    #expect(
      c[10] == "semid corpus sequences --codes ids/a.parquet --model models/a --train prepared/train.parquet --valid "
        + "prepared/valid.parquet --test prepared/test.parquet --output corpora/a/sequences")
    #expect(c[11] == "semid corpus constraint ids/a.parquet --output corpora/a/small.json --format prefixes")
    #expect(c[14].hasSuffix("--html evaluation/codes.html --k 5 --json > evaluation/codes.json"))
    #expect(
      c[15].contains(
        "--codes ids/a.parquet --model models/a --codes ids/b.parquet --model models/b --csv evaluation/offline.csv "
          + "--html evaluation/offline.html --rules prefix,distance --profile last5 --profile mean --json"))
    // Whatever a step reads comes from outside, or from a step before it.
    for (number, step) in plan.steps.enumerated() {
      for input in step.inputs where !input.hasPrefix("/") {
        let makers = plan.steps[..<number].flatMap(\.outputs)
        #expect(makers.contains { input == $0 || input.hasPrefix($0 + "/") }, "\(step.name): \(input)")
      }
    }
  }

  /// The ids beside a file of vectors are read without being named, so they count.
  @Test func idsBesideVectorsAreInputs() throws {
    let plan = try plan("embeddings: {file: x.npy, vectors: v}\ntokenizers: {a: {kind: rq-kmeans, seed: -3}}")
    #expect(plan.steps.map(\.name) == ["train/a", "encode/a"])
    #expect(plan.steps[0].inputs == [folder.file("x.npy"), folder.file("x.ids.json")])
    #expect(
      plan.steps[0].command == "semid train rq-kmeans \(folder.path)/x.npy --vectors v --output models/a --seed=-3")
  }

  @Test func aTokenizerMayHaveSettingsOfItsOwn() throws {
    let plan = try plan(
      """
      embeddings: x.npy
      tokenizers: {a: {kind: rq-kmeans}, b: {kind: rq-vae}}
      ids: {strategy: suffix, b: {strategy: extra-level}}
      """)
    let commands = plan.steps.filter { $0.name.hasPrefix("ids") }.map(\.command)
    #expect(commands[0].hasSuffix("--strategy suffix") && commands[1].hasSuffix("--strategy extra-level"))
    let error = fault("embeddings: x.npy\ntokenizers: {a: {kind: rq-kmeans}}\nids: {c: {strategy: suffix}}")
    #expect(error?.expected == "one of the tokenizers: a" && error?.found == "c")
  }

  @Test func stepsWithOnePlaceAreRefused() throws {
    let text =
      "prepared: encoder\nembeddings: x.npy\ntokenizers: {a: {kind: rq-kmeans}}\ncorpora: {x: {kind: constraint}, "
    for name in ["items", "train", "valid", "test"] { try folder.write([1], to: "encoder/\(name).parquet") }
    let error = fault(text + "x.npz: {kind: sequences}}")
    #expect(error?.found?.contains("corpora/a/x.npz") == true)
    _ = try plan(text + "x.y: {kind: sequences}}")
  }

  @Test func aGivenModelIsNotTrained() throws {
    let plan = try plan("embeddings: x.npy\ntokenizers: {a: {model: encoder}}\nindex:")
    #expect(plan.steps.map(\.name) == ["encode/a", "ids/a", "index/a"])
    #expect(plan.steps[0].inputs.contains(folder.file("encoder")))
  }

  @Test(arguments: [
    ("tokenizers: {a: {kind: rq-kmeans}}", "embed: or embeddings:"),
    ("embeddings: x.npy\nembed: {kind: lsa}\ntokenizers: {a: {}}", "both say where vectors come from"),
    ("prepared: encoder\nprepare: {kind: amazon}\ntokenizers: {a: {}}", "both say where items come from"),
    ("prepared: encoder\nembeddings: x.npy\ntokenizers: {a: {}}", "no items.parquet"),
    ("prepare: {reviews: r.jsonl}\ntokenizers: {a: {}}", "kind: one of amazon"),
    ("prepare: {kind: amazn}\ntokenizers: {a: {}}", "kind: one of amazon"),
    ("embed: {kind: lsa}\ntokenizers: {a: {}}", "items to embed"),
    ("embed: {template: x}\ntokenizers: {a: {}}", "the directory of an encoder"),
    ("embeddings: x.npy\ntokenizers: {a: {}}", "kind: one of rq-kmeans, rq-vae, or model:"),
    ("embeddings: x.npy\ntokenizers: {a: {kind: rq-kmeans, sed: 1}}", "did you mean seed?"),
    ("embeddings: x.npy\ntokenizers: {a: {kind: rq-kmeans, codebook_size: 1}}", "did you mean codebook-size?"),
    ("embeddings: x.npy\ntokenizers: {a: {kind: rq-kmeans, colour: 1}}", "semid help train rq-kmeans lists them"),
    ("embeddings: x.npy\ntokenizers:\n  a:\n    seed: 1\n    kind: rqvae", "line 5"),
    ("embeddings: x.npy\ntokenizers: {a: {kind: rq-kmeans, output: y}}", "is set by the pipeline itself"),
    ("embeddings: x.npy\ntokenizers: {a: {kind: rq-kmeans, threads: 2}}", "an option of train rq-kmeans"),
    ("embeddings: x.npy\ntokenizers: {a: {kind: rq-kmeans, seed: []}}", "seed: a value"),
    ("embeddings: x.npy\ntokenizers: {a: {kind: rq-vae, batch-norm: maybe}}", "batch-norm: true or false"),
    ("embeddings: x.npy\ntokenizers: {a: {kind: rq-vae, model: encoder}}", "stands beside what trains a model"),
    ("embeddings: x.npy\nids: {kind: counting}\ntokenizers: {a: {kind: rq-vae}}", "kind: resolve or registry"),
    ("embeddings: x.npy\ncorpora: {sequences: }\ntokenizers: {a: {kind: rq-vae}}", "interactions: prepare:"),
    ("embeddings: x.npy\ncorpora: {audit: }\ntokenizers: {a: {kind: rq-vae}}", "a kind: of constraint"),
    ("embeddings: x.npy\nevaluate: {offline: }\ntokenizers: {a: {kind: rq-vae}}", "a test part"),
    ("embeddings: nowhere.npy\ntokenizers: {a: {kind: rq-vae}}", "nothing at"),
    (
      "prepare: {kind: amazon, reviews: r.jsonl, items: m.jsonl, split: none}\nembed: {kind: lsa}\n"
        + "evaluate: {offline: {judges: all}}\ntokenizers: {a: {kind: rq-vae}}", "a test part"
    ),
    (
      "prepare: {kind: amazon, reviews: r.jsonl, items: m.jsonl}\nembed: {kind: lsa}\n"
        + "evaluate: {offline: {judges: all}}\ntokenizers: {a: {kind: rq-vae}}", "judges: codes"
    ),
  ])
  func refuses(_ text: String, _ words: String) {
    let error = fault(text)
    #expect("\(error.map { "\($0)" } ?? "no error")".contains(words), "\(error.map { "\($0)" } ?? "no error")")
    #expect(error?.source == "p.yaml")
  }
}

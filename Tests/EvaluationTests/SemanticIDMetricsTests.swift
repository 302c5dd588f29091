import Foundation
import Retrieval
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Evaluation

/// Against the Python package semantic-id itself, whichever version is installed.
@Suite struct SemanticIDMetricsTests {
  /// What the package is asked to judge.
  private struct Case: Sendable {
    var name: String
    var x: Matrix
    var codes: Codes
    var model: RQKMeans?
    var k: Int
    var pairs = 2000
    var seed: UInt32 = 42
    /// Keys whose value there is that of one order of ties.
    var tied: Set<String> = []
    /// Other than by evaluate(): `ndcg_at_k` and `recall_at_k` by Hamming distance, of 0.2.4 and later.
    var isHamming = false
  }

  /// All cases in one run: loading the package takes seconds.
  private struct Session: Sendable {
    var version: SemanticIDMetrics.Version
    /// JSON of each case's result.
    var results: [String: Data]
  }

  private static let script = """
    import json, sys, warnings
    warnings.simplefilter("ignore")
    folder = sys.argv[1]
    try:
        import numpy as np
        from semantic_id import RQKMeans
        from semantic_id.utils import metrics
    except ImportError as fault:
        print(json.dumps({"fault": str(fault)}))
        sys.exit()
    late = hasattr(metrics, "hierarchical_distance")
    answer = {"version": "semantic-id" if late else "semantic-id-0.2.3"}
    for case in json.load(open(folder + "/cases.json")):
        path = folder + "/" + case["name"]
        X = np.fromfile(path + ".f32", np.float32).reshape(case["n"], case["d"])
        codes = np.fromfile(path + ".u16", np.uint16).reshape(case["n"], case["levels"]).astype(np.int32)
        encoder = RQKMeans.load(path) if case["model"] else None
        if encoder is not None:
            assert (encoder.encode(X) == codes).mean() > .99
        if case["hamming"]:
            answer[case["name"]] = late and {
                f.__name__: float(f(X, codes, k=case["k"], metric="hamming"))
                for f in (metrics.recall_at_k, metrics.ndcg_at_k)}
        elif late or case["k"] < case["n"]:
            answer[case["name"]] = metrics.evaluate(
                X, codes, encoder, k=case["k"], n_pairs=case["pairs"], seed=case["seed"])
    print(json.dumps(answer))
    """

  /// nil, said aloud, where the package cannot be imported.
  private static let session: Session? = {
    guard Python.isReady else { return nil }
    do {
      let folder = try TemporaryFolder()
      var list: [[String: Any]] = []
      for test in try cases() {
        let path = folder.file(test.name)
        try test.x.values.array.withUnsafeBytes { Data($0) }.write(to: URL(fileURLWithPath: path + ".f32"))
        try test.codes.values.array.withUnsafeBytes { Data($0) }.write(to: URL(fileURLWithPath: path + ".u16"))
        try test.model?.writeSemanticID(to: path)
        list.append([
          "name": test.name, "n": test.x.rows, "d": test.x.columns, "levels": test.codes.levels, "k": test.k,
          "pairs": test.pairs, "seed": Int(test.seed), "model": test.model != nil, "hamming": test.isHamming,
        ])
      }
      try JSONSerialization.data(withJSONObject: list).write(to: URL(fileURLWithPath: folder.file("cases.json")))
      let output = try Python.run(script, folder.path)
      var answer = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any] ?? [:]
      guard let version = (answer.removeValue(forKey: "version") as? String).flatMap(SemanticIDMetrics.Version.init)
      else {
        print("skipped: the Python of the tests cannot import semantic_id: \(answer["fault"] ?? "no answer")")
        return nil
      }
      let results = try answer.compactMapValues { value in
        value is [String: Any] ? try JSONSerialization.data(withJSONObject: value) : nil
      }
      return Session(version: version, results: results)
    } catch {
      // A fault of the test itself: let it fail rather than be skipped.
      return Session(version: .v0_2_5, results: ["fault": Data("\(error)".utf8)])
    }
  }()

  static var isInstalled: Bool { session != nil }

  private static func cases() throws -> [Case] {
    // Everything but recall and NDCG, which ties decide.
    let x = Naive.normals(3000, 20, seed: 11)
    var options = RQKMeansOptions()
    options.levelSizes = [16, 16, 16]
    let model = try RQKMeans.train(x, options: options).model
    var cases = [
      Case(
        name: "model", x: x, codes: try model.encode(x), model: model, k: 10, tied: ["recall_at_10", "ndcg_at_10"]),
      // Vectors long enough for numpy to halve its sums.
      Case(
        name: "wide", x: Naive.normals(150, 384, seed: 12), codes: try Naive.codes(150, [7, 300], seed: 12), k: 4,
        pairs: 500, seed: 7, tied: ["recall_at_4", "ndcg_at_4"]),
      Case(
        name: "few", x: Naive.normals(9, 3, seed: 16), codes: try Naive.codes(9, [3, 3], seed: 16), k: 10),
    ]
    // Groups of k + 1 items that share all codes but the last, and no others do: no tie is ever cut. With more than one
    // neighbor, NDCG depends on the order of those that tie.
    for size in [2, 4] {
      let (x, codes) = try groups(of: size)
      cases.append(
        Case(name: "groups\(size)", x: x, codes: codes, k: size - 1, tied: size > 2 ? ["ndcg_at_\(size - 1)"] : []))
    }
    let marked = try marked()
    cases.append(Case(name: "marks", x: Naive.normals(20, 3, seed: 15), codes: marked, k: 5))
    cases.append(
      Case(name: "hamming", x: Naive.normals(20, 3, seed: 15), codes: marked, k: 5, isHamming: true))
    return cases
  }

  /// Neighbors by vector follow the groups for most items, not for all.
  private static func groups(of size: Int) throws -> (Matrix, Codes) {
    let count = 1200 / size
    var random = CounterRandom(seed: 13)
    let centers = Naive.normals(count, 6, seed: 14)
    let x = Matrix(
      rows: 1200, columns: 6,
      values: (0..<1200).flatMap { row in
        centers.row(row % count).map { $0 + Float(random.normals().0) * 0.2 }
      })
    let codes = try Codes(
      levelSizes: [count, count, size],
      values: Buffer((0..<1200).flatMap { [UInt16($0 % count), UInt16($0 % count), UInt16($0 / count)] }))
    return (x, codes)
  }

  /// Thermometers of marks of which no two pairs are equally far apart (Mian and Chowla): no item is at one Hamming
  /// distance from two others.
  private static func marked() throws -> Codes {
    let marks = [1, 2, 4, 8, 13, 21, 31, 45, 66, 81, 97, 123, 148, 182, 204, 252, 290, 361, 401, 475]
    return try Codes(
      levelSizes: Array(repeating: 2, count: 475),
      values: Buffer(marks.flatMap { mark in (0..<475).map { $0 < mark ? 1 as UInt16 : 0 } }))
  }

  /// Expects the package's keys, no others, and its values to 1e-9.
  @Test(.enabled(if: isInstalled)) func equalsThePackage() throws {
    let session = try #require(Self.session)
    if let fault = session.results["fault"] { Issue.record("\(String(decoding: fault, as: UTF8.self))") }
    var compared = 0
    for test in try Self.cases() where !test.isHamming {
      guard session.version == .v0_2_5 || test.k < test.x.rows else { continue }
      var test = test
      // By prefix, the marks tie.
      if test.name == "marks", session.version == .v0_2_5 { test.tied = ["recall_at_5", "ndcg_at_5"] }
      let data = try #require(session.results[test.name], "\(test.name)")
      let theirs = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      let ours = try SemanticIDMetrics(
        test.x, test.codes, model: test.model, version: session.version, k: test.k, pairs: test.pairs, seed: test.seed)
      #expect(Set(ours.values.map(\.key)) == Set(theirs.keys), "\(test.name)")
      for (key, value) in ours.values where !test.tied.contains(key) {
        compared += 1
        switch value {
        case .count(let value): #expect(theirs[key] as? Int == value, "\(test.name), \(key)")
        case .number(let value):
          #expect(abs(value - (theirs[key] as? Double ?? .nan)) <= 1e-9, "\(test.name), \(key)")
        case .numbers(let values):
          let list = theirs[key] as? [Double] ?? []
          #expect(
            list.count == values.count && zip(list, values).allSatisfy { abs($0 - $1) <= 1e-9 },
            "\(test.name), \(key)")
        }
      }
    }
    #expect(compared >= 20)
  }

  @Test(.enabled(if: isInstalled)) func equalsItsHammingRecallAndNDCG() throws {
    let session = try #require(Self.session)
    guard session.version == .v0_2_5 else { return }
    let test = try #require(try Self.cases().first { $0.isHamming })
    let theirs = try #require(
      try session.results["hamming"].map { try JSONDecoder().decode([String: Double].self, from: $0) })
    var random = NumPyRandom(seed: 42)
    let ours = NeighborAgreement.measure(
      test.x, [try CodeTrie(test.codes)], queries: random.choice(20, of: 20), k: test.k)[0]
    let whole = Dictionary(
      uniqueKeysWithValues: try SemanticIDMetrics(test.x, test.codes, k: test.k, sample: 20, distance: .hamming).values
        .map { ($0.key, $0.value) })
    #expect(whole["recall_at_\(test.k)"] == .number(ours.hamming.recall))
    #expect(whole["ndcg_at_\(test.k)"] == .number(ours.hamming.ndcg))
    #expect(abs(ours.hamming.recall - (theirs["recall_at_k"] ?? .nan)) < 1e-9)
    #expect(abs(ours.hamming.ndcg - (theirs["ndcg_at_k"] ?? .nan)) < 1e-9)
  }

  /// What is compared above is neither all nor nothing.
  @Test func groupsAreFoundInPart() throws {
    for size in [2, 4] {
      let (x, codes) = try Self.groups(of: size)
      let found = try SemanticIDMetrics(x, codes, k: size - 1).values.first { $0.key.hasPrefix("recall") }?.value
      guard case .number(let recall) = found else {
        Issue.record("no recall")
        return
      }
      #expect(recall > 0.05 && recall < 0.95)
    }
  }

  /// The package's functions take these, and its evaluate() does not pass them on.
  @Test func sampleAndDistanceAreThoseGiven() throws {
    let x = Naive.normals(40, 3, seed: 18)
    let codes = try Naive.codes(40, [3, 3], seed: 18)
    func values(_ sample: Int, _ distance: CodeDistance?) throws -> [String: SemanticIDMetrics.Value] {
      Dictionary(
        uniqueKeysWithValues: try SemanticIDMetrics(x, codes, k: 5, sample: sample, distance: distance).values
          .map { ($0.key, $0.value) })
    }
    let trie = try CodeTrie(codes)
    for sample in [1, 7, 40, 1000] {
      var random = NumPyRandom(seed: 42)
      let found = NeighborAgreement.measure(x, [trie], queries: random.choice(min(40, sample), of: 40), k: 5)[0]
      #expect(try values(sample, nil)["recall_at_5"] == .number(found.prefix.recall))
      #expect(try values(sample, .hamming)["recall_at_5"] == .number(found.hamming.recall))
      #expect(try values(sample, .hamming)["ndcg_at_5"] == .number(found.hamming.ndcg))
    }
    #expect(try values(7, .prefix) == values(7, nil))
    #expect(try values(7, .hamming)["distance_correlation"] != values(7, .prefix)["distance_correlation"])
    #expect(throws: InputError.self) { _ = try values(0, nil) }
  }

  @Test func keysOfEachVersion() throws {
    let x = Naive.normals(30, 3, seed: 17)
    let codes = try Naive.codes(30, [3, 3], seed: 17)
    #expect(
      try SemanticIDMetrics(x, codes, k: 5).values.map(\.key) == [
        "n_samples", "n_unique_codes", "collision_rate", "collision_rate_per_level", "recall_at_5", "ndcg_at_5",
        "distance_correlation", "code_utilization_per_level", "code_entropy_per_level",
      ])
    #expect(
      try SemanticIDMetrics(x, codes, version: .v0_2_3, k: 5).values.map(\.key) == [
        "n_samples", "n_unique_codes", "collision_rate", "recall_at_5", "distance_correlation",
      ])
    #expect(throws: InputError.self) { try SemanticIDMetrics(x, codes, version: .v0_2_3, k: 30) }
    let json = String(decoding: try JSONEncoder().encode(SemanticIDMetrics(x, codes, k: 5)), as: UTF8.self)
    #expect(json.contains("\"recall_at_5\":") && json.contains("\"n_samples\":30"))
  }
}

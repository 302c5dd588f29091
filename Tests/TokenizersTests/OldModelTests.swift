import Foundation
import Formats
import TestSupport
import Testing
import Vectors

@testable import Clustering
@testable import Tokenizers

/// Models of versions that had fewer options, and of some that may have more.
@Suite struct OldModelTests {
  private static let codebooks = [
    Matrix(rows: 4, columns: 2, values: [0, 0, 4, 0, 0, 4, 4, 4]), Matrix(rows: 2, columns: 2, values: [0, 0, 1, 1]),
  ]

  /// What the first version wrote for an RQ-KMeans model, its fingerprint apart.
  private static let firstVersion = """
    {"dimension":2,"format":"swift-semantic-id","options":{"kMeans":{"iterations":25,"restarts":1,"seed":\
    18446744073709551615,"seedRowsPerCentroid":32,"start":"random","tolerance":0.0001},"levelSizes":[4,2],"metric":"l2",\
    "normalizesResiduals":false,"sampleSize":1000},"type":"rq-kmeans","version":1}
    """

  /// By the rule that the documentation gives: the configuration with sorted keys, then names, shapes and values.
  private static func fingerprint(_ configuration: String) -> String {
    var digest = SHA256()
    digest.update(Array(configuration.utf8))
    for (level, matrix) in codebooks.enumerated() {
      digest.update(Array("codebooks.\(level)".utf8))
      for size in [matrix.rows, matrix.columns] {
        withUnsafeBytes(of: UInt64(size).littleEndian) { digest.update($0) }
      }
      matrix.withUnsafeBufferPointer { digest.update(UnsafeRawBufferPointer($0)) }
    }
    return digest.hexDigest()
  }

  /// Writes a model's directory as if some version had.
  private static func write(_ configuration: String, _ path: String) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    var weights = SafetensorsWriter()
    for (level, matrix) in codebooks.enumerated() { weights.add("codebooks.\(level)", matrix) }
    try weights.write(to: path + "/model.safetensors")
    // Members in another order, and with spaces, are the same configuration.
    let recorded = "{ \"fingerprint\" : \"\(fingerprint(configuration))\",\n" + configuration.dropFirst()
    try AtomicFile.write(recorded, to: path + "/config.json")
  }

  @Test func aModelOfTheFirstVersionOpensAndStaysWhatItIs() throws {
    let folder = try TemporaryFolder()
    try Self.write(Self.firstVersion, folder.file("old"))
    let model = try #require(try TokenizerModel.open(folder.file("old")) as? RQKMeans)
    #expect(model.fingerprint == Self.fingerprint(Self.firstVersion))
    // What it says, and for the rest how models were made then.
    #expect(
      model.options.kMeans.seed == .max && model.options.sampleSize == 1000 && model.options.kMeans.start == .random)
    #expect(model.options.beam == 1 && model.options.balance == .none && model.options.refinement == 0)
    #expect(model.options.subspaceLevels == 0 && model.options.kMeans.seedReach == 1)
    let vectors = Matrix(rows: 2, columns: 2, values: [4.9, 1.2, 0.1, 3.8])
    #expect(try model.encode(vectors).values.array == [1, 1, 2, 0])

    // A copy is the same model, and says no more than the first version did.
    try model.write(to: folder.file("copy"))
    let copy = try TokenizerModel.open(folder.file("copy"))
    #expect(copy.fingerprint == model.fingerprint)
    let text = try String(contentsOfFile: folder.file("copy") + "/config.json", encoding: .utf8)
    #expect(!text.contains("beam") && text.contains("18446744073709551615"))
  }

  @Test(arguments: [
    ("\"metric\":\"l2\"", "\"metric\":\"l2\",\"whitening\":true", "key options.whitening"),
    ("\"start\":\"random\"", "\"start\":\"random\",\"momentum\":0.5", "key options.kMeans.momentum"),
    ("\"version\":1", "\"version\":1,\"licence\":\"MIT\"", "key licence"),
    ("\"version\":1", "\"version\":2", "version 2"),
    ("\"levelSizes\":[4,2],", "", "levels"),
    ("\"dimension\":2,", "", "dimension"),
    ("\"metric\":\"l2\"", "\"metric\":\"l3\"", "options.metric"),
  ]) func whatIsNotKnownIsAnError(old: String, new: String, complaint: String) throws {
    let folder = try TemporaryFolder()
    #expect(Self.firstVersion.contains(old))
    try Self.write(Self.firstVersion.replacingOccurrences(of: old, with: new), folder.file("odd"))
    let error = #expect(throws: InputError.self) { _ = try TokenizerModel.open(folder.file("odd")) }
    let text = error.map { "\($0)" } ?? ""
    #expect(text.contains("config.json") || text.contains("codebooks"), "\(text)")
    if complaint != "levels" { #expect(text.contains(complaint), "\(text)") }
  }

  /// An option that is there counts: a model is not what its record says after someone changed the record.
  @Test func aChangedOptionIsFoundOut() throws {
    let folder = try TemporaryFolder()
    try Self.write(Self.firstVersion, folder.file("old"))
    let path = folder.file("old") + "/config.json"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    for (old, new) in [("0.0001", "0.0002"), ("\"restarts\":1", "\"restarts\":1,\"seedReach\":1")] {
      try AtomicFile.write(text.replacingOccurrences(of: old, with: new), to: path)
      let error = #expect(throws: InputError.self) { _ = try TokenizerModel.open(folder.file("old")) }
      #expect("\(String(describing: error))".contains("fingerprint"))
    }
  }

  @Test func neuralModelsTakeDefaultsToo() throws {
    let folder = try TemporaryFolder()
    let (model, _) = try RQVAE.train(RQVAETests.vectors, options: RQVAETests.options { $0.schedule.epochs = 1 })
    try model.write(to: folder.file("model"))
    let path = folder.file("model") + "/config.json"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.contains("collisionWeight"))
    let without = text.replacing(#/ *"collisionWeight" : [^\n]*\n/#, with: "")
    #expect(without != text && !without.contains("collisionWeight"))
    try AtomicFile.write(without, to: path)
    // It is read as far as the fingerprint, which is over what was written.
    let error = #expect(throws: InputError.self) { _ = try TokenizerModel.open(folder.file("model")) }
    let found = try #require(error?.found)
    try AtomicFile.write(without.replacingOccurrences(of: model.fingerprint, with: found), to: path)
    let again = try #require(try TokenizerModel.open(folder.file("model")) as? RQVAE)
    #expect(again.options == model.options && again.fingerprint == found)
  }
}

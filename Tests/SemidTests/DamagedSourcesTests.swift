import Foundation
import SemanticID
import TestSupport
import Testing

@testable import semid

/// Sources that were cut off, times that are nearly equal, numbers that could be two things, models that give no numbers.
@Suite(.enabled(if: Program.isReady)) struct DamagedSourcesTests {
  private static func review(_ user: String, _ item: String, _ time: Int) -> String {
    #"{"user_id": "\#(user)", "parent_asin": "\#(item)", "asin": "\#(item)", "timestamp": \#(time), "rating": 5}"#
  }

  /// A file that a crash left with zeros at its end is no whole file.
  @Test func zerosAreNoBlankLine() throws {
    let folder = try TemporaryFolder()
    let reviews = (0..<12).map { Self.review("u\($0 / 4)", "i\($0 % 4)", 1_600_000_000_000 + $0) }
    let items = (0..<4).map { #"{"parent_asin": "i\#($0)", "title": "t\#($0)"}"# }.joined(separator: "\n")
    try AtomicFile.write(items + "\n", to: folder.file("m.jsonl"))
    let zeros = String(repeating: "\0", count: 3000)
    for (name, text) in [("end", reviews + [zeros]), ("middle", [reviews[0], "\0\0"] + reviews.dropFirst())] {
      try AtomicFile.write(text.joined(separator: "\n"), to: folder.file(name + ".jsonl"))
      let done = try Program.semid.run([
        "prepare", "amazon", "--reviews", folder.file(name + ".jsonl"), "--items", folder.file("m.jsonl"), "-o",
        folder.file(name),
      ])
      #expect(done.status == ExitStatus.dataError.rawValue && done.errors.contains("line \(name == "end" ? 13 : 2)"))
      #expect(!FileManager.default.fileExists(atPath: folder.file(name)))
    }
  }

  /// The last by the source's own times is held out, however near they are.
  @Test(arguments: [
    ["0.9", "0.7", "0.3", "0.1"], ["1600000000000900", "1600000000000700", "1600000000000300", "1600000000000100"],
    [
      "2020-01-01T00:00:00.000900Z", "2020-01-01T00:00:00.000700Z", "2020-01-01T00:00:00.000300Z",
      "2020-01-01T00:00:00.000100Z",
    ],
  ]) func timesFinerThanMillisecondsKeepTheirOrder(_ times: [String]) throws {
    let folder = try TemporaryFolder()
    var lines = "user_id,item_id,timestamp\n"
    for user in ["u1", "u2"] { for (item, time) in zip("abcd", times) { lines += "\(user),\(item),\(time)\n" } }
    try AtomicFile.write(lines, to: folder.file("log.csv"))
    let done = try Program.semid.run([
      "prepare", "csv", "--interactions", folder.file("log.csv"), "-o", folder.file("out"),
    ])
    #expect(done.status == 0, "\(done)")
    let test = try DataTable(opening: folder.file("out/test.parquet"))
    #expect(Set(try test.texts("item_id").texts) == ["a"])
    let valid = try DataTable(opening: folder.file("out/valid.parquet"))
    #expect(Set(try valid.texts("item_id").texts) == ["b"])
  }

  @Test func fractionsWithoutAUnitAreNoTimesOfRecBole() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write(
      "user_id:token\titem_id:token\ttimestamp:float\nu\ta\t0.9\nu\tb\t0.1\n", to: folder.file("x.inter"))
    let done = try Program.semid.run([
      "prepare", "recbole", "--interactions", folder.file("x.inter"), "-o", folder.file("out"),
    ])
    #expect(done.status == ExitStatus.dataError.rawValue && done.errors.contains("whole numbers"), "\(done)")
  }

  @Test func aCommaStandsBeforeThreeDigits() throws {
    let folder = try TemporaryFolder()
    let prices = ["$1,299.00", "1,5", "1,2,3", "12.99", "1,299,000", "1.299,5"]
    let items = prices.enumerated().map { #"{"parent_asin": "i\#($0)", "title": "t", "price": "\#($1)"}"# }
    try AtomicFile.write(items.joined(separator: "\n"), to: folder.file("m.jsonl"))
    let reviews = (0..<24).map { Self.review("u\($0 / 6)", "i\($0 % 6)", 1_600_000_000_000 + $0) }
    try AtomicFile.write(reviews.joined(separator: "\n"), to: folder.file("r.jsonl"))
    let done = try Program.semid.run([
      "prepare", "amazon", "--reviews", folder.file("r.jsonl"), "--items", folder.file("m.jsonl"), "-o",
      folder.file("out"),
    ])
    #expect(done.status == 0, "\(done)")
    let column = try DataTable(opening: folder.file("out/items.parquet")).column("price")
    #expect(column.present.array == [1, 0, 0, 1, 1, 0])
    guard case .floats(let values) = column.values else {
      Issue.record("prices are numbers")
      return
    }
    #expect(values[0] == 1299 && values[3] == 12.99 && values[4] == 1_299_000)
  }

  /// Scores that 32 bits cannot hold would make every item a hit.
  @Test(arguments: ["l2", "ip"]) func vectorsOutOfRangeAreRefused(_ metric: String) throws {
    let folder = try TemporaryFolder()
    let vectors = Matrix(rows: 12, columns: 2, values: (0..<24).map { Float($0 + 1) * 1e20 })
    try NPY.write(vectors, to: folder.file("x.npy"))
    try AtomicFile.write((0..<12).map { "i\($0)" }.joined(separator: "\n"), to: folder.file("ids.txt"))
    var lines = "user_id,item_id,timestamp\n"
    for event in 0..<4 { lines += "u,i\(event),\(event)\n" }
    try AtomicFile.write(lines, to: folder.file("log.csv"))
    let done = try Program.semid.run([
      "evaluate", "offline", folder.file("x.npy"), "--ids", folder.file("ids.txt"), "--interactions",
      folder.file("log.csv"), "--metric", metric,
    ])
    #expect(done.status == ExitStatus.dataError.rawValue && done.errors.contains("row 0"), "\(done)")
  }

  @Test func modelsThatGiveNoNumbersAreRefused() throws {
    let folder = try TemporaryFolder()
    let model = folder.file("model")
    try FileManager.default.copyItem(atPath: RealData.packageRoot + "/Tests/Fixtures/encoders/bert", toPath: model)
    try AtomicFile.write("item_id,title\na,kettle\nb,lamp\n", to: folder.file("items.csv"))
    let config = try String(contentsOfFile: model + "/config.json", encoding: .utf8)
    let changed = config.replacing(/"layer_norm_eps": [^,\n}]+/, with: "\"layer_norm_eps\": -1.0")
    #expect(changed != config)
    try changed.write(toFile: model + "/config.json", atomically: true, encoding: .utf8)
    let done = try Program.semid.run(["embed", model, "--items", folder.file("items.csv"), "-o", folder.file("x.npy")])
    #expect(done.status == ExitStatus.dataError.rawValue && done.errors.contains("layer_norm_eps"), "\(done)")
  }
}

import Foundation
import SemanticID
import TestSupport

/// A small folder with an input of every kind, for tests that run the command.
enum Workplace {
  /// `a.npy`, `b.npy` with ids, `model`, `codes.npy`, `codes.parquet`, `index`, `ids.db`, `inter.parquet`, `text.txt`,
  /// `catalogue.jsonl`, `items.jsonl`; `both.npy`, the items of `a` and `b`.
  static func full() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    var random = CounterRandom(seed: 1)
    for (name, rows) in [("a", 64), ("b", 16)] {
      try NPY.write(
        Matrix(rows: rows, columns: 4, values: (0..<rows * 4).map { _ in Float(random.normals().0) }),
        to: folder.file(name + ".npy"))
      let ids = StringColumn((0..<rows).map { name == "a" ? "item_\($0)" : "new_\($0)" })
      try Identifiers.write(ids, json: folder.file(name + ".ids.json"))
    }
    let vectors = try NPYArray(path: folder.file("a.npy")).matrix()
    let model = try RQKMeans(
      codebooks: Codebooks(levels: [vectors[rows: 0..<4], vectors[rows: 4..<8], vectors[rows: 8..<16]]))
    try model.write(to: folder.file("model"))
    try model.encode(vectors).write(to: folder.file("codes.npy"))
    try AtomicFile.write("<a_0><b_0><c_0>\nno ID\n", to: folder.file("text.txt"))
    try AtomicFile.write(
      (0..<64).map { "{\"id\": \"item_\($0)\", \"title\": \"thing number \($0)\"}\n" }.joined(),
      to: folder.file("catalogue.jsonl"))
    // The same items under the name that corpora of titles ask for, and all items in one file of vectors.
    try AtomicFile.write(
      (0..<64).map { "{\"item_id\": \"item_\($0)\", \"title\": \"thing number \($0)\"}\n" }.joined(),
      to: folder.file("items.jsonl"))
    let more = try NPYArray(path: folder.file("b.npy")).matrix()
    try NPY.write(
      Matrix(rows: 80, columns: 4, values: vectors.values.array + more.values.array), to: folder.file("both.npy"))
    try Identifiers.write(
      StringColumn((0..<64).map { "item_\($0)" } + (0..<16).map { "new_\($0)" }), json: folder.file("both.ids.json"))
    let events = (0..<256).map { ($0 / 16, $0 * 7 % 64, $0) }
    try ParquetWriter.write(
      to: folder.file("inter.parquet"), columns: [.string("user_id"), .string("item_id"), .int32("timestamp")]
    ) { file in
      try file.append([
        .strings(StringColumn(events.map { "user \($0.0)" })), .strings(StringColumn(events.map { "item_\($0.1)" })),
        .int32(Buffer(events.map { Int32($0.2) })),
      ])
    }
    for arguments in [
      ["resolve", "a.npy", "-m", "model", "-o", "codes.parquet"],
      ["index", "build", "a.npy", "-m", "model", "-o", "index"],
      ["registry", "add", "ids.db", "a.npy", "-m", "model"],
    ] {
      let outcome = try Program.semid.run(arguments, in: folder.path)
      guard outcome.status == 0 else { throw Failure(description: "\(arguments): \(outcome)") }
    }
    return folder
  }

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  static func copy(of folder: TemporaryFolder) throws -> TemporaryFolder {
    let copy = try TemporaryFolder()
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      try FileManager.default.copyItem(atPath: folder.file(name), toPath: copy.file(name))
    }
    return copy
  }
}

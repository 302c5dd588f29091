import Foundation
import TestSupport
import Testing
import Vectors

@testable import Retrieval

/// One bit that flips anywhere in an index: verifying finds it, and nobody stumbles over it.
@Suite struct FlippedBitTests {
  @Test func everyBitThatFlipsIsFound() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    let manifest = try ManifestTests.build(at: path)
    try SemanticIndex(opening: path).verify()
    let files = try FolderSnapshot(path).entries.compactMap { name, data in data.map { (name, $0) } }
      .filter { !$0.1.isEmpty }.sorted { $0.0 < $1.0 }
    // The manifest, the model, the marks of deleted items, and the arrays of two segments.
    #expect(files.count == 1 + 2 + 1 + manifest.segments.reduce(0) { $0 + $1.files.count })
    var random = CounterRandom(seed: 97)
    for round in 0..<500 {
      let (name, whole) = files[round % files.count]
      var bytes = [UInt8](whole)
      let place = random.below(bytes.count)
      let bit = random.below(8)
      bytes[place] ^= 1 << UInt8(bit)
      try Data(bytes).write(to: URL(fileURLWithPath: path + name))
      #expect(throws: InputError.self, "\(name), byte \(place), bit \(bit)") {
        let index = try SemanticIndex(opening: path, pool: ThreadPool(threads: 1))
        _ = index.manifest.bytes + index.count + index.rows.count
        _ = try? index.search([1, 2, 3, 4], options: SearchOptions(k: 5))
        let filter = try? index.filter(where: AttributePredicate(parsing: "price < 9 or brand = b2"))
        _ = try? index.search([1, 2, 3, 4], options: .unlimited(k: 5), filter: filter)
        _ = try? index.rows(text: "<a_1>", prefix: true)
        try index.verify(pool: ThreadPool(threads: 1))
      }
      if round % 25 == 0 {
        // A writer may not notice; what it is given back is an index or an error.
        let copy = folder.file("copy")
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        _ = try? LiveIndex(opening: copy).update(
          IndexChanges(
            added: .init(ids: StringColumn(["new"]), vectors: Matrix(rows: 1, columns: 4, values: [1, 2, 3, 4])),
            deleted: ["item 9"], ignoresUnknown: true))
        _ = try? LiveIndex(opening: copy).compact()
        try FileManager.default.removeItem(atPath: copy)
      }
      try whole.write(to: URL(fileURLWithPath: path + name))
    }
    try SemanticIndex(opening: path).verify()
  }
}

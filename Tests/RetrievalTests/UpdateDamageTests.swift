import Foundation
import Synchronization
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

/// Whatever is done to the marks of deleted items, or to what the manifest says of them, is refused.
@Suite struct UpdateDamageTests {
  private func changed(seed: UInt64) throws -> (built: BuiltIndex, manifest: IndexManifest) {
    let built = try BuiltIndex(seed: seed, count: 130, levelSizes: [4, 6, 8], dimension: 8)
    let live = try LiveIndex(opening: built.index.path, options: .init(merging: nil))
    let vectors = try #require(built.contents.vectors)
    try live.update(
      IndexChanges(
        added: .init(
          ids: StringColumn(["new 0", "new 1", "new 2"]), vectors: vectors[rows: 0..<3],
          codes: built.contents.codes.gathered(0..<3)), deleted: ["item 5", "item 7", "item 129"]))
    return (built, live.current.manifest)
  }

  @Test func marksOfDeletedItems() throws {
    let (built, manifest) = try changed(seed: 640)
    let path = built.index.path
    let deleted = try #require(manifest.segments[0].deleted)
    #expect(deleted.count == 3 && manifest.segments[1].deleted == nil && !manifest.isCompact)
    let file = IndexDirectory.file(path, deleted: deleted.name)
    let whole = try #require(FileManager.default.contents(atPath: file))
    // numpy's header and three words of bits.
    #expect(whole.count == 128 + 24)
    func expectRefusal(_ data: Data?) throws {
      try FileManager.default.removeItem(atPath: file)
      if let data { try data.write(to: URL(fileURLWithPath: file)) }
      let error = #expect(throws: InputError.self) { try SemanticIndex(opening: path) }
      #expect(error?.source == file, "\(error?.description ?? "")")
      #expect(throws: InputError.self) { try LiveIndex(opening: path) }
      // The writer that failed has removed nothing that is named.
      #expect(data == nil || FileManager.default.fileExists(atPath: file))
      if data == nil { _ = FileManager.default.createFile(atPath: file, contents: nil) }
    }
    for length in [0, 1, 100, whole.count - 8, whole.count - 1] { try expectRefusal(whole.prefix(length)) }
    try expectRefusal(whole + Data(repeating: 0, count: 8))
    for bit in 0..<(24 * 8) {
      var bytes = [UInt8](whole)
      bytes[128 + bit / 8] ^= 1 << UInt8(bit % 8)
      try expectRefusal(Data(bytes))
    }
    try expectRefusal(nil)
    try whole.write(to: URL(fileURLWithPath: file))
    try SemanticIndex(opening: path).verify()
  }

  @Test func manifestsThatLie() throws {
    let (built, _) = try changed(seed: 641)
    let path = built.index.path
    let file = path + "/manifest.json"
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let lies = [
      ("\"version\" : 5", "\"version\" : 3"), ("\"version\" : 5", "\"version\" : 6"),
      ("\"count\" : 3,\n        \"file\"", "\"count\" : 4,\n        \"file\""),
      ("\"count\" : 3,\n        \"file\"", "\"count\" : 131,\n        \"file\""),
      ("\"count\" : 3,\n        \"file\"", "\"count\" : -1,\n        \"file\""),
      ("\"name\" : \"d-", "\"name\" : \"../d-"),
      ("\"name\" : \"d-", "\"name\" : \"x"), ("\"count\" : 3,\n      \"files\"", "\"count\" : 4,\n      \"files\""),
    ]
    for (truth, lie) in lies {
      let changed = text.replacingOccurrences(of: truth, with: lie)
      #expect(changed != text, "\(truth)")
      try changed.write(toFile: file, atomically: true, encoding: .utf8)
      #expect(throws: InputError.self, "\(lie)") { try SemanticIndex(opening: path) }
      // And where its digest fits.
      try signedAnew(changed).write(toFile: file, atomically: true, encoding: .utf8)
      #expect(throws: InputError.self, "\(lie)") { try SemanticIndex(opening: path) }
    }
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    // A segment named twice, and one that is not there.
    var manifest = try IndexManifest(directory: path)
    manifest.segments.append(manifest.segments[1])
    try manifest.write(directory: path)
    #expect(throws: InputError.self) { try SemanticIndex(opening: path) }
    manifest.segments[2].name = "s-none"
    try manifest.write(directory: path)
    let error = #expect(throws: InputError.self) { try SemanticIndex(opening: path) }
    #expect(error?.kind == .missing)
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    try SemanticIndex(opening: path).verify()
  }

  @Test func oneIDInTwoSegmentsIsFound() throws {
    let (built, before) = try changed(seed: 642)
    let path = built.index.path
    // Deleted again and added again; then the marks are forgotten.
    let live = try LiveIndex(opening: path, options: .init(merging: nil))
    let vectors = try #require(built.contents.vectors)
    try live.update(
      IndexChanges(
        added: .init(
          ids: StringColumn(["item 5"]), vectors: vectors[rows: 0..<1], codes: built.contents.codes.gathered([0]))))
    try live.current.verify()
    var manifest = live.current.manifest
    manifest.segments[0].deleted = nil
    try manifest.write(directory: path)
    let error = #expect(throws: InputError.self) { try SemanticIndex(opening: path).verify() }
    #expect(error?.description.contains("\"item 5\"") == true)
    #expect(before.segments.count == 2)
  }

  @Test func readersOpenWhileUpdatesPublish() throws {
    let built = try BuiltIndex(seed: 643, count: 100)
    let path = built.index.path
    let live = try LiveIndex(opening: path)
    let vectors = try #require(built.contents.vectors)
    let done = Atomic(false)
    let opened = Atomic(0)
    let fault = Mutex<String?>(nil)
    let ended = DispatchSemaphore(value: 0)
    // A thread of its own, which no pool has to spare.
    Thread {
      do {
        while !done.load(ordering: .acquiring) || opened.load(ordering: .relaxed) < 5 {
          let index = try SemanticIndex(opening: path, pool: ThreadPool(threads: 1))
          // One item goes and one comes with each update: a state between is never seen.
          if index.count != 100 { fault.withLock { $0 = "\(index.count) items" } }
          opened.add(1, ordering: .relaxed)
        }
      } catch {
        fault.withLock { $0 = "\(error)" }
      }
      ended.signal()
    }.start()
    for round in 0..<40 {
      let row = round % 100
      try live.update(
        IndexChanges(
          added: .init(
            ids: StringColumn(["new \(round)"]), vectors: vectors[rows: row..<row + 1],
            codes: built.contents.codes.gathered([row])), deleted: ["item \(round)"]))
    }
    done.store(true, ordering: .releasing)
    ended.wait()
    #expect(fault.withLock { $0 } == nil)
    try SemanticIndex(opening: path).verify()
  }
}

/// A manifest that was changed, with the digest of what it says now.
func signedAnew(_ text: String) -> String {
  var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  lines.remove(at: 1)
  return ManifestText.signed(lines.joined(separator: "\n"))
}

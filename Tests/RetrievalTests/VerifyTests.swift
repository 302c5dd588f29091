import Foundation
import Synchronization
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

@Suite struct VerifyTests {
  /// What is verified is what was opened, whatever a writer publishes and sweeps meanwhile: an index that is whole is
  /// called that each time.
  @Test func aWriterAtWorkIsNoFault() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    _ = try ManifestTests.build(at: path)
    var catalogue = RandomCatalogue(seed: 98)
    let vectors = catalogue.matrix(rows: 40, columns: 4)
    let done = Atomic(false)
    let written = Atomic(0)
    let fault = Mutex<String?>(nil)
    let ended = DispatchSemaphore(value: 0)
    // A thread of its own, which no pool has to spare.
    Thread {
      do {
        let live = try LiveIndex(opening: path, options: .init(merging: nil), pool: ThreadPool(threads: 1))
        var round = 0
        while !done.load(ordering: .acquiring) {
          let row = round % 40
          try live.update(
            IndexChanges(
              added: .init(ids: StringColumn(["w \(round)"]), vectors: vectors[rows: row..<row + 1]),
              deleted: round < 3 ? [] : ["w \(round - 3)"]))
          if round % 3 == 2 { try live.compact() }
          round += 1
          written.store(round, ordering: .releasing)
        }
      } catch {
        fault.withLock { $0 = "\(error)" }
      }
      ended.signal()
    }.start()
    var verified = 0
    let patience = Date(timeIntervalSinceNow: 60)
    while verified < 40
      || (written.load(ordering: .acquiring) < 12 && fault.withLock { $0 } == nil && Date() < patience)
    {
      let index = try SemanticIndex(opening: path, pool: ThreadPool(threads: 1))
      // Time for the writer to sweep what was opened.
      if verified % 3 == 0 { usleep(20_000) }
      try index.verify(pool: ThreadPool(threads: 1))
      verified += 1
    }
    done.store(true, ordering: .releasing)
    ended.wait()
    #expect(fault.withLock { $0 } == nil)
    #expect(written.load(ordering: .acquiring) >= 12)
  }

  @Test func aStateThatIsOpenOutlivesItsFiles() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    _ = try ManifestTests.build(at: path)
    let old = try SemanticIndex(opening: path)
    // Another index, with another model, in the same place: segments, marks and the model of the old one are gone.
    _ = try ManifestTests.build(at: path, seed: 99)
    #expect(!FileManager.default.fileExists(atPath: path + "/segments/" + old.segments[0].name))
    try old.verify()
    #expect(try old.tokenizer().fingerprint == old.manifest.model)
    #expect(try SemanticIndex(opening: path).manifest.model != old.manifest.model)
  }

  @Test func whatIsNoPartOfTheIndexIsReported() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    let manifest = try ManifestTests.build(at: path)
    let index = try SemanticIndex(opening: path)
    #expect(try index.verify() == IndexCheck(hasDigest: true, leftovers: []))
    // What a killed writer has left.
    let left = "segments/\(EntryName.new(.segment))"
    try FileManager.default.createDirectory(atPath: path + "/" + left, withIntermediateDirectories: true)
    #expect(try index.verify() == IndexCheck(hasDigest: true, leftovers: [left]))
    try FileManager.default.removeItem(atPath: path + "/" + left)
    // What no writer has made.
    for place in [
      "notes.txt", "segments/notes.txt", "segments/\(manifest.segments[0].name)/notes.txt", "models/notes.txt",
    ] {
      try Data("1".utf8).write(to: URL(fileURLWithPath: path + "/" + place))
      let error = #expect(throws: InputError.self, "\(place)") { try index.verify() }
      #expect(error?.found?.contains("notes.txt") == true || error?.found?.contains(manifest.segments[0].name) == true)
      try FileManager.default.removeItem(atPath: path + "/" + place)
    }
  }
}

import Foundation
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

/// An index never comes to consist of more files than the system maps.
@Suite struct MappingLimitTests {
  private func add(_ ids: [String], _ live: LiveIndex) throws {
    let vectors = Matrix(rows: ids.count, columns: 4, values: (0..<4 * ids.count).map { Float($0 % 7) })
    try live.update(IndexChanges(added: .init(ids: StringColumn(ids), vectors: vectors)))
  }

  @Test func additionsStopWellBefore() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    _ = try ManifestTests.build(at: path)
    var options = LiveIndex.Options(merging: nil)
    options.limit = MappingLimit(mappings: 400)
    let live = try LiveIndex(opening: path, options: options)
    var refusal: InputError?
    for number in 0..<20 where refusal == nil {
      do {
        try add(["n \(number)"], live)
      } catch let error as InputError {
        refusal = error
      }
    }
    let error = try #require(refusal)
    #expect(error.remedy?.contains("semid index compact") == true && error.expected?.contains("200") == true)
    let manifest = live.current.manifest
    #expect(manifest.mappedFiles <= 200 && manifest.mappedFiles > 160 && manifest.segments.count > 4)
    // Nothing of the addition that was refused is left, what was there is whole, and deleting goes on.
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: path + "/segments").count == manifest.segments.count + 2)
    try live.current.verify()
    try live.update(IndexChanges(deleted: ["item 9"]))
    // The remedy works.
    try live.compact()
    #expect(live.current.segments.count == 1)
    try add(["again"], live)
    try live.current.verify()
  }

  @Test func anIndexOfTooManyFilesIsNotOpened() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    let manifest = try ManifestTests.build(at: path)
    let files = manifest.mappedFiles
    func open(_ mappings: Int) throws -> SemanticIndex {
      try SemanticIndex(
        opening: path, reusing: nil, pool: ThreadPool(threads: 1), limit: MappingLimit(mappings: mappings))
    }
    _ = try open(2 * files)
    let error = #expect(throws: InputError.self) { try open(2 * files - 2) }
    #expect(error?.kind == .unsupported && error?.remedy?.contains("max_map_count") == true)
    #expect(throws: InputError.self) {
      var options = LiveIndex.Options()
      options.limit = MappingLimit(mappings: 10)
      _ = try LiveIndex(opening: path, options: options)
    }
    #expect(MappingLimit.system.mappings > 1000)
    #expect(MappingLimit(mappings: 65_530).openable == 63_482 && MappingLimit(mappings: 65_530).publishable == 32_765)
  }
}

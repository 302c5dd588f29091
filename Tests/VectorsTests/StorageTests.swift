import Foundation
import TestSupport
import Testing
import Vectors

@Suite struct StorageTests {
  @Test func aMatrixMapsAndSlicesWithoutCopying() throws {
    let folder = try TemporaryFolder()
    let values = (0..<24).map { Float($0) }
    try values.withUnsafeBytes { Data($0) }.write(to: URL(fileURLWithPath: folder.file("m")))
    let file = try MappedFile(path: folder.file("m"))
    let buffer = try #require(Buffer<Float>(mapping: file, offset: 0, count: 24))
    let matrix = Matrix(rows: 6, columns: 4, values: buffer)
    let base = file.bytes.baseAddress
    #expect(matrix[rows: 2..<4].row(1) == [12, 13, 14, 15])
    let start = matrix[rows: 2..<4].withUnsafeBufferPointer { UnsafeRawPointer($0.baseAddress) }
    #expect(start == base.map { $0 + 32 })
    #expect(matrix[5, 3] == 23)
    #expect(matrix.gathered([5, 0]).values.array == [20, 21, 22, 23, 0, 1, 2, 3])
  }

  @Test func aMappingOutsideTheFileIsRefused() throws {
    let folder = try TemporaryFolder()
    try Data(count: 16).write(to: URL(fileURLWithPath: folder.file("m")))
    let file = try MappedFile(path: folder.file("m"))
    #expect(Buffer<Float>(mapping: file, offset: 0, count: 5) == nil)
    #expect(Buffer<Float>(mapping: file, offset: 16, count: 1) == nil)
    #expect(Buffer<Float>(mapping: file, offset: -4, count: 1) == nil)
    #expect(Buffer<Float>(mapping: file, offset: 2, count: 1) == nil)
    #expect(Buffer<Float>(mapping: file, offset: 0, count: .max) == nil)
    #expect(Buffer<Float>(mapping: file, offset: 16, count: 0)?.count == 0)
  }

  @Test func missingFilesAndFoldersAreNamed() throws {
    let folder = try TemporaryFolder()
    #expect(throws: InputError.self) { try MappedFile(path: folder.file("none")) }
    do {
      _ = try MappedFile(path: folder.path)
      Issue.record("a folder was mapped")
    } catch let error as InputError {
      #expect(error.source == folder.path)
    }
  }

  @Test func memoryOutlivesItsFirstOwner() {
    var slice: Buffer<UInt16>?
    do {
      let whole = Buffer<UInt16>(Array(0..<1000))
      slice = whole[slice: 10..<12]
    }
    #expect(slice?.array == [10, 11])
  }

  @Test func stringColumnsKeepEveryByte() {
    let strings = ["", "a", "naïve", "日本", "", "e\u{301}"]
    let column = StringColumn(strings)
    #expect(Array(column).map { Array($0.utf8) } == strings.map { Array($0.utf8) })
    #expect(Array(column.gathered([3, 0])) == ["日本", ""])
    #expect(StringColumn(offsets: Buffer([0, 2, 1]), bytes: Buffer([1])) == nil)
    #expect(StringColumn(offsets: Buffer([0, 2]), bytes: Buffer([1])) == nil)
    #expect(StringColumn(offsets: Buffer([]), bytes: Buffer([])) == nil)
  }

  @Test func digestsAreThePublishedOnes() {
    var digest = SHA256()
    digest.update(Array("abc".utf8))
    #expect(digest.hexDigest() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(digest.hexDigest() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test func errorsSayWhatWasReadWhereExpectedAndFound() {
    let error = InputError(
      .malformed, "embeddings.npy", at: "row 1,204", expected: "finite values", found: "NaN", remedy: "drop the row")
    #expect(error.description == "embeddings.npy: row 1,204: expected finite values, found NaN; drop the row")
  }
}

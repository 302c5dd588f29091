import Foundation
import Formats
import TestSupport
import Testing
import Vectors

@testable import Tokenizers

/// Codebooks without a configuration, and codebooks that no vector can be encoded by.
@Suite struct BareCodebookTests {
  private static func write(_ books: [Matrix], to path: String) throws {
    var archive = NPZWriter()
    for (level, book) in books.enumerated() { archive.add("codebook_\(level)", book) }
    try archive.write(to: path, deflated: false)
  }

  private static let books = [
    Matrix(rows: 2, columns: 2, values: [0, 0, 4, 4]), Matrix(rows: 2, columns: 2, values: [0, 0, 1, 1]),
  ]

  @Test func aFolderWithCodebooksAloneIsAModel() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.file("model"), withIntermediateDirectories: true)
    try Self.write(Self.books, to: folder.file("model/codebooks.npz"))
    let model = try TokenizerModel.open(folder.file("model"))
    let same = try TokenizerModel.open(folder.file("model/codebooks.npz"))
    #expect(model.levelSizes == [2, 2] && model.fingerprint == same.fingerprint)
    #expect(try model.encode(Matrix(rows: 1, columns: 2, values: [5.2, 4.9])).values.array == [1, 1])
    try FileManager.default.removeItem(atPath: folder.file("model/codebooks.npz"))
    let error = #expect(throws: InputError.self) { try TokenizerModel.open(folder.file("model")) }
    #expect(error?.description.contains("codebooks.npz") == true)
  }

  @Test(arguments: [Float.nan, .infinity]) func codewordsThatAreNotFiniteNameTheirFile(_ bad: Float) throws {
    let folder = try TemporaryFolder()
    let books = [Self.books[0], Matrix(rows: 2, columns: 2, values: [0, 0, 1, bad])]
    try Self.write(books, to: folder.file("codebooks.npz"))
    let error = #expect(throws: InputError.self) { try TokenizerModel.open(folder.file("codebooks.npz")) }
    #expect(error?.source == folder.file("codebooks.npz") && error?.place == "level 1, codeword 1")

    let model = try RQKMeans(codebooks: Codebooks(levels: Self.books))
    try model.write(to: folder.file("model"))
    var weights = SafetensorsWriter()
    for (level, book) in books.enumerated() { weights.add("codebooks.\(level)", book) }
    try weights.write(to: folder.file("model/model.safetensors"))
    let other = #expect(throws: InputError.self) { try TokenizerModel.open(folder.file("model")) }
    #expect(other?.source == folder.file("model/model.safetensors"))
  }
}

import Foundation
package import Tokenizers
package import Vectors

extension SemanticIndex {
  /// An index of codes alone, on disk only while it is made. Its files are mapped, and have no names any more.
  ///
  /// It answers questions about IDs, prefixes and items as any index does.
  ///
  /// - Throws: `InputError` as `CodesTable.stored` and `IndexBuilder`.
  package init(of table: CodesTable, pool: ThreadPool = ThreadPool()) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("semid-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try IndexBuilder().build(IndexContents(table), at: folder, pool: pool)
    try self.init(opening: folder, pool: pool)
  }
}

import Formats
import Vectors

/// The file that marks a segment's deleted items: a `.npy` array of `uint64`, one bit per position, the lowest bit
/// first.
enum Tombstones {
  static func write(_ deleted: ItemMask, to path: String) throws {
    let words = deleted.words[slice: 0..<ItemMask.wordCount(capacity: deleted.capacity)]
    try NPY.write(words, shape: [words.count], to: path)
  }

  /// Reads the marks of a segment of `count` items.
  ///
  /// The digest is checked at every opening, since one wrong bit would show a deleted item. The file is small: an
  /// eighth of a byte per item.
  static func read(_ file: MappedFile, _ deleted: IndexManifest.Deleted, count: Int) throws -> ItemMask {
    func damaged(_ expected: String, _ found: String) -> InputError {
      InputError(.malformed, file.path, expected: expected, found: found, remedy: "build the index again")
    }
    let words = try ArrayFile.map(file, UInt64.self, shape: [ItemMask.wordCount(capacity: count)])
    let digest = SHA256.hexDigest(of: file)
    guard digest == deleted.file.sha256 else { throw damaged("SHA-256 \(deleted.file.sha256)", digest) }
    var marks = 0
    let mask = ItemMask(capacity: count) { target in
      words.withUnsafeBufferPointer { words in
        for index in words.indices {
          target[index] = words[index]
          marks += words[index].nonzeroBitCount
        }
      }
    }
    guard marks == mask.count, mask.count == deleted.count else {
      throw damaged("\(deleted.count) deleted items of \(count)", "\(marks)")
    }
    return mask
  }
}

import Synchronization
import Tokenizers
import Vectors

/// One trie of all items of several segments, made when it is first needed.
final class WholeTrie: Sendable {
  private let segments: [IndexSegment]
  private let made = Mutex<InvertedLists?>(nil)

  init(_ segments: [IndexSegment]) { self.segments = segments }

  /// O(items · levels) the first time.
  var lists: InvertedLists {
    made.withLock { made in
      if let made { return made }
      let lists = InvertedLists(Self.merged(segments))
      made = lists
      return lists
    }
  }

  private static func merged(_ segments: [IndexSegment]) -> CodeTrie {
    let sizes = segments.first?.trie.levelSizes ?? []
    let levels = sizes.count
    let count = segments.reduce(0) { $0 + $1.liveCount }
    var rows: [UInt32] = []
    rows.reserveCapacity(count)
    let codes = Buffer<UInt16>(count: count * levels) { target in
      for segment in segments {
        let trie = segment.trie
        trie.codes.withUnsafeBufferPointer { codes in
          for row in 0..<segment.count {
            let position = Int(trie.positions[row])
            if segment.live?.contains(position) == false { continue }
            for level in 0..<levels { target[rows.count * levels + level] = codes[position * levels + level] }
            rows.append(UInt32(truncatingIfNeeded: segment.firstRow + row))
          }
        }
      }
    }
    return CodeTrie(
      sorting: Codes(unchecked: codes, levelSizes: sizes), rows: rows,
      rowLimit: segments.last?.rows.upperBound ?? 0, pool: ThreadPool())
  }
}

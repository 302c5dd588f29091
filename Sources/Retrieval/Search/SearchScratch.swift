import HeapModule
import Synchronization
import Vectors

/// A trie node in the queue.
struct Frontier: Comparable {
  /// The distance at which the best item below is expected.
  let key: Float
  /// The part of the node's score that depends on the query: −2 Σ ⟨q, C[l][cₗ]⟩.
  let dot: Float
  let level: UInt16
  let segment: UInt16
  let node: UInt32

  static func < (a: Frontier, b: Frontier) -> Bool {
    if a.key != b.key { return a.key < b.key }
    if a.level != b.level { return a.level < b.level }
    return a.segment != b.segment ? a.segment < b.segment : a.node < b.node
  }
}

/// The memory of one running search, kept for the next. After the first query only the result is allocated.
final class SearchScratch {
  /// Items scanned in one go: their scores stay in the first-level cache.
  static let stride = 2048

  var frontier = Heap<Frontier>()
  var candidates = SmallestKeys()
  var nearest = SmallestKeys()
  let sketch = SketchScratch()
  private(set) var scores: [Float] = Array(repeating: 0, count: stride)
  private(set) var chosen: [UInt32] = Array(repeating: 0, count: stride)
  /// Candidates, and what is known of their distances.
  private(set) var positions = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
  private(set) var distances = UnsafeMutablePointer<Float>.allocate(capacity: 1)
  private var candidateCapacity = 1
  /// A query in the units of vectors that are rounded to bytes.
  private(set) var bytes = UnsafeMutablePointer<Int16>.allocate(capacity: 1)
  private var byteCapacity = 1
  var queries: [Float] = []
  var tables: [Float] = []

  func withScan<Result>(
    _ body: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<UInt32>) -> Result
  ) -> Result {
    scores.withUnsafeMutableBufferPointer { scores in
      chosen.withUnsafeMutableBufferPointer { chosen in
        body(scores.baseAddress.unsafelyUnwrapped, chosen.baseAddress.unsafelyUnwrapped)
      }
    }
  }

  /// Makes the buffers of a block of queries at least so large.
  func reserve(queries count: Int, dimension: Int, codewords: Int) {
    if queries.count < count * dimension { queries = Array(repeating: 0, count: count * dimension) }
    if tables.count < count * codewords { tables = Array(repeating: 0, count: count * codewords) }
  }

  func reserve(candidates count: Int) {
    guard count > candidateCapacity else { return }
    positions.deallocate()
    distances.deallocate()
    positions = .allocate(capacity: count)
    distances = .allocate(capacity: count)
    candidateCapacity = count
  }

  func reserve(bytes count: Int) {
    guard count > byteCapacity else { return }
    bytes.deallocate()
    bytes = .allocate(capacity: count)
    byteCapacity = count
  }

  deinit {
    positions.deallocate()
    distances.deallocate()
    bytes.deallocate()
  }
}

/// Scratch memory that no search uses at the moment.
final class ScratchPool: Sendable {
  private struct Idle: @unchecked Sendable {
    var scratches: [SearchScratch] = []
  }
  private let idle = Mutex(Idle())

  func with<Result>(_ body: (SearchScratch) throws -> Result) rethrows -> Result {
    let scratch = idle.withLock { $0.scratches.popLast() } ?? SearchScratch()
    // A scratch is in one search's hands or in the pool, so the class needs no lock of its own.
    let returned = Returned(scratch: scratch)
    defer { idle.withLock { $0.scratches.append(returned.scratch) } }
    return try body(scratch)
  }

  private struct Returned: @unchecked Sendable {
    let scratch: SearchScratch
  }
}

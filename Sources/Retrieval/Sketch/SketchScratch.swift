import CKernels
import Vectors

/// The memory of one running scan of sketches: plain pointers, so that no access to it is looked after at run time.
final class SketchScratch {
  /// What one segment's sketch needs of a query.
  struct Part {
    /// The query as tables for the kernel.
    let tables: UnsafeMutablePointer<UInt8>
    /// Distances of the query from the cells' centres, of those that have been looked at.
    let centers: UnsafeMutablePointer<Float>
  }

  private let floats = Pool<Float>()
  private let tables = Pool<UInt8>()
  private let keys = Pool<UInt64>()
  private let seenBits = Pool<UInt64>()
  private let seenPositions = Pool<UInt32>()
  /// A bit for each position that is among the candidates, and the positions of the bits that are set.
  private var seen: UnsafeMutablePointer<UInt64>
  private var listed: UnsafeMutablePointer<UInt32>
  private var seenCount = 0
  /// Of the sketches that there is room for.
  private var cellCounts: [Int] = []
  /// Leaves whose items are estimated before the best of them are taken.
  static let leavesAtOnce = 128
  let estimated = UnsafeMutablePointer<Float>.allocate(capacity: leavesAtOnce * SketchLayout.blockSize)
  let estimatedLeaves = UnsafeMutablePointer<UInt32>.allocate(capacity: leavesAtOnce)
  let chosen = UnsafeMutablePointer<UInt32>.allocate(capacity: leavesAtOnce * SketchLayout.blockSize)
  let distances = UnsafeMutablePointer<Float>.allocate(capacity: SearchScratch.stride)
  private(set) var parts: [Part] = []
  private(set) var centered: UnsafeMutablePointer<Float>
  private(set) var rotated: UnsafeMutablePointer<Float>
  /// Estimated distances of cells, block after block, and the least of each block.
  private(set) var estimates: UnsafeMutablePointer<Float>
  private(set) var leastEstimates: UnsafeMutablePointer<Float>
  /// Cells by their distance, and leaves of all segments by theirs.
  private(set) var cells: UnsafeMutablePointer<UInt64>
  private(set) var leaves: UnsafeMutablePointer<UInt64>

  init() {
    centered = floats.start
    rotated = floats.start
    estimates = floats.start
    leastEstimates = floats.start
    cells = keys.start
    leaves = keys.start
    seen = seenBits.start
    listed = seenPositions.start
    seen[0] = 0
  }

  /// Makes room for a scan of these sketches together.
  ///
  /// - Parameter positions: that may be met twice.
  func reserve(_ layouts: [SketchLayout], _ rotation: FastRotation, positions: Int) {
    if seenBits.grow(to: positions / 64 + 1) {
      seen = seenBits.start
      seen.update(repeating: 0, count: positions / 64 + 1)
    }
    let (cellCount, width) = (layouts.reduce(0) { $0 + $1.cellCount }, rotation.width)
    let most = layouts.reduce(0) { max($0, $1.cellCount) }
    let blocks = (most + SketchLayout.blockSize - 1) / SketchLayout.blockSize
    let grew = [
      floats.grow(to: cellCount + 2 * width + blocks * (SketchLayout.blockSize + 1)),
      tables.grow(to: layouts.count * width * 4),
      keys.grow(to: most + layouts.reduce(0) { $0 + $1.leafCount }),
    ]
    let counts = layouts.map(\.cellCount)
    guard grew.contains(true) || counts != cellCounts || rotated != centered + width else { return }
    cellCounts = counts
    (centered, rotated) = (floats.start, floats.start + width)
    (cells, leaves) = (keys.start, keys.start + most)
    (estimates, leastEstimates) = (rotated + width, rotated + width + blocks * SketchLayout.blockSize)
    var next = leastEstimates + blocks
    parts = layouts.enumerated().map { number, layout in
      defer { next += layout.cellCount }
      return Part(tables: tables.start + number * width * 4, centers: next)
    }
  }

  /// Makes room for so many positions more.
  @inline(__always)
  func reserveSeen(_ count: Int) {
    if seenPositions.capacity < seenCount + count {
      _ = seenPositions.grow(to: 2 * (seenCount + count), keeping: seenCount)
      listed = seenPositions.start
    }
  }

  /// Whether a position comes for the first time since the last `forgetSeen`.
  @inline(__always)
  func isFirst(_ position: UInt32) -> Bool {
    let (word, bit) = (Int(position >> 6), UInt64(1) << UInt64(position & 63))
    if seen[word] & bit != 0 { return false }
    seen[word] |= bit
    listed[seenCount] = position
    seenCount += 1
    return true
  }

  func forgetSeen() {
    for index in 0..<seenCount { seen[Int(listed[index] >> 6)] = 0 }
    seenCount = 0
  }

  deinit {
    estimated.deallocate()
    estimatedLeaves.deallocate()
    chosen.deallocate()
    distances.deallocate()
  }

  /// Memory that only grows.
  private final class Pool<Element> {
    private(set) var start = UnsafeMutablePointer<Element>.allocate(capacity: 1)
    private(set) var capacity = 1

    /// - Parameter kept: elements to keep, from the first on.
    /// - Returns: whether it is other memory now.
    func grow(to wanted: Int, keeping kept: Int = 0) -> Bool {
      guard wanted > capacity else { return false }
      let larger = UnsafeMutablePointer<Element>.allocate(capacity: wanted)
      larger.update(from: start, count: kept)
      start.deallocate()
      start = larger
      capacity = wanted
      return true
    }

    deinit { start.deallocate() }
  }
}

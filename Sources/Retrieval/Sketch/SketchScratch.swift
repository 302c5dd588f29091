import CKernels
import Vectors

/// The memory of one running scan of sketches: plain pointers, whose use costs no checks at run time.
final class SketchScratch {
  /// Memory of one segment's sketch for a query.
  struct Segment {
    /// The query as tables for the kernel.
    let tables: UnsafeMutablePointer<UInt8>
    /// Distances from the query to the centers of the cells that were looked at.
    let centers: UnsafeMutablePointer<Float>
  }

  private let floats = GrowingMemory<Float>()
  private let tables = GrowingMemory<UInt8>()
  private let keys = GrowingMemory<UInt64>()
  /// Which items have been met.
  let copies = SketchCopies()
  /// Of the sketches that there is room for.
  private var cellCounts: [Int] = []
  /// Leaves of a cell that are estimated in one go.
  static let stride = 2048
  /// Leaves whose items are estimated before the best of them are taken.
  static let leavesAtOnce = 128
  let estimated = UnsafeMutablePointer<Float>.allocate(capacity: leavesAtOnce * SketchLayout.blockSize)
  let estimatedLeaves = UnsafeMutablePointer<UInt32>.allocate(capacity: leavesAtOnce)
  let chosen = UnsafeMutablePointer<UInt32>.allocate(capacity: leavesAtOnce * SketchLayout.blockSize)
  let distances = UnsafeMutablePointer<Float>.allocate(capacity: stride)
  private(set) var segments: [Segment] = []
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
  }

  /// Makes room for a scan of these sketches together.
  ///
  /// - Parameter positions: that may be met twice.
  func reserve(_ layouts: [SketchLayout], _ rotation: FastRotation, positions: Int) {
    copies.reserve(positions: positions)
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
    segments = layouts.enumerated().map { number, layout in
      defer { next += layout.cellCount }
      return Segment(tables: tables.start + number * width * 4, centers: next)
    }
  }

  deinit {
    estimated.deallocate()
    estimatedLeaves.deallocate()
    chosen.deallocate()
    distances.deallocate()
  }
}

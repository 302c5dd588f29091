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
  let chosen = UnsafeMutablePointer<UInt32>.allocate(capacity: SearchScratch.stride)
  let distances = UnsafeMutablePointer<Float>.allocate(capacity: SearchScratch.stride)
  private(set) var parts: [Part] = []
  private(set) var centered: UnsafeMutablePointer<Float>
  private(set) var rotated: UnsafeMutablePointer<Float>
  /// Cells by their distance, and leaves of all segments by theirs.
  private(set) var cells: UnsafeMutablePointer<UInt64>
  private(set) var leaves: UnsafeMutablePointer<UInt64>

  init() {
    centered = floats.start
    rotated = floats.start
    cells = keys.start
    leaves = keys.start
  }

  /// Makes room for a scan of these sketches together.
  func reserve(_ layouts: [SketchLayout], _ rotation: FastRotation) {
    let (cellCount, width) = (layouts.reduce(0) { $0 + $1.cellCount }, rotation.width)
    let most = layouts.reduce(0) { max($0, $1.cellCount) }
    let grew = [
      floats.grow(to: cellCount + 2 * width), tables.grow(to: layouts.count * width * 4),
      keys.grow(to: most + layouts.reduce(0) { $0 + $1.leafCount }),
    ]
    guard grew.contains(true) || parts.count != layouts.count || rotated != centered + width else { return }
    (centered, rotated) = (floats.start, floats.start + width)
    (cells, leaves) = (keys.start, keys.start + most)
    var next = rotated + width
    parts = layouts.enumerated().map { number, layout in
      defer { next += layout.cellCount }
      return Part(tables: tables.start + number * width * 4, centers: next)
    }
  }

  deinit {
    chosen.deallocate()
    distances.deallocate()
  }

  /// Memory that only grows.
  private final class Pool<Element> {
    private(set) var start = UnsafeMutablePointer<Element>.allocate(capacity: 1)
    private var count = 1

    /// - Returns: whether it is other memory now.
    func grow(to wanted: Int) -> Bool {
      guard wanted > count else { return false }
      start.deallocate()
      start = .allocate(capacity: wanted)
      count = wanted
      return true
    }

    deinit { start.deallocate() }
  }
}

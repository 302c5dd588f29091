import CKernels
import Vectors

/// The memory of one running scan of sketches: plain pointers, so that no access to it is looked after at run time.
final class SketchScratch {
  private(set) var centered = UnsafeMutablePointer<Float>.allocate(capacity: 1)
  private(set) var rotated = UnsafeMutablePointer<Float>.allocate(capacity: 1)
  private(set) var tables = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
  /// Distances of the query from the cells' centres, of those that have been looked at.
  private(set) var centers = UnsafeMutablePointer<Float>.allocate(capacity: 1)
  private(set) var cells = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
  /// Leaves by their estimated distance.
  private(set) var leaves = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
  let chosen = UnsafeMutablePointer<UInt32>.allocate(capacity: SearchScratch.stride)
  let distances = UnsafeMutablePointer<Float>.allocate(capacity: SearchScratch.stride)
  private var width = 0
  private var cellCount = 0
  private var leafCount = 0

  init() {}

  /// Makes room for the scans of one sketch.
  func reserve(_ sketch: Sketch) {
    if width < sketch.rotation.width {
      width = sketch.rotation.width
      Self.renew(&centered, width)
      Self.renew(&rotated, width)
      Self.renew(&tables, width / 4 * 16)
    }
    if cellCount < sketch.layout.cellCount {
      cellCount = sketch.layout.cellCount
      Self.renew(&centers, cellCount)
      Self.renew(&cells, cellCount)
    }
    if leafCount < sketch.layout.leafCount {
      leafCount = sketch.layout.leafCount
      Self.renew(&leaves, leafCount)
    }
  }

  private static func renew<Element>(_ memory: inout UnsafeMutablePointer<Element>, _ count: Int) {
    memory.deallocate()
    memory = .allocate(capacity: count)
  }

  deinit {
    centered.deallocate()
    rotated.deallocate()
    tables.deallocate()
    centers.deallocate()
    cells.deallocate()
    leaves.deallocate()
    chosen.deallocate()
    distances.deallocate()
  }
}

import CKernels

/// Rows in panels of sixteen terms, of each panel the rows one after another: how the kernel of products reads them without
/// computing an address for every row.
struct RowPanels {
  let start: UnsafeMutablePointer<Float>
  /// Floats from a panel to the next.
  let stride: Int

  static let width = Int(SEMID_PANEL)

  /// Floats for so many rows and terms.
  static func size(rows: Int, terms: Int) -> Int { (terms + width - 1) / width * stride(rows: rows) }

  /// A few rows more, so that panels do not meet in the same lines of a cache.
  private static func stride(rows: Int) -> Int { (rows + 5) * width }

  /// Copies rows that lie `stride` floats apart. What lies behind the last term, up to a whole panel, is read as well.
  ///
  /// - Parameter memory: `size(rows:terms:)` floats.
  init(
    _ source: UnsafePointer<Float>, stride sourceStride: Int, rows: Int, terms: Int,
    in memory: UnsafeMutablePointer<Float>
  ) {
    start = memory
    stride = Self.stride(rows: rows)
    for row in 0..<rows {
      let from = UnsafeRawPointer(source + row * sourceStride)
      var to = UnsafeMutableRawPointer(memory + row * Self.width)
      for term in Swift.stride(from: 0, to: terms, by: Self.width) {
        to.storeBytes(
          of: from.loadUnaligned(fromByteOffset: term * 4, as: SIMD16<Float>.self), as: SIMD16<Float>.self)
        to += stride * 4
      }
    }
  }
}

import CKernels
import Clustering
import Vectors

/// The memory of one task of a beam search.
///
/// Every row has B + 1 places for partial codes: the beams, best first, and last the greedy code, which is followed by
/// itself. A class because it owns raw memory; confined to the task that makes it.
final class BeamScratch {
  /// Rows per piece, so few that all their scores stay in the second-level cache.
  static func rows(for encoder: BeamEncoder, beam: Int) -> Int {
    max(1, min(60, (1 << 17) / (encoder.rowWidth + (beam + 1) * encoder.levels)))
  }

  /// How many children of the greedy code are looked at. Rounding rarely leaves more than two in doubt.
  static let greedyChildren = 8

  let encoder: BeamEncoder
  let beam: Int
  /// The rows for comparisons in float, and relative to the encoder's origin.
  let rows: WorkingVectors
  let shifted: WorkingVectors
  /// One row, while codewords are subtracted.
  let residual: UnsafeMutablePointer<Float>
  /// For every row the scores of all codewords, and how far each level's scores may be from the truth (levels × rows).
  let scores: UnsafeMutablePointer<Float>
  let margins: UnsafeMutablePointer<Float>
  /// Distances to the codewords of one level.
  let distances: UnsafeMutablePointer<Float>
  /// The scores and codes of all places of one row, before a level and after it.
  var bases: UnsafeMutablePointer<Float>
  var nextBases: UnsafeMutablePointer<Float>
  var codes: UnsafeMutablePointer<UInt16>
  var nextCodes: UnsafeMutablePointer<UInt16>
  let children: UnsafeMutablePointer<UInt32>
  let greedyScores: UnsafeMutablePointer<Float>
  let greedyCodes: UnsafeMutablePointer<UInt32>
  let parents: UnsafeMutablePointer<UnsafePointer<Float>?>
  let terms: UnsafeMutablePointer<UnsafePointer<Float>?>

  init(_ encoder: BeamEncoder, beam: Int, rows count: Int) {
    self.encoder = encoder
    self.beam = beam
    let places = beam + 1
    let levels = encoder.levels
    rows = WorkingVectors(count: count, dimension: encoder.dimension)
    shifted = WorkingVectors(count: count, dimension: encoder.dimension)
    residual = .allocate(capacity: encoder.dimension)
    scores = .allocate(capacity: count * encoder.rowWidth)
    margins = .allocate(capacity: count * levels)
    distances = .allocate(capacity: encoder.widths.max() ?? 0)
    bases = .allocate(capacity: places)
    nextBases = .allocate(capacity: places)
    codes = .allocate(capacity: places * levels)
    nextCodes = .allocate(capacity: places * levels)
    children = .allocate(capacity: beam)
    greedyScores = .allocate(capacity: Self.greedyChildren)
    greedyCodes = .allocate(capacity: Self.greedyChildren)
    parents = .allocate(capacity: places)
    terms = .allocate(capacity: places * levels)
  }

  deinit {
    residual.deallocate()
    scores.deallocate()
    margins.deallocate()
    distances.deallocate()
    bases.deallocate()
    nextBases.deallocate()
    codes.deallocate()
    nextCodes.deallocate()
    children.deallocate()
    greedyScores.deallocate()
    greedyCodes.deallocate()
    parents.deallocate()
    terms.deallocate()
  }
}

import Formats
import Vectors

extension Codes {
  /// Writes `codes.npy`: uint16, N×L.
  public func write(to path: String) throws { try NPY.write(values, shape: [count, levels], to: path) }

  /// Reads N×L integers of any width, such as numpy's or semantic-id's int32 and int64.
  ///
  /// - Parameter levelSizes: the codebook sizes that the codes must lie below; nil: each level's largest code plus one.
  /// - Throws: `InputError` naming the item and level of a code that is out of range.
  public init(opening path: String, levelSizes: [Int]? = nil) throws {
    let array = try NPYArray(path: path)
    guard array.shape.count == 2, array.shape[1] > 0 else {
      throw InputError(.malformed, path, expected: "an array of N × L codes", found: "shape \(array.shape)")
    }
    let levels = array.shape[1]
    if let levelSizes, levelSizes.count != levels {
      throw InputError(.mismatch, path, expected: "\(levelSizes.count) levels", found: "\(levels)")
    }
    let values = try array.integers(as: UInt16.self)
    let sizes =
      levelSizes
      ?? (0..<levels).map { level in
        stride(from: level, to: values.count, by: levels).reduce(0) { max($0, Int(values[$1])) } + 1
      }
    try self.init(levelSizes: sizes, values: values, source: path)
  }
}

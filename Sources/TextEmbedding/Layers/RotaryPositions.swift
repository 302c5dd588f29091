import Vectors

/// Rotary position embedding (Su et al. 2021): the two halves of a head, turned by angles that grow with the position.
struct RotaryPositions: Sendable {
  let headSize: Int
  let base: Double

  /// Cosines, then sines, of the positions below `count`: headSize / 2 each.
  func table(_ count: Int) -> FloatRows {
    let half = headSize / 2
    let table = FloatRows(rows: count, columns: headSize)
    let frequencies = (0..<half).map { Float(1 / Math.pow(base, Double(2 * $0) / Double(headSize))) }
    for position in 0..<count {
      let row = table.row(position)
      for index in 0..<half {
        let angle = Double(Float(position) * frequencies[index])
        row[index] = Float(Math.cos(angle))
        row[half + index] = Float(Math.sin(angle))
      }
    }
    return table
  }

  /// Turns some heads that lie one after another.
  func apply(_ heads: Int, at start: UnsafeMutablePointer<Float>, by row: UnsafePointer<Float>) {
    let half = headSize / 2
    for head in 0..<heads {
      let first = start + head * headSize, second = first + half
      for index in 0..<half {
        let (a, b) = (first[index], second[index])
        first[index] = a * row[index] - b * row[half + index]
        second[index] = b * row[index] + a * row[half + index]
      }
    }
  }
}

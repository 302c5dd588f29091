import Vectors

/// Means of first-level nodes that another segment sketches its items around: distances to them are then computed once a
/// query, and nodes of several segments are taken in one order.
struct SketchCenters {
  let trie: CodeTrie
  let centers: Matrix

  /// Writes the mean of the node with the first code `code`; returns false where there is none.
  func copy(of code: UInt16, to target: UnsafeMutablePointer<Float>) -> Bool {
    guard let cells = trie.levels.first,
      let cell = trie.node(among: 0..<cells.count, level: 0, code: code)
    else { return false }
    centers[rows: cell..<cell + 1].withUnsafeBufferPointer { center in
      guard let start = center.baseAddress else { return }
      target.update(from: start, count: center.count)
    }
    return true
  }
}

/// The cells of several segments' sketches, grouped by the centre that they share.
struct SharedCells: Sendable {
  struct Cell: Sendable {
    var segment: Int
    var cell: Int
  }

  /// The segment that most centres are of: the largest.
  let reference: Int
  /// Centres 0 ..< the reference's number are the reference's own; these are the others.
  let others: Matrix
  private let starts: [Int]
  private let cells: [Cell]

  /// Number of centres.
  var count: Int { starts.count - 1 }

  /// The cells around a centre, by segment.
  subscript(center: Int) -> ArraySlice<Cell> { cells[starts[center]..<starts[center + 1]] }

  /// Centres are shared when they are the same bits: O(cells · d), when an index is opened.
  init?(_ segments: [IndexSegment]) {
    let sketches = segments.compactMap(\.arrays.sketch)
    guard sketches.count == segments.count,
      let reference = segments.indices.max(by: { (segments[$0].count, $1) < (segments[$1].count, $0) })
    else { return nil }
    let own = sketches[reference].centers
    let trie = segments[reference].trie
    var groups = (0..<own.rows).map { [Cell(segment: reference, cell: $0)] }
    var rows: [Buffer<Float>] = []
    for (segment, sketch) in sketches.enumerated() where segment != reference {
      guard let nodes = segments[segment].trie.levels.first else { continue }
      for cell in 0..<nodes.count {
        let center = sketch.centers[rows: cell..<cell + 1].values
        let same = trie.node(among: 0..<own.rows, level: 0, code: nodes.codes[cell])
        if let same, Self.equal(own[rows: same..<same + 1].values, center) {
          groups[same].append(Cell(segment: segment, cell: cell))
        } else {
          groups.append([Cell(segment: segment, cell: cell)])
          rows.append(center)
        }
      }
    }
    self.reference = reference
    others = Matrix(rows: rows.count, columns: own.columns) { target in
      for (row, center) in rows.enumerated() {
        for column in 0..<own.columns { target[row * own.columns + column] = center[column] }
      }
    }
    var starts = [0]
    for group in groups { starts.append(starts[starts.count - 1] + group.count) }
    self.starts = starts
    cells = groups.flatMap { $0 }
  }

  private static func equal(_ a: Buffer<Float>, _ b: Buffer<Float>) -> Bool {
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        a.count == b.count && a.indices.allSatisfy { a[$0].bitPattern == b[$0].bitPattern }
      }
    }
  }
}

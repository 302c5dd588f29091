import CKernels

/// A batch of rows in panels of sixteen columns. A panel holds its part of one row after another.
///
/// So a matrix product writes whole cache lines in order. The product that takes them reads them in order, by rows or
/// by columns, and the gradient of a layer's weights needs no copies of its factors. What lies beyond the last column
/// is zero and stays so.
///
/// A view of memory that its maker keeps; tasks work on the rows of their shards. All panels of a batch share their
/// places: what is at a place of one belongs to what is at the same place of another.
struct Panels {
  let start: UnsafeMutablePointer<Float>
  let columns: Int
  /// Floats from one panel to the next.
  let stride: Int

  init(_ start: UnsafeMutablePointer<Float>, rows: Int, columns: Int) {
    precondition(FloatPanel.count == Int(SEMID_PANEL), "panels are the kernel's")
    self.start = start
    self.columns = columns
    stride = Self.stride(rows: rows)
  }

  /// How many there are.
  var count: Int { Self.count(columns: columns) }

  /// Floats that a batch takes.
  static func size(rows: Int, columns: Int) -> Int { count(columns: columns) * stride(rows: rows) }

  private static func count(columns: Int) -> Int { (columns + FloatPanel.count - 1) / FloatPanel.count }

  /// Rows of a batch are often a power of two. Without some extra rows, all panels of a row would share the same few
  /// cache lines.
  private static func stride(rows: Int) -> Int { (rows + 80) * FloatPanel.count }

  /// The place of a row's part in a panel.
  @inline(__always) func place(_ panel: Int, row: Int) -> Int { panel * stride + row * FloatPanel.count }

  subscript(row: Int, column: Int) -> Float {
    get { start[place(column / FloatPanel.count, row: row) + column % FloatPanel.count] }
    nonmutating set { start[place(column / FloatPanel.count, row: row) + column % FloatPanel.count] = newValue }
  }

  /// The places of a shard's rows in a panel.
  @inline(__always) func places(_ panel: Int, _ shard: Shard) -> Range<Int> {
    let first = place(panel, row: shard.rows.lowerBound)
    return first..<first + shard.count * FloatPanel.count
  }

  /// The place of each of a shard's rows in a panel.
  @inline(__always) func rowPlaces(_ panel: Int, _ shard: Shard) -> StrideTo<Int> {
    let places = places(panel, shard)
    return Swift.stride(from: places.lowerBound, to: places.upperBound, by: FloatPanel.count)
  }

  /// values ← body(place, values), eight floats at a time.
  @inline(__always) func map(_ shard: Shard, _ body: (_ place: Int, Lanes) -> Lanes) {
    for panel in 0..<count {
      let places = places(panel, shard)
      var place = places.lowerBound
      while place < places.upperBound {
        body(place, lanes(at: place)).store(to: start + place)
        place += Lanes.width
      }
    }
  }

  /// values ← body(values, the vector's floats of the same columns), eight at a time.
  @inline(__always) func map(
    _ shard: Shard, with vector: UnsafePointer<Float>, _ body: (Lanes, Lanes) -> Lanes
  ) {
    for panel in 0..<count {
      let other = FloatPanel(panel, of: vector, count: columns)
      let places = places(panel, shard)
      var place = places.lowerBound
      while place < places.upperBound {
        body(lanes(at: place), other.low).store(to: start + place)
        body(lanes(at: place + Lanes.width), other.high)
          .store(to: start + place + Lanes.width)
        place += FloatPanel.count
      }
    }
  }

  /// The eight floats at a place.
  @inline(__always) func lanes(at place: Int) -> Lanes { Lanes(loading: start + place) }

  /// The sixteen floats at a place.
  @inline(__always) func floats(at place: Int) -> FloatPanel { FloatPanel(loading: start + place) }

  // MARK: Whole rows

  /// Takes the shard's rows from a matrix of rows × columns.
  func load(_ source: UnsafePointer<Float>, _ shard: Shard) {
    for panel in 0..<count {
      for row in shard.rows {
        FloatPanel(panel, of: source + row * columns, count: columns).store(to: start + place(panel, row: row))
      }
    }
  }

  /// Gives the shard's rows to a matrix of rows × columns.
  func store(to target: UnsafeMutablePointer<Float>, _ shard: Shard) {
    for panel in 0..<count {
      let first = panel * FloatPanel.count
      for row in shard.rows {
        floats(at: place(panel, row: row)).store(to: target + row * columns + first, count: columns - first)
      }
    }
  }

  /// Takes the shard's rows from another batch's panels.
  func copy(_ other: Panels, _ shard: Shard) {
    for panel in 0..<count {
      let places = places(panel, shard)
      (start + places.lowerBound).update(from: other.start + places.lowerBound, count: places.count)
    }
  }
}

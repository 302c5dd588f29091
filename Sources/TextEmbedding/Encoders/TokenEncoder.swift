import Vectors

/// A network that turns the tokens of texts into states, one vector a token.
protocol TokenEncoder: Sendable {
  /// Length of the states.
  var dimension: Int { get }
  /// One more than the largest token id.
  var vocabularySize: Int { get }
  /// The most tokens of a sequence; nil: as many as there are.
  var longestSequence: Int? { get }

  /// The states of all tokens of a batch, on the calling thread. A sequence's states depend on that sequence alone.
  ///
  /// - Parameter observe: called with the states behind each layer, for tests.
  func encode(_ batch: PackedSequences, observe: ((_ layer: Int, FloatRows) -> Void)?) -> FloatRows
}

extension TokenEncoder {
  func encode(_ batch: PackedSequences) -> FloatRows { encode(batch, observe: nil) }
}

extension FloatRows {
  /// A row of a table for each token.
  convenience init(_ ids: [Int32], of table: Matrix) {
    self.init(rows: ids.count, columns: table.columns)
    table.withUnsafeBufferPointer { values in
      guard let values = values.baseAddress else { return }
      for (row, id) in ids.enumerated() {
        self.row(row).update(from: values + Int(id) * table.columns, count: table.columns)
      }
    }
  }

  /// Adds a row of a table to one of these.
  func add(_ other: Int, of table: Matrix, to row: Int) {
    table.withUnsafeBufferPointer { values in
      let target = self.row(row)
      let source = values[(other * columns)..<((other + 1) * columns)]
      for (index, value) in zip(0..<columns, source) { target[index] += value }
    }
  }
}

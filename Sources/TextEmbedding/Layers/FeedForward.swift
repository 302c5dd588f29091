/// The two products of a transformer's feed-forward part, some rows at a time, so that what lies between stays in the cache.
struct FeedForward {
  private let wide: FloatRows
  private static let blockRows = 128

  init(rows: Int, columns: Int, gated: Bool = false) {
    wide = FloatRows(rows: min(rows, Self.blockRows), columns: gated ? 2 * columns : columns)
  }

  /// states ← states + narrowing(activation(widening(input))).
  ///
  /// - Parameters:
  ///   - gated: the widening gives what is activated and then what that is multiplied by.
  ///   - finish: called with the rows that are done; `input` may be the states, since no row is read after that.
  func apply(
    _ input: FloatRows, _ states: FloatRows, _ widening: LinearLayer, _ activation: EncoderActivation,
    _ narrowing: LinearLayer, gated: Bool = false, finish: (Range<Int>) -> Void = { _ in }
  ) {
    for start in stride(from: 0, to: states.rows, by: Self.blockRows) {
      let rows = start..<min(start + Self.blockRows, states.rows)
      let inner = 0..<rows.count
      widening.apply(input, rows, to: wide, at: 0)
      activation.apply(wide, inner, columns: narrowing.inputs)
      if gated { wide.gate(inner, columns: narrowing.inputs) }
      narrowing.apply(wide, inner, to: states, at: rows.lowerBound, adding: true)
      finish(rows)
    }
  }
}

extension InputError {
  /// Holds a number from outside against what it may be.
  ///
  /// - Parameters:
  ///   - name: the option or parameter, for the error.
  ///   - value: nil, not given, is always right; NaN never is.
  /// - Throws: `InputError` of kind `usage` that says the range and the value.
  package static func check<Value: Comparable>(_ name: String, _ value: Value?, in range: ClosedRange<Value>) throws {
    guard let value, !range.contains(value) else { return }
    throw InputError(.usage, name, expected: "\(range.lowerBound) to \(range.upperBound)", found: "\(value)")
  }
}

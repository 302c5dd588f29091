extension InputError {
  /// Checks a number from outside against its range.
  ///
  /// - Parameters:
  ///   - name: the option or parameter, for the error.
  ///   - value: nil, not given, is always right; NaN never is.
  /// - Throws: `InputError` of kind `usage` that names the range and the value.
  package static func check<Value: Comparable>(_ name: String, _ value: Value?, in range: ClosedRange<Value>) throws {
    guard let value, !range.contains(value) else { return }
    throw InputError(.usage, name, expected: "\(range.lowerBound) to \(range.upperBound)", found: "\(value)")
  }
}

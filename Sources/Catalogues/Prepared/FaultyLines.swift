package import Vectors

/// Lines that are not what their format says: an error, or counted and the first ones named.
package struct FaultyLines: Hashable, Sendable, Codable {
  package private(set) var count = 0
  /// The first of them: file, line, what was expected and what was found.
  package private(set) var first: [String] = []

  package static let most = 10
  static let remedy = "mend the line, or pass over such lines with --skip-faulty"

  package init() {}

  /// - Parameter skips: whether the line is passed over.
  /// - Throws: the fault, unless it is passed over.
  package mutating func take(_ fault: InputError, skips: Bool) throws {
    guard skips else {
      var fault = fault
      if fault.remedy == nil { fault.remedy = Self.remedy }
      throw fault
    }
    count += 1
    if first.count < Self.most { first.append(fault.description) }
  }
}

extension FaultyLines {
  /// Counts faults that are not named.
  mutating func count(more: Int) { count += max(0, more) }
}

/// A fault in a block of lines, whose number in the file is not known yet.
struct BlockFault {
  var line: Int
  var error: InputError

  /// The fault with the number (from 1) of its line in the file.
  func located(firstLine: Int) -> InputError {
    var error = error
    error.place = "line \(firstLine + line)" + (error.place.map { ", " + $0 } ?? "")
    return error
  }
}

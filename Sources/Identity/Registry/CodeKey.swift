import Foundation
import Tokenizers

/// An ID as SQLite stores it: two bytes per level, the higher byte first.
enum CodeKey {
  static func data(_ codes: some Collection<UInt16>) -> Data {
    var data = Data(capacity: codes.count * 2)
    for code in codes {
      data.append(UInt8(code >> 8))
      data.append(UInt8(code & 0xFF))
    }
    return data
  }

  /// - Returns: nil unless `data` holds one code below each of `levelSizes`.
  static func codes(_ data: Data, levelSizes: [Int]) -> [UInt16]? {
    guard data.count == levelSizes.count * 2 else { return nil }
    var codes: [UInt16] = []
    codes.reserveCapacity(levelSizes.count)
    var index = data.startIndex
    for size in levelSizes {
      let code = UInt16(data[index]) << 8 | UInt16(data[index + 1])
      guard Int(code) < size else { return nil }
      codes.append(code)
      index += 2
    }
    return codes
  }

  /// The range of the keys that begin with `prefix`: from `from` up to `to`, without `to`; nil: to the end.
  static func range(_ prefix: [UInt16]) -> (from: Data, to: Data?) {
    var next = prefix
    while let last = next.popLast() {
      if last < .max { return (data(prefix), data(next + [last + 1])) }
    }
    return (data(prefix), nil)
  }
}

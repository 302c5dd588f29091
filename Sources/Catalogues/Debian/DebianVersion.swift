/// Order of Debian version numbers: `[epoch:]upstream[-revision]` (Debian Policy 5.6.12).
enum DebianVersion {
  /// Whether `a` is older than `b`. Linear in their lengths.
  static func isOlder(_ a: some Sequence<UInt8>, than b: some Sequence<UInt8>) -> Bool {
    let a = parts(of: Array(a))
    let b = parts(of: Array(b))
    for (first, second) in [(a.epoch, b.epoch), (a.upstream, b.upstream), (a.revision, b.revision)] {
      let order = compare(first, second)
      if order != 0 { return order < 0 }
    }
    return false
  }

  private static func parts(of version: [UInt8]) -> (
    epoch: ArraySlice<UInt8>, upstream: ArraySlice<UInt8>, revision: ArraySlice<UInt8>
  ) {
    var rest = version[...]
    var epoch: ArraySlice<UInt8> = []
    var revision: ArraySlice<UInt8> = []
    if let colon = rest.firstIndex(of: UInt8(ascii: ":")) {
      epoch = rest[..<colon]
      rest = rest[(colon + 1)...]
    }
    if let hyphen = rest.lastIndex(of: UInt8(ascii: "-")) {
      revision = rest[(hyphen + 1)...]
      rest = rest[..<hyphen]
    }
    return (epoch, rest, revision)
  }

  /// Runs of other characters by `rank`, then runs of digits by value, in turn, until one differs.
  private static func compare(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Int {
    var a = a
    var b = b
    while !a.isEmpty || !b.isEmpty {
      while a.first.map({ !isDigit($0) }) ?? false || b.first.map({ !isDigit($0) }) ?? false {
        let difference = rank(a.first) - rank(b.first)
        if difference != 0 { return difference }
        a = a.dropFirst()
        b = b.dropFirst()
      }
      // Numbers of any length: without leading zeros the longer is larger, and equal lengths compare as text.
      let first = a.prefix(while: isDigit)
      let second = b.prefix(while: isDigit)
      a = a.dropFirst(first.count)
      b = b.dropFirst(second.count)
      let firstValue = first.drop { $0 == UInt8(ascii: "0") }
      let secondValue = second.drop { $0 == UInt8(ascii: "0") }
      if firstValue.count != secondValue.count { return firstValue.count - secondValue.count }
      if let (x, y) = zip(firstValue, secondValue).first(where: { $0 != $1 }) { return Int(x) - Int(y) }
    }
    return 0
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  /// A tilde before the end, the end (and a digit, which ends the run) before letters, letters before the rest.
  private static func rank(_ byte: UInt8?) -> Int {
    guard let byte, !isDigit(byte) else { return 0 }
    if byte == UInt8(ascii: "~") { return -1 }
    let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    return isLetter ? Int(byte) : Int(byte) + 256
  }
}

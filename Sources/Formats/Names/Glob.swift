/// Patterns in which `*` stands for any text.
enum Glob {
  static func isPattern(_ text: String) -> Bool { text.contains("*") }

  /// The names that match, and what `*` stood for in each; nil for more than one `*`.
  static func matches(_ name: String, _ pattern: String) -> Bool {
    // Each piece between stars goes as far left as it can, the last one to the end.
    let pieces = pattern.split(separator: "*", omittingEmptySubsequences: false)
    guard let first = pieces.first, let last = pieces.last, pieces.count > 1 else { return name == pattern }
    guard name.hasPrefix(first), name.hasSuffix(last), name.utf8.count >= first.utf8.count + last.utf8.count else {
      return false
    }
    var rest = name.dropFirst(first.count).dropLast(last.count)
    for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
      guard let place = rest.firstRange(of: piece) else { return false }
      rest = rest[place.upperBound...]
    }
    return true
  }

  /// The number that the only `*` of a pattern stands for in a name that matches it; nil where it is none.
  static func number(in name: String, _ pattern: String) -> Int? {
    let pieces = pattern.split(separator: "*", omittingEmptySubsequences: false)
    guard pieces.count == 2 else { return nil }
    let digits = name.dropFirst(pieces[0].count).dropLast(pieces[1].count)
    return digits.allSatisfy { $0.isASCII && $0.isNumber } ? Int(digits) : nil
  }

  /// The names that a pattern asks for: by the number that `*` stands for where each has one, else in their order.
  static func expand(_ pattern: String, in names: [String]) -> [String] {
    let found = names.filter { matches($0, pattern) }
    let numbers = found.compactMap { number(in: $0, pattern) }
    guard numbers.count == found.count, Set(numbers).count == found.count else { return found }
    return zip(numbers, found).sorted { $0.0 < $1.0 }.map(\.1)
  }
}

/// Columns of numbers that are one dimension of a vector each: `emb_0`, `emb_1`, ….
struct ColumnFamily {
  /// `emb_*`.
  let pattern: String
  /// `emb`.
  let base: String
  /// By their numbers, which run from 0 or 1 without a gap.
  let names: [String]

  /// The families among names, in the order of their first members.
  static func all(in names: [String]) -> [ColumnFamily] {
    var order: [String] = []
    var members: [String: [(number: Int, name: String)]] = [:]
    for name in names {
      let digits = name.reversed().prefix { $0.isASCII && $0.isNumber }.count
      // A number with zeros before it, or one too large, numbers no column.
      guard digits > 0, let number = Int(name.suffix(digits)), String(number).count == digits else { continue }
      let base = String(name.dropLast(digits))
      if members[base] == nil { order.append(base) }
      members[base, default: []].append((number, name))
    }
    return order.compactMap { base in
      let sorted = (members[base] ?? []).sorted { $0.number < $1.number }
      guard sorted.count > 1, sorted[0].number <= 1,
        zip(sorted, sorted.dropFirst()).allSatisfy({ $0.number + 1 == $1.number })
      else { return nil }
      let trimmed = base.reversed().drop { "_-. ".contains($0) }.reversed()
      return ColumnFamily(pattern: base + "*", base: String(trimmed), names: sorted.map(\.name))
    }
  }
}

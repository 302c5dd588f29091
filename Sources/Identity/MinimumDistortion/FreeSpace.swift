import Tokenizers

/// How many items are on the IDs below every prefix: a trie of counts.
struct FreeSpace {
  /// From a node and a code to the node below.
  private var children: [UInt64: Int] = [:]
  private var taken = [0]
  /// How many items fit below a prefix, by the prefix's length.
  private let space: [Int]

  init(levelSizes: [Int], capacity: Int) {
    var space = [capacity]
    for size in levelSizes.reversed() {
      let (product, overflow) = space[space.count - 1].multipliedReportingOverflow(by: size)
      space.append(overflow ? .max : product)
    }
    self.space = space.reversed()
  }

  /// Counts `count` more items on the ID with these codes.
  mutating func take(_ codes: some Collection<UInt16>, count: Int = 1) {
    var node = 0
    taken[node] += count
    for code in codes {
      let key = Self.key(node, code)
      if let child = children[key] {
        node = child
      } else {
        node = taken.count
        children[key] = node
        taken.append(0)
      }
      taken[node] += count
    }
  }

  /// How many more items fit on the ID.
  func room(_ id: [UInt16]) -> Int { room(below: id.dropLast(), id[id.count - 1]) }

  /// How many more items fit below `prefix` and each code behind it.
  func rooms(below prefix: some Collection<UInt16>) -> (UInt16) -> Int {
    let space = space[prefix.count + 1]
    guard let node = node(prefix) else { return { _ in space } }
    return { code in max(0, space - (children[Self.key(node, code)].map { taken[$0] } ?? 0)) }
  }

  private func room(below prefix: some Collection<UInt16>, _ code: UInt16) -> Int { rooms(below: prefix)(code) }

  private func node(_ prefix: some Collection<UInt16>) -> Int? {
    var node = 0
    for code in prefix {
      guard let child = children[Self.key(node, code)] else { return nil }
      node = child
    }
    return node
  }

  private static func key(_ node: Int, _ code: UInt16) -> UInt64 { UInt64(node) << 16 | UInt64(code) }
}

import Vectors

/// How many lists there are, and how many vectors in all of them.
struct InvertedShape {
  let lists: Int
  let count: Int
}

extension FaissFileReader {
  /// Lists that lie in the file, one after another.
  mutating func arrayLists(_ shape: InvertedShape, codeSize: Int) throws {
    try listType("ilar", shape, codeSize: UInt64(codeSize))
    let start = offset
    let sizes = try listSizes(shape)
    var labels = SeenLabels(count: shape.count)
    for (_, size) in sizes {
      _ = try values(UInt8.self, product(size, codeSize, of: "codes"), "codes of a list")
      try see(&labels, size, counted: false)
    }
    try labels.checkAll(self, at: start)
  }

  /// Lists in blocks of vectors, as fast scan has them.
  mutating func blockLists(_ shape: InvertedShape, block: Int, blockSize: Int) throws {
    try listType("ilbl", shape, codeSize: .max)
    try number(UInt64.self, "vectors of a block,", is: block)
    try number(UInt64.self, "a size of a block of", is: blockSize)
    let start = offset
    var labels = SeenLabels(count: shape.count)
    for _ in 0..<shape.lists {
      let size = try see(&labels, nil, counted: true)
      let blocks = (size + block - 1) / block
      _ = try array(UInt8.self, "bytes of codes of a list", count: product(blocks, blockSize, of: "codes"))
    }
    try labels.checkAll(self, at: start)
  }

  private mutating func listType(_ expected: FaissTypeCode, _ shape: InvertedShape, codeSize: UInt64) throws {
    let start = offset
    let type = try type()
    guard type == expected else {
      let found = type == "ilod" ? "lists in another file, which it names (on-disk inverted lists)" : "the type \(type)"
      throw fault("inverted lists in this file (\(expected))", found, at: start, kind: .unsupported)
    }
    try number(UInt64.self, "a number of lists of", is: shape.lists)
    let place = offset
    let found = try number(UInt64.self, "code size")
    guard found == codeSize else { throw fault("a code size of \(codeSize)", "\(found)", at: place) }
  }

  /// The sizes of the lists that are not empty, in their order.
  private mutating func listSizes(_ shape: InvertedShape) throws -> [(list: Int, size: Int)] {
    let start = offset
    let type = try type()
    func size(_ value: UInt64) throws -> Int {
      guard let size = Int(exactly: value), size <= shape.count else {
        throw fault("lists of at most \(shape.count) vectors", "\(value)", at: start)
      }
      return size
    }
    switch type {
    case "full":
      let sizes = try array(UInt64.self, "sizes of lists", count: shape.lists)
      return try (0..<shape.lists).compactMap { list in
        let size = try size(sizes[list])
        return size == 0 ? nil : (list, size)
      }
    case "sprs":
      let pairs = try array(UInt64.self, "lists and sizes")
      guard pairs.count % 2 == 0 else { throw fault("pairs of list and size", "\(pairs.count) numbers", at: start) }
      var sizes: [(list: Int, size: Int)] = []
      for pair in stride(from: 0, to: pairs.count, by: 2) {
        guard let list = Int(exactly: pairs[pair]), list < shape.lists, sizes.last.map({ $0.list < list }) ?? true
        else {
          throw fault("lists below \(shape.lists), ascending", "\(pairs[pair])", at: start)
        }
        let size = try size(pairs[pair + 1])
        if size > 0 { sizes.append((list, size)) }
      }
      return sizes
    default:
      throw fault("sizes of lists, \"full\" or \"sprs\"", "the type \(type)", at: start)
    }
  }

  /// Reads the labels of a list: `size` of them, or as many as stand before them.
  @discardableResult
  private mutating func see(_ labels: inout SeenLabels, _ size: Int?, counted: Bool) throws -> Int {
    let start = offset
    let found =
      try counted
      ? array(Int64.self, "labels of a list") : values(Int64.self, size ?? 0, "labels of a list")
    for index in 0..<found.count where !labels.insert(found[index]) {
      throw fault("each label from 0 to \(labels.count - 1) once", "\(found[index])", at: start)
    }
    return found.count
  }
}

/// The labels that have been met in lists.
private struct SeenLabels {
  let count: Int
  private var seen: [Bool]
  private var found = 0

  init(count: Int) {
    self.count = count
    seen = [Bool](repeating: false, count: count)
  }

  /// - Returns: false for one that no vector has, or that was there before.
  mutating func insert(_ label: Int64) -> Bool {
    guard let index = Int(exactly: label), seen.indices.contains(index), !seen[index] else { return false }
    seen[index] = true
    found += 1
    return true
  }

  func checkAll(_ reader: FaissFileReader, at place: Int) throws {
    guard found == count else { throw reader.fault("\(count) vectors in the lists", "\(found)", at: place) }
  }
}

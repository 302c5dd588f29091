import Formats
import Tokenizers
import Vectors

/// The constraint as arrays for other programs.
extension DecodingConstraint {
  /// Writes compressed sparse rows as `.npz`: enough to decode with numpy alone.
  ///
  /// - `token` (nodes): int32, the token that leads to each node; −1 for node 0, the root.
  /// - `children` (nodes + 1): uint32. Node `n` leads to nodes `children[n] ..< children[n + 1]`, whose tokens ascend
  ///   where the tokens of a level do.
  /// - `depth` (L + 2): int64, the first node of each depth, and the number of nodes.
  /// - `is_id` (nodes): bool, whether an ID ends at the node.
  /// - `begin`, `end`, `padding`: int32, the special tokens.
  /// - `trigger`: int32, where it is not empty, the tokens behind which an ID begins. Until one is written, and behind
  ///   `end`, every token below the vocabulary's size may follow.
  /// - `vocabulary_size`, `level_sizes`: int64.
  ///
  /// The nodes of the last depth are the IDs in ID order, as an index numbers them.
  public func write(arrays path: String) throws {
    let counts = [1] + tree.levels.map(\.codes.count)
    let starts = counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    let nodes = starts[counts.count]
    let tokens = Buffer<Int32>(count: nodes) { target in
      target[0] = -1
      for (level, prefixes) in tree.levels.enumerated() {
        prefixes.codes.withUnsafeBufferPointer { codes in
          for index in codes.indices { target[starts[level + 1] + index] = levelTokens[level].token(of: codes[index]) }
        }
      }
    }
    let children = Buffer<UInt32>(count: nodes + 1) { target in
      target[0] = 1
      for (level, prefixes) in tree.levels.enumerated() where level + 1 < tree.levels.count {
        prefixes.children.withUnsafeBufferPointer { children in
          for index in 0..<counts[level + 1] {
            target[starts[level + 1] + index] = UInt32(starts[level + 2]) + children[index]
          }
        }
      }
      for node in starts[counts.count - 1]...nodes { target[node] = UInt32(nodes) }
    }
    let isID = Buffer<ArrayBool>(count: nodes) { target in
      for depth in counts.indices {
        for index in 0..<counts[depth] { target[starts[depth] + index] = .init(tree.isID(depth: depth, index: index)) }
      }
    }
    var archive = NPZWriter()
    func add<Element: ArrayElement>(_ name: String, _ values: Buffer<Element>) {
      archive.add(name, values, shape: [values.count])
    }
    add("token", tokens)
    add("children", children)
    add("depth", Buffer(starts.map(Int64.init)))
    add("is_id", isID)
    add("begin", Buffer(self.tokens.begin))
    add("end", Buffer(self.tokens.end))
    add("padding", Buffer(self.tokens.padding))
    add("trigger", Buffer(self.tokens.triggers))
    add("level_sizes", Buffer(levelSizes.map(Int64.init)))
    archive.add("vocabulary_size", Buffer([Int64(vocabularySize)]), shape: [])
    try archive.write(to: path)
  }
}

/// A bool as numpy holds it.
struct ArrayBool: ArrayElement {
  let byte: UInt8

  init(_ value: Bool) { byte = value ? 1 : 0 }

  static var elementType: ElementType { .bool }
}

public import Retrieval
import Tokenizers
import Vectors

/// What an ID that was read is in a catalogue.
public enum IDOutcome: Hashable, Sendable {
  /// The ID of the items at these positions of the trie.
  case valid(items: Range<Int>)
  /// No ID of the catalogue begins so: the codes before `level` (from 0) begin some ID, and the code at `level`
  /// continues none.
  case unknownPrefix(level: Int)
  /// The beginning of IDs, and no more. Also a text in which nothing was generated.
  case incomplete
  /// Not an ID: the text departs from the spelling at this offset in bytes.
  case malformed(offset: Int)

  package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    case valid, unknownPrefix, incomplete, malformed
  }

  package var kind: Kind {
    switch self {
    case .valid: .valid
    case .unknownPrefix: .unknownPrefix
    case .incomplete: .incomplete
    case .malformed: .malformed
    }
  }

  /// The level, from 0, at which it departs from all IDs.
  public var level: Int? {
    if case .unknownPrefix(let level) = self { level } else { nil }
  }
}

extension SemanticIndex {
  /// Looks up a mention. An ID that ends one level early is whole where an item has it.
  public func outcome(of mention: IDMention) -> IDOutcome {
    if mention.fault == nil, shape.mayEndEarly, mention.codes.count == shape.levels - 1 {
      let items = trie.items(prefix: shape.stored(mention.codes))
      if !items.isEmpty { return .valid(items: items) }
    }
    return trie.outcome(of: mention)
  }
}

extension CodeTrie {
  /// Looks up a mention.
  package func outcome(of mention: IDMention) -> IDOutcome {
    if let fault = mention.fault { return .malformed(offset: fault) }
    // Nothing, or nothing but the tokens around an ID: every ID begins like that.
    guard !mention.codes.isEmpty else { return .incomplete }
    var node: Node?
    for level in mention.codes.indices {
      guard let next = self.node(prefix: mention.codes[...level]) else { return .unknownPrefix(level: level) }
      node = next
    }
    guard let node, node.level == levels.count - 1 else { return .incomplete }
    return .valid(items: items(of: node))
  }
}

package import Retrieval
import Tokenizers
import Vectors

/// What states mean.
extension DecodingConstraint {
  /// The place of a state inside an ID: the number of codes written, and the number of that prefix among those of its
  /// depth; nil before and behind an ID.
  func prefix(of state: State) -> (depth: Int, index: Int)? {
    let state = Int(state)
    guard let depth = firsts.lastIndex(where: { $0 <= state }), depth + 1 < firsts.count else { return nil }
    return (depth, state - firsts[depth])
  }

  /// The codes that were written; nil behind the end of an ID, where all IDs share their states.
  package func codes(of state: State) -> [UInt16]? {
    if Int(state) < firsts[0] { return [] }
    return prefix(of: state).map { tree.codes(depth: $0.depth, index: $0.index) }
  }

  /// The node of the trie that the constraint was compiled from; nil before the first code and behind an ID.
  package func node(of state: State) -> CodeTrie.Node? {
    prefix(of: state).flatMap { $0.depth > 0 ? CodeTrie.Node(level: $0.depth - 1, index: $0.index) : nil }
  }

  /// Whether the codes that were written are an ID, with or without the tokens behind it.
  public func isID(_ state: State) -> Bool {
    guard let (depth, index) = prefix(of: state) else {
      return !isFree(state) && (firsts[firsts.count - 1]..<stateCount).contains(Int(state))
    }
    return tree.isID(depth: depth, index: index)
  }

  /// Whether every token may follow: before a trigger, and again behind the end of an ID.
  package func isFree(_ state: State) -> Bool { !tokens.triggers.isEmpty && Int(state) == stateCount - 1 }

  /// Whether an ID and all tokens behind it were written, so that only padding can follow. Always false where tokens
  /// trigger IDs.
  public func isDone(_ state: State) -> Bool {
    if Int(state) == stateCount - 1 { return tokens.triggers.isEmpty }
    guard tokens.end.isEmpty, let (depth, index) = prefix(of: state) else { return false }
    return tree.isID(depth: depth, index: index) && tree.children(depth: depth, index: index).isEmpty
  }

  /// The tokens that may follow, ascending; none where a beam is done and there is no padding.
  func allowed(after state: State) -> [Int32] {
    guard let (depth, index) = prefix(of: state) else {
      if Int(state) < firsts[0] { return [tokens.begin[Int(state)]] }
      if isFree(state) { return Array(0..<Int32(vocabularySize)) }
      let place = Int(state) - firsts[firsts.count - 1] + 1
      return place < tokens.end.count ? [tokens.end[place]] : tokens.padding.sorted()
    }
    var allowed: [Int32] = []
    let children = tree.children(depth: depth, index: index)
    if !children.isEmpty {
      tree.levels[depth].codes[slice: children].withUnsafeBufferPointer { codes in
        for code in codes { allowed.append(levelTokens[depth].token(of: code)) }
      }
    }
    if tree.isID(depth: depth, index: index) { allowed += tokens.end.first.map { [$0] } ?? tokens.padding }
    return allowed.sorted()
  }

  /// The error for a beam: a token that may not follow its state, or a state that nothing may follow.
  func fault(beam: Int, _ state: State, token: Int32?) -> InputError {
    let source = "beam \(beam) (from 0)"
    guard Int(state) < stateCount else {
      return InputError(.usage, source, expected: "a state below \(stateCount)", found: "\(state)")
    }
    let codes = codes(of: state)
    let outside = isFree(state) ? "outside of an ID" : "behind an ID"
    let place =
      codes.map { $0.isEmpty ? "before the first code" : "after \(TokenFormat.plain().text(for: $0))" } ?? outside
    let allowed = allowed(after: state)
    guard let token else {
      return InputError(
        .usage, source, at: place, expected: "a beam that goes on", found: "one that is done",
        remedy: "leave it out of the batch, or name a padding token")
    }
    let some = allowed.count <= 6 ? allowed : Array(allowed.prefix(3)) + [allowed[allowed.count - 1]]
    let list = some.map(String.init)
    let text =
      allowed.isEmpty
      ? "nothing more"
      : allowed.count == 1
        ? "token \(list[0])"
        : allowed.count <= 6
          ? "token \(list.dropLast().joined(separator: ", ")) or \(list[list.count - 1])"
          : "one of \(allowed.count) tokens (\(list[0]), \(list[1]), \(list[2]), … \(list[3]))"
    return InputError(.usage, source, at: place, expected: text, found: "token \(token)")
  }
}

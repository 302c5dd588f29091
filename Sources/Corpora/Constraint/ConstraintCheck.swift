import Formats
import Vectors

extension TokenizerFolder.Verification {
  /// Checks that the tokens of codes in a constraint, as `.npz` or as a dictionary of prefixes, are a tokenizer's.
  ///
  /// - Returns: the number of different tokens of codes in the constraint.
  /// - Throws: `InputError` for the first token that is not the token of a code of its level.
  package func check(constraint path: String, _ vocabulary: TokenVocabulary) throws -> Int {
    let levels = path.hasSuffix(".npz") ? try Self.tokens(ofArrays: path) : try Self.tokens(ofPrefixes: path)
    guard levels.count <= vocabulary.levelSizes.count else {
      throw InputError(
        .mismatch, path, expected: "IDs of at most \(vocabulary.levelSizes.count) codes", found: "\(levels.count)")
    }
    for (level, tokens) in levels.enumerated() {
      let first = vocabulary.offsets[level]
      let known = Set(ids[first..<first + vocabulary.levelSizes[level]])
      if let stranger = tokens.subtracting(known).min() {
        throw InputError(
          .mismatch, path, at: "level \(level) (from 0)",
          expected: "ids of \(vocabulary[first]) … \(vocabulary[first + vocabulary.levelSizes[level] - 1])",
          found: "\(stranger)", remedy: "write the constraint anew with --tokenizer and this folder")
      }
    }
    return levels.reduce(0) { $0 + $1.count }
  }

  private static func tokens(ofArrays path: String) throws -> [Set<Int>] {
    let file = try NPZFile(path: path)
    let token = try file.array("token").integers(as: Int64.self)
    let depth = try file.array("depth").integers(as: Int64.self).array
    guard depth.count > 2, depth.first == 0, depth.last == Int64(token.count),
      zip(depth, depth.dropFirst()).allSatisfy(<=)
    else {
      throw InputError(.malformed, path, expected: "depths that divide the tokens", found: "\(depth)")
    }
    return (1..<depth.count - 1).map { level in
      Set((Int(depth[level])..<Int(depth[level + 1])).map { Int(token[$0]) })
    }
  }

  private static func tokens(ofPrefixes path: String) throws -> [Set<Int>] {
    let file = try JSONFile.decode(Prefixes.self, path: path)
    let begin = file.begin.isEmpty ? 0 : file.begin.split(separator: "-").count
    let end = file.end.split(separator: "-").compactMap { Int($0) }
    var levels: [Set<Int>] = []
    for (key, allowed) in file.allowed {
      let depth = key.isEmpty ? 0 : key.split(separator: "-").count
      // Behind an ID stand tokens of the end, which are no code's.
      guard depth >= begin, !key.split(separator: "-").contains(where: { Int($0) == end.first }) || depth == begin
      else {
        continue
      }
      let codes = allowed.filter { $0 != end.first }
      guard !codes.isEmpty else { continue }
      while levels.count <= depth - begin { levels.append([]) }
      levels[depth - begin].formUnion(codes)
    }
    return levels
  }

  private struct Prefixes: Decodable {
    var begin: String
    var end: String
    var allowed: [String: [Int]]
  }
}

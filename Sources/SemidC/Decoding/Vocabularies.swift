public import CSemid
import SemanticID

struct VocabularyOptions: Codable {
  /// A name or a pattern.
  var spelling = "levels"
  /// nil: the spelling's own.
  var begin: String?
  var end: String?
  var specials: [String] = []

  func vocabulary(_ sizes: [Int]) throws -> TokenVocabulary {
    var tokens = try TokenSpelling(named: spelling)
    if begin != nil || end != nil { tokens = tokens.surrounded(begin: begin ?? tokens.begin, end: end ?? tokens.end) }
    return try TokenVocabulary(spelling: tokens, levelSizes: sizes, specials: specials)
  }
}

extension TokenSpelling {
  /// A spelling that has a name, or a pattern.
  init(named name: String) throws {
    if let known = Self.named.first(where: { $0.name == name }) {
      self = known.spelling
    } else if name.contains("{") {
      try self.init(pattern: name)
    } else {
      throw InputError(
        .usage, "spelling", expected: Self.named.map(\.name).joined(separator: ", ") + ", or a pattern", found: name)
    }
  }
}

private struct VocabularyInfo: Encodable {
  var levelSizes: [Int]
  var offsets: [Int]
  var specials: [String]
  var count: Int
  var pattern: String
  var begin: String
  var end: String
}

@c @implementation
public func semid_vocabulary_make(
  _ levelSizes: UnsafePointer<Int64>?, _ levels: Int64, _ options: semid_text,
  _ vocabulary: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let sizes = try CallerArray.copy(levelSizes, count: levels, "level sizes").map { Int(clamping: $0) }
    let options = try CallOptions.decode(options, over: VocabularyOptions(), "options")
    try vocabulary.give(.vocabulary(try options.vocabulary(sizes)), as: "vocabulary")
  }
}

@c @implementation
public func semid_vocabulary_tokens(_ vocabulary: UInt64, _ result: UnsafeMutablePointer<UInt64>?) -> Int32 {
  Call.run {
    let vocabulary = try vocabulary.vocabulary
    var arrays: [String: CallResult.Values] = [:]
    arrays.set(StringColumn((0..<vocabulary.count).map { vocabulary[$0] }), as: "tokens")
    try result.give(
      try CallResult(
        json: VocabularyInfo(
          levelSizes: vocabulary.levelSizes, offsets: vocabulary.offsets, specials: vocabulary.specials,
          count: vocabulary.count, pattern: vocabulary.spelling.pattern, begin: vocabulary.spelling.begin,
          end: vocabulary.spelling.end), arrays))
  }
}

@c @implementation
public func semid_vocabulary_texts(
  _ vocabulary: UInt64, _ codes: semid_codes, _ result: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let vocabulary = try vocabulary.vocabulary
    guard codes.levels <= vocabulary.levelSizes.count else {
      throw InputError(
        .mismatch, "codes", expected: "at most \(vocabulary.levelSizes.count) levels", found: "\(codes.levels)")
    }
    let given = try codes.required(sizes: Array(vocabulary.levelSizes.prefix(max(0, Int(clamping: codes.levels)))))
    var arrays: [String: CallResult.Values] = [:]
    arrays.set(StringColumn((0..<given.count).map { vocabulary.text(for: given[$0]) }), as: "texts")
    try result.give(CallResult(arrays))
  }
}

@c @implementation
public func semid_vocabulary_write(
  _ vocabulary: UInt64, _ path: semid_text, _ form: semid_text, _ first: Int64
) -> Int32 {
  Call.run {
    let vocabulary = try vocabulary.vocabulary
    let path = try path.required("path")
    try Output.check([.file(path)])
    switch try form.string("form") ?? "text" {
    case "text": try vocabulary.write(text: path)
    case "added-tokens": try vocabulary.write(addedTokens: path, firstID: Int(clamping: first))
    case let other: throw InputError(.usage, "form", expected: "text or added-tokens", found: other)
    }
  }
}

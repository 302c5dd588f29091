import Vectors

/// The strings by which FAISS makes an index, as far as the engine takes them: those whose files it can check, and that
/// do not make FAISS end the process.
///
///     [transform,]… index [,RFlat | ,Refine(codes)]
///     transform  PCA[W][R]n  OPQn[_n]  RR[n]  Padn  L2norm
///     index      codes  PQnx4fs[_32]  LSH[n][r][t]  HNSW[n][,codes]  IVFn[k|M][_HNSW[n] | (index)],held
///     held       codes  PQn+n  PQnx4fs[r][_32]
///     codes      Flat  SQ4  SQ6  SQ8  SQfp16  SQbf16  PQn[xbits][np]
struct FaissFactory {
  /// What is taken, for messages.
  static let families =
    "Flat, SQ4, SQ6, SQ8, SQfp16, SQbf16, PQ, PQ…x4fs, LSH, HNSW or IVF, after PCA, OPQ, RR, Pad or L2norm, "
    + "before RFlat or Refine"

  /// The most bits of a product quantizer's codes.
  static let mostBits = 16
  /// The most bits of those in a graph: when FAISS reads one, it computes the distances between all centroids of a
  /// part.
  static let mostGraphBits = 10
  static let mostTransforms = 16

  /// Inverted lists; 0: none.
  private(set) var lists = 0

  /// - Throws: `InputError` for any other string.
  init(_ text: String) throws {
    guard Self.isWhole(text, &lists) else {
      throw InputError(.usage, "FAISS factory \"\(text)\"", expected: Self.families, found: "another index")
    }
  }

  private static func isWhole(_ text: String, _ lists: inout Int) -> Bool {
    if text.hasSuffix(",RFlat") { return isTransformed(Substring(text.dropLast(6)), &lists) }
    guard text.hasSuffix(")"), let place = text.ranges(of: ",Refine(").last else {
      return isTransformed(text[...], &lists)
    }
    return isTransformed(text[..<place.lowerBound], &lists) && isCodes(text[place.upperBound...].dropLast())
  }

  private static func isTransformed(_ text: Substring, _ lists: inout Int) -> Bool {
    var text = text
    for _ in 0...mostTransforms {
      guard let comma = text.firstIndex(of: ","), isTransform(text[..<comma]) else { return isIndex(text, &lists) }
      text = text[text.index(after: comma)...]
    }
    return false
  }

  private static func isTransform(_ text: Substring) -> Bool {
    var words = FaissWords(text)
    if words.take("L2norm") || words.take("L2Norm") { return words.isAtEnd }
    if words.take("PCA") {
      _ = words.take("W")
      _ = words.take("R")
      return words.number() != nil && words.isAtEnd
    }
    if words.take("OPQ") {
      return words.number() != nil && (!words.take("_") || words.number() != nil) && words.isAtEnd
    }
    if words.take("Pad") { return words.number() != nil && words.isAtEnd }
    return words.take("RR") && (words.isAtEnd || words.number() != nil) && words.isAtEnd
  }

  private static func isIndex(_ text: Substring, _ lists: inout Int) -> Bool {
    isCodes(text) || isFastScan(text, ofResiduals: false) || isHash(text) || isGraph(text)
      || isInvertedFile(text, &lists)
  }

  private static func isCodes(_ text: Substring, mostBits: Int = Self.mostBits) -> Bool {
    if ["Flat", "SQ4", "SQ6", "SQ8", "SQfp16", "SQbf16"].contains(text) { return true }
    var words = FaissWords(text)
    guard words.take("PQ"), words.number() != nil else { return false }
    if words.take("x") { guard let bits = words.number(), bits <= mostBits else { return false } }
    _ = words.take("np")
    return words.isAtEnd
  }

  private static func isFastScan(_ text: Substring, ofResiduals: Bool) -> Bool {
    var words = FaissWords(text)
    guard words.take("PQ"), words.number() != nil, words.take("x4fs") else { return false }
    if ofResiduals { _ = words.take("r") }
    // FAISS cannot search for one neighbor alone in other blocks.
    _ = words.take("_32")
    return words.isAtEnd
  }

  private static func isHash(_ text: Substring) -> Bool {
    var words = FaissWords(text)
    guard words.take("LSH") else { return false }
    _ = words.number()
    _ = words.take("r")
    _ = words.take("t")
    return words.isAtEnd
  }

  private static func isGraph(_ text: Substring) -> Bool {
    var words = FaissWords(text)
    guard words.take("HNSW"), words.isGraphWidth() else { return false }
    return words.isAtEnd || (words.take(",") || words.take("_")) && isCodes(words.rest, mostBits: mostGraphBits)
  }

  private static func isInvertedFile(_ text: Substring, _ lists: inout Int) -> Bool {
    var words = FaissWords(text)
    guard words.take("IVF"), let number = words.number() else { return false }
    lists = number * (words.take("k") ? 1 << 10 : words.take("M") ? 1 << 20 : 1)
    if words.take("_HNSW") {
      guard words.isGraphWidth() else { return false }
    } else if words.take("(") {
      guard let end = words.rest.firstIndex(of: ")") else { return false }
      let quantizer = words.rest[..<end]
      guard isCodes(quantizer) || isGraph(quantizer) else { return false }
      words = FaissWords(words.rest[end...])
      _ = words.take(")")
    }
    guard words.take(",") else { return false }
    return isCodes(words.rest) || isFastScan(words.rest, ofResiduals: true) || isTwoStage(words.rest)
  }

  private static func isTwoStage(_ text: Substring) -> Bool {
    var words = FaissWords(text)
    return words.take("PQ") && words.number() != nil && words.take("+") && words.number() != nil && words.isAtEnd
  }
}

/// The rest of a factory string.
private struct FaissWords {
  private(set) var rest: Substring

  init(_ text: Substring) { rest = text }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func take(_ word: String) -> Bool {
    guard rest.hasPrefix(word) else { return false }
    rest = rest.dropFirst(word.count)
    return true
  }

  /// A number from 1 to 999,999,999. FAISS divides by some of these numbers.
  mutating func number() -> Int? {
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    guard digits.count <= 9, let number = Int(digits), number > 0 else { return nil }
    rest = rest.dropFirst(digits.count)
    return number
  }

  /// The neighbors of a node: none stands for FAISS's default. With one, FAISS would make layers without end.
  mutating func isGraphWidth() -> Bool {
    guard rest.first?.isNumber == true else { return true }
    return number().map { (2...4096).contains($0) } ?? false
  }
}

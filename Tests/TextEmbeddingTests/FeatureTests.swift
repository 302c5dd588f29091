import Testing
import Vectors

@testable import TextEmbedding

/// Options under which a text is its words and nothing else.
private var wordsOnly: LSAOptions {
  var options = LSAOptions()
  options.characterGrams = nil
  options.minimumTexts = 1
  return options
}

private func bucket(_ word: String, kind: FeatureHash.Kind = .word, options: LSAOptions = wordsOnly) -> (Int32, Float) {
  var hash = FeatureHash(seed: options.seed, kind: kind)
  for byte in word.utf8 { hash.combine(byte) }
  return (Int32(hash.value >> UInt64(64 - options.hashBits)), hash.value & 1 == 0 ? 1 : -1)
}

private func entries(_ rows: SparseRows, _ row: Int) -> [Int32: Float] {
  Dictionary(
    uniqueKeysWithValues: (rows.starts[row]..<rows.starts[row + 1]).map { (rows.columns[$0], rows.values[$0]) })
}

struct FeatureTests {
  /// Values of an independent implementation: the hash is part of every saved model.
  @Test(
    arguments: [
      (0, FeatureHash.Kind.word, "", 0x0d7c_ea42_b505_7e4c), (0, .word, "rust", 0x781d_11fd_1b1a_f669),
      (42, .word, "rust", 0x270e_1ecf_6122_020e), (0, .gram, "rust", 0xfd37_c4b1_c0e3_92cb),
      (0, .pair, "chess game", 0x1836_1db3_059f_0ed5), (UInt64.max, .word, "café", 0xef75_d23b_19a1_09d3),
    ] as [(UInt64, FeatureHash.Kind, String, UInt64)])
  func hash(seed: UInt64, kind: FeatureHash.Kind, text: String, expected: UInt64) {
    var hash = FeatureHash(seed: seed, kind: kind)
    for byte in text.utf8 { hash.combine(byte) }
    #expect(hash.value == expected)
  }

  @Test func countsAreSublinearAndFieldsAddUp() throws {
    let fields = [
      TextField(StringColumn(["red apple apple apple"])), TextField(StringColumn(["apple"]), weight: 0.5),
    ]
    let rows = try FeatureExtractor(options: wordsOnly).rows(of: fields, pool: ThreadPool(threads: 1))
    let (apple, appleSign) = bucket("apple")
    let (red, redSign) = bucket("red")
    // ln 3 = 1.0986123
    let found = entries(rows, 0)
    #expect(found.count == 2)
    #expect(abs((found[apple] ?? 0) - appleSign * (2.0986123 + 0.5)) < 1e-5)
    #expect(found[red] == redSign)
  }

  @Test func tfIdfByHand() throws {
    let texts = ["red apple", "red car", "blue car car", ""]
    let counts = try FeatureExtractor(options: wordsOnly).rows(
      of: [TextField(StringColumn(texts))], pool: ThreadPool(threads: 1))
    let weighting = TermWeighting(counts, options: wordsOnly)
    let rows = weighting.weighted(counts)
    func column(_ word: String) throws -> Int32 {
      Int32(try #require(weighting.buckets.firstIndex(of: bucket(word).0)))
    }
    // ln(5/3) + 1 = 1.5108256 for words of two texts, ln(5/2) + 1 = 1.9162907 for words of one.
    #expect(abs(weighting.inverseFrequencies[Int(try column("red"))] - 1.5108256) < 1e-6)
    #expect(abs(weighting.inverseFrequencies[Int(try column("blue"))] - 1.9162907) < 1e-6)
    // Row 2: blue 1.9162907, car (1 + ln 2) · 1.5108256 = 2.5580502; norm 3.1962164.
    let row = entries(rows, 2)
    #expect(abs((row[try column("blue")] ?? 0) - bucket("blue").1 * 0.5995497) < 1e-5)
    #expect(abs((row[try column("car")] ?? 0) - bucket("car").1 * 0.8003370) < 1e-5)
    #expect(entries(rows, 3).isEmpty)
  }

  @Test func rareBucketsAreLeftOut() throws {
    var options = wordsOnly
    options.minimumTexts = 2
    let counts = try FeatureExtractor(options: options).rows(
      of: [TextField(StringColumn(["red apple", "red car", "blue car car"]))], pool: ThreadPool(threads: 1))
    #expect(TermWeighting(counts, options: options).buckets == [bucket("red").0, bucket("car").0].sorted())
  }

  @Test func gramsOfAWordHaveTheNormAskedFor() throws {
    var options = wordsOnly
    options.characterGrams = 3...3
    options.gramWeight = 2
    let rows = try FeatureExtractor(options: options).rows(
      of: [TextField(StringColumn(["editor"]))], pool: ThreadPool(threads: 1))
    let found = entries(rows, 0)
    // <ed edi dit ito tor or>
    #expect(found.count == 7)
    let weight = 2 / Float(6).squareRoot()
    for gram in ["<ed", "edi", "dit", "ito", "tor", "or>"] {
      let (column, sign) = bucket(gram, kind: .gram)
      #expect(abs((found[column] ?? 0) - sign * weight) < 1e-6, "\(gram)")
    }
  }

  @Test func gramsAreCutBetweenCharacters() throws {
    var options = wordsOnly
    options.characterGrams = 2...2
    options.gramWeight = 1
    let rows = try FeatureExtractor(options: options).rows(
      of: [TextField(StringColumn(["мир"]))], pool: ThreadPool(threads: 1))
    let expected = ["<м", "ми", "ир", "р>"].map { bucket($0, kind: .gram).0 } + [bucket("мир").0]
    #expect(Set(entries(rows, 0).keys) == Set(expected))
  }

  @Test func pairsFollowTheOrderOfWords() throws {
    var options = wordsOnly
    options.pairWeight = 0.5
    let rows = try FeatureExtractor(options: options).rows(
      of: [TextField(StringColumn(["chess game", "game chess"]))], pool: ThreadPool(threads: 1))
    let (column, sign) = bucket("chess game", kind: .pair)
    #expect(entries(rows, 0)[column] == sign * 0.5)
    #expect(entries(rows, 1)[column] == nil)
  }

  @Test func anyTextIsTaken() throws {
    var random = CounterRandom(seed: 5)
    var bytes: [UInt8] = []
    var offsets: [UInt64] = [0]
    for _ in 0..<200 {
      bytes += (0..<random.below(120)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      offsets.append(UInt64(bytes.count))
    }
    var options = LSAOptions()
    options.characterGrams = 1...5
    options.pairWeight = 1
    let column = try #require(StringColumn(offsets: Buffer(offsets), bytes: Buffer(bytes)))
    let rows = try FeatureExtractor(options: options).rows(of: [TextField(column)], pool: ThreadPool(threads: 2))
    #expect(rows.count == 200)
    #expect(rows.values.allSatisfy { $0.isFinite })
    for row in 0..<rows.count {
      let columns = rows.columns[rows.starts[row]..<rows.starts[row + 1]]
      #expect(zip(columns, columns.dropFirst()).allSatisfy { $0 < $1 })
    }
  }
}

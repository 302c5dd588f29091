import Testing
import Vectors

@testable import TextEmbedding

struct LSAEmbedderTests {
  private static let topics: [[String]] = [
    ["bread", "flour", "oven", "yeast", "dough", "bake", "kneading", "crust"],
    ["star", "telescope", "planet", "orbit", "galaxy", "comet", "nebula", "astronomer"],
    ["violin", "melody", "orchestra", "concert", "sonata", "chord", "rhythm", "opera"],
  ]

  /// Texts of eight words of one topic each, with some filler; text i is about topic i % 3.
  private static func corpus(_ count: Int, seed: UInt64 = 1) -> [String] {
    var random = CounterRandom(seed: seed)
    return (0..<count).map { index in
      let topic = topics[index % topics.count]
      return (0..<8).map { _ in
        random.below(4) == 0 ? ["the", "with", "and", "new"][random.below(4)] : topic[random.below(topic.count)]
      }.joined(separator: " ")
    }
  }

  private static func options(dimension: Int) -> LSAOptions {
    var options = LSAOptions()
    options.dimension = dimension
    return options
  }

  private func cosine(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

  @Test func textsAboutOneThingLieTogether() throws {
    let texts = Self.corpus(300)
    let (embedder, vectors) = try LSAEmbedder.fitAndEmbed(
      fields: [TextField(StringColumn(texts))], options: Self.options(dimension: 8), pool: ThreadPool(threads: 2))
    #expect(vectors.rows == 300 && vectors.columns == 8)
    let queries = try embedder.embed(
      texts: ["bake bread", "an ASTRONOMER's telescope", "opera concerts"], pool: ThreadPool(threads: 1))
    for query in 0..<3 {
      let ranked = (0..<300).sorted {
        cosine(queries.row(query), vectors.row($0)) > cosine(queries.row(query), vectors.row($1))
      }
      #expect(ranked.prefix(30).filter { $0 % 3 == query }.count >= 27)
    }
  }

  @Test func sameBitsForAnyNumberOfThreads() throws {
    let fields = [
      TextField(StringColumn(Self.corpus(5000))), TextField(StringColumn(Self.corpus(5000, seed: 2)), weight: 0.5),
    ]
    let results = try [1, 2, 4].map {
      try LSAEmbedder.fitAndEmbed(fields: fields, options: Self.options(dimension: 24), pool: ThreadPool(threads: $0))
    }
    for result in results.dropFirst() {
      #expect(bits(result.vectors) == bits(results[0].vectors))
      #expect(bits(result.embedder.projection) == bits(results[0].embedder.projection))
    }
  }

  @Test func embeddingTheCorpusAgainGivesTheSameBits() throws {
    let fields = [TextField(StringColumn(Self.corpus(400)))]
    let pool = ThreadPool(threads: 2)
    let (embedder, vectors) = try LSAEmbedder.fitAndEmbed(
      fields: fields, options: Self.options(dimension: 16), pool: pool)
    #expect(bits(try embedder.embed(fields: fields, pool: pool)) == bits(vectors))
    // One by one, too: the other way to look buckets up, and another batch size.
    for row in [0, 17, 399] {
      let alone = try embedder.embed(texts: [fields[0].texts[row]], pool: pool)
      #expect(alone.row(0).map(\.bitPattern) == vectors.row(row).map(\.bitPattern))
    }
  }

  @Test func rowsAreUnitVectorsOrZero() throws {
    let pool = ThreadPool(threads: 2)
    let texts = Self.corpus(60) + ["", "   ", "qqq 丠丠丠 %%%", "Ünïcödé bread"]
    let (embedder, vectors) = try LSAEmbedder.fitAndEmbed(
      fields: [TextField(StringColumn(texts))], options: Self.options(dimension: 12), pool: pool)
    for row in 0..<vectors.rows {
      let norm = cosine(vectors.row(row), vectors.row(row))
      #expect((60..<63).contains(row) ? norm == 0 : abs(norm - 1) < 1e-5)
    }
    #expect(try embedder.embed(texts: ["", "xyzzyx"], pool: pool).values.array.allSatisfy { $0 == 0 })
    #expect(try embedder.embed(texts: [String](), pool: pool).rows == 0)
  }

  @Test func fewTextsFillTheLastComponentsWithZeros() throws {
    let (embedder, vectors) = try LSAEmbedder.fitAndEmbed(
      fields: [TextField(StringColumn(["red apple", "red car", "blue car"]))], pool: ThreadPool(threads: 1))
    #expect(vectors.columns == 256)
    #expect(embedder.singularValues.count <= 3)
    #expect(vectors.row(0).dropFirst(3).allSatisfy { $0 == 0 })
    #expect(vectors.values.array.allSatisfy { $0.isFinite })
  }

  @Test func allDirectionsHoldAllTheEnergy() throws {
    let embedder = try LSAEmbedder.fit(texts: Self.corpus(40), pool: ThreadPool(threads: 1))
    #expect(abs(embedder.explainedEnergy - 1) < 1e-4)
    #expect(embedder.corpusSize == 40)
    let few = try LSAEmbedder.fit(
      texts: Self.corpus(40), options: Self.options(dimension: 4), pool: ThreadPool(threads: 1))
    #expect(few.explainedEnergy > 0.3 && few.explainedEnergy < 1)
  }

  @Test func spectrumPowerScalesTheComponents() throws {
    var options = Self.options(dimension: 6)
    options.spectrumPower = 0
    let plain = try LSAEmbedder.fit(texts: Self.corpus(90), options: options, pool: ThreadPool(threads: 1))
    options.spectrumPower = 1
    let whitened = try LSAEmbedder.fit(texts: Self.corpus(90), options: options, pool: ThreadPool(threads: 1))
    for column in 0..<6 {
      let ratio = plain.projection[3, column] / whitened.projection[3, column]
      #expect(abs(Double(ratio) - plain.singularValues[column]) < 1e-3 * plain.singularValues[0])
    }
  }

  @Test func badInputIsRefused() throws {
    let pool = ThreadPool(threads: 1)
    let texts = StringColumn(["red apple", "red car"])
    #expect(throws: InputError.self) { try LSAEmbedder.fit(fields: [], pool: pool) }
    #expect(throws: InputError.self) { try LSAEmbedder.fit(texts: [String](), pool: pool) }
    #expect(throws: InputError.self) { try LSAEmbedder.fit(texts: ["one", "zwei"], pool: pool) }
    #expect(throws: InputError.self) {
      try LSAEmbedder.fit(fields: [TextField(texts), TextField(StringColumn(["one"]))], pool: pool)
    }
    for weight in [0, -1, Float.nan, .infinity] {
      #expect(throws: InputError.self) { try LSAEmbedder.fit(fields: [TextField(texts, weight: weight)], pool: pool) }
    }
    let changes: [(inout LSAOptions) -> Void] = [
      { $0.dimension = 0 }, { $0.hashBits = 9 }, { $0.hashBits = 40 }, { $0.pairWeight = -.infinity },
      { $0.gramWeight = .nan }, { $0.characterGrams = 0...2 }, { $0.minimumTexts = 0 }, { $0.spectrumPower = .nan },
      { $0.oversampling = -1 }, { $0.powerIterations = 0 },
    ]
    for change in changes {
      var options = LSAOptions()
      change(&options)
      #expect(throws: InputError.self) { try LSAEmbedder.fit(fields: [TextField(texts)], options: options, pool: pool) }
    }
  }

  private func bits(_ matrix: Matrix) -> [UInt32] { matrix.values.array.map(\.bitPattern) }
}

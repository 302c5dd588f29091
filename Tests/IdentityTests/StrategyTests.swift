import Testing
import Tokenizers
import Vectors

@testable import Identity

@Suite struct StrategyTests {
  /// Codes by hand: the tokenizer's vectors matter to reports only.
  private static func resolve(_ rows: [[UInt16]], _ options: CollisionOptions, ids: [String]) throws -> Resolution {
    let model = try RQKMeans(
      codebooks: Codebooks(levels: [
        Matrix(rows: 4, columns: 1, values: [0, 1, 2, 3]), Matrix(rows: 4, columns: 1, values: [0, 0.1, 0.2, 0.3]),
      ]))
    let vectors = Matrix(rows: rows.count, columns: 1, values: rows.map { Float($0[0]) + Float($0[1]) / 10 })
    return try CollisionResolver(options).resolve(
      Codes(levelSizes: [4, 4], values: Buffer(rows.flatMap { $0 })), of: vectors, ids: StringColumn(ids),
      tokenizer: model)
  }

  private static let rows: [[UInt16]] = [[3, 1], [0, 2], [3, 1], [3, 1], [2, 2]]
  private static let ids = ["d", "b", "c", "a", "e"]

  private static func texts(_ options: CollisionOptions, _ format: TokenFormat = .plain()) throws -> [String] {
    let resolution = try resolve(rows, options, ids: ids)
    return rows.indices.map { resolution.ids.text(of: $0, format: format) }
  }

  @Test func suffixes() throws {
    #expect(
      try Self.texts(CollisionOptions(strategy: .suffix, order: .input)) == ["3-1", "0-2", "3-1-1", "3-1-2", "2-2"])
    #expect(try Self.texts(CollisionOptions(strategy: .suffix)) == ["3-1-2", "0-2", "3-1-1", "3-1", "2-2"])
    #expect(
      try Self.texts(CollisionOptions(strategy: .suffix, suffix: .itemID, order: .input), .tokens) == [
        "<a_3><b_1>", "<a_0><b_2>", "<a_3><b_1>-c", "<a_3><b_1>-a", "<a_2><b_2>",
      ])
    #expect(
      try Self.texts(CollisionOptions(strategy: .suffix, suffix: .level, order: .input), .tokens) == [
        "<a_3><b_1><c_0>", "<a_0><b_2><c_0>", "<a_3><b_1><c_1>", "<a_3><b_1><c_2>", "<a_2><b_2><c_0>",
      ])
  }

  @Test func extraLevels() throws {
    func codes(_ numbering: CollisionOptions.Numbering) throws -> [[UInt16]] {
      let options = CollisionOptions(strategy: .extraLevel, numbering: numbering, order: .input)
      let resolution = try Self.resolve(Self.rows, options, ids: Self.ids)
      #expect(resolution.report.longestID == 3 && resolution.report.after.ids == 5)
      return Self.rows.indices.map { resolution.ids.codes(of: $0) }
    }
    #expect(try codes(.always) == [[3, 1, 0], [0, 2, 0], [3, 1, 1], [3, 1, 2], [2, 2, 0]])
    #expect(try codes(.zeroIfUnique) == [[3, 1, 1], [0, 2, 0], [3, 1, 2], [3, 1, 3], [2, 2, 0]])
    #expect(try codes(.collidingOnly) == [[3, 1, 1], [0, 2], [3, 1, 2], [3, 1, 3], [2, 2]])
    let sizes = try Self.resolve(Self.rows, CollisionOptions(strategy: .extraLevel), ids: Self.ids).codes.levelSizes
    #expect(sizes == [4, 4, 3])
  }

  @Test func reportsTellDuplicatesFromTheQuantizer() throws {
    let model = try RQKMeans(codebooks: Codebooks(levels: [Matrix(rows: 3, columns: 2, values: [0, 0, 5, 5, 9, 9])]))
    // Two zeros of either sign are one vector; the third differs; (9, 9) is alone.
    let vectors = Matrix(rows: 4, columns: 2, values: [0, 0, -0.0, 0, 0.5, 0, 9, 9])
    let report = try CollisionResolver(CollisionOptions(capacity: 3))
      .resolve(model.encode(vectors), of: vectors, tokenizer: model).report
    #expect(report.duplicateVectors == 1 && report.possibleIDs == 3)
    #expect(report.before.items == 4 && report.before.ids == 2 && report.before.itemsSharingAnID == 3)
    #expect(report.before.collisionsOfDuplicates == 1 && report.before.collisionsOfQuantizer == 1)
    #expect(report.before == report.after && report.itemsMoved == 0 && report.distortion.added == 0)
  }

  /// The published formula, step by step in double precision, at the published temperature.
  @Test(arguments: 0..<30) func sinkhornIsTheFormula(seed: Int) throws {
    var random = CounterRandom(seed: UInt64(seed))
    let rows = 2 + random.below(6)
    let columns = 2 + random.below(20)
    let costs = Matrix(
      rows: rows, columns: columns, values: (0..<rows * columns).map { _ in Float(random.uniform()) })
    let options = SinkhornOptions()
    let d = costs.values.array.map(Double.init)
    let most = d.max() ?? 0
    let middle = (most + (d.min() ?? 0)) / 2
    var q = d.map { Math.exp(-($0 - middle) / (most - middle + 1e-5) / options.epsilon) }
    let sum = q.reduce(0, +)
    q = q.map { $0 / sum }
    for _ in 0..<options.iterations {
      for row in 0..<rows {
        let total = (0..<columns).reduce(0) { $0 + q[row * columns + $1] }
        for column in 0..<columns { q[row * columns + column] /= total * Double(rows) }
      }
      for column in 0..<columns {
        let total = (0..<rows).reduce(0) { $0 + q[$1 * columns + column] }
        for row in 0..<rows { q[row * columns + column] /= total * Double(columns) }
      }
    }
    for (row, code) in Sinkhorn.transport(costs, options).enumerated() {
      let largest = (0..<columns).map { q[row * columns + $0] }.max() ?? 0
      #expect(q[row * columns + code] >= largest * (1 - 1e-8))
      // Nothing nearer holds as much.
      let nearer = (0..<columns).filter { costs[row, $0] < costs[row, code] }
      #expect(nearer.allSatisfy { q[row * columns + $0] < largest * (1 - 1e-10) })
    }
  }

  @Test func logarithmsAndProductsAgree() throws {
    var random = CounterRandom(seed: 3)
    let kernel = (0..<5 * 12).map { _ in (random.uniform() - 0.5) * 600 }
    let products = try #require(Sinkhorn.scaled(kernel, 5, 12, 50))
    let logarithms = Sinkhorn.scaledInLogarithms(kernel, 5, 12, 50)
    // They may differ by one factor of all columns.
    for (x, y) in zip(products, logarithms) { #expect(abs((x - products[0]) - (y - logarithms[0])) < 1e-9) }
    #expect(Sinkhorn.scaled(kernel.map { $0 * 10 }, 5, 12, 50) == nil)
  }

  @Test func sinkhornStandsAnyTemperature() {
    let costs = Matrix(rows: 3, columns: 4, values: [0, 1, 2, 3, 0, 1, 2, 3, 0, 5, 9, 1e30])
    for epsilon in [1e-9, 1e-3, 1, 1e6] {
      let codes = Sinkhorn.transport(costs, SinkhornOptions(epsilon: epsilon))
      #expect(codes.count == 3 && codes.allSatisfy { (0..<4).contains($0) } && codes[0] == codes[1])
    }
  }

  @Test func sinkhornPartsWhatDiffersAndNotWhatDoesNot() throws {
    let catalogue = try Catalogue(items: 120, levelSizes: [4, 6, 30], distinct: 90, seed: 4)
    let before = try catalogue.codes
    let resolution = try CollisionResolver(CollisionOptions(strategy: .sinkhorn))
      .resolve(before, of: catalogue.vectors, ids: catalogue.ids, tokenizer: catalogue.model)
    let report = resolution.report
    #expect(report.after.collisionsOfDuplicates >= report.before.collisionsOfDuplicates)
    #expect(report.after.collisionsOfQuantizer < report.before.collisionsOfQuantizer)
    #expect((0..<120).allSatisfy { before[$0].dropLast() == resolution.codes[$0].dropLast() })
  }

  @Test func badInputIsRefused() throws {
    let catalogue = try Catalogue(items: 3, levelSizes: [4, 4], seed: 1)
    let codes = try catalogue.codes
    func fault(_ body: () throws -> Resolution) -> String {
      do {
        _ = try body()
        return "none"
      } catch {
        return "\(error)"
      }
    }
    func resolve(
      _ options: CollisionOptions = CollisionOptions(), codes: Codes? = nil, vectors: Matrix? = nil,
      ids: [String] = ["a", "b", "c"]
    ) -> String {
      fault {
        try CollisionResolver(options).resolve(
          codes ?? catalogue.codes, of: vectors ?? catalogue.vectors, ids: StringColumn(ids), tokenizer: catalogue.model
        )
      }
    }
    #expect(resolve() == "none")
    #expect(resolve(ids: ["a", "b", "a"]).contains("row 2") && resolve(ids: ["a", "b", "a"]).contains("row 0"))
    // One text in Swift, two in bytes.
    #expect(resolve(ids: ["é", "e\u{301}", "\u{0}"]) == "none")
    #expect(resolve(ids: ["a"]).contains("3 ids"))
    #expect(resolve(vectors: catalogue.vectors[rows: 0..<2]).contains("2 vectors"))
    let none = catalogue.vectors[rows: 0..<0]
    #expect(resolve(codes: codes.gathered([]), vectors: none, ids: []).contains("at least one"))
    #expect(resolve(CollisionOptions(capacity: 0)).contains("capacity"))
    #expect(resolve(CollisionOptions(strategy: .suffix, capacity: 2)).contains("capacity"))
    #expect(resolve(CollisionOptions(strategy: .sinkhorn, sinkhorn: .init(epsilon: 0))).contains("epsilon"))
    #expect(resolve(codes: try Codes(levelSizes: [9, 4], values: codes.values)).contains("the model's"))
  }
}

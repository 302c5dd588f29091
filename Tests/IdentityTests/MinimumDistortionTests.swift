import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Identity

@Suite struct MinimumDistortionTests {
  private static func cost(_ catalogue: Catalogue, _ codes: Codes) throws -> Double {
    let decoded = try catalogue.model.decode(codes)
    return zip(decoded.values.array, catalogue.vectors.values.array).reduce(0) {
      $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1)
    }
  }

  /// The least squared distance over all assignments of each prefix's movable items to free codes.
  private static func bruteForce(_ catalogue: Catalogue, capacity: Int, all: Bool) throws -> Double {
    let codes = try catalogue.codes
    let last = codes.levels - 1
    let size = codes.levelSizes[last]
    let costs = try catalogue.model.costs(of: catalogue.vectors, codes: codes, level: last)
    var total = 0.0
    for rows in Dictionary(grouping: 0..<codes.count, by: { Array(codes[$0].dropLast()) }).values {
      var room = [Int](repeating: capacity, count: size)
      for row in rows { room[Int(codes[row][last])] -= 1 }
      let isOver = room.map { $0 < 0 }
      var movable: [Int] = []
      for row in rows {
        let own = Int(codes[row][last])
        if isOver[own] || all && isOver.contains(true) {
          movable.append(row)
          room[own] += 1
        } else {
          total += Double(costs[row, own])
        }
      }
      func best(_ item: Int, _ room: [Int]) -> Double {
        guard item < movable.count else { return 0 }
        return room.indices.filter { room[$0] > 0 }.map { slot in
          var room = room
          room[slot] -= 1
          return Double(costs[movable[item], slot]) + best(item + 1, room)
        }.min() ?? .infinity
      }
      total += best(0, room)
    }
    return total
  }

  @Test(arguments: 0..<60) func losesNoMoreThanTheBestOfAllAssignments(seed: Int) throws {
    let catalogue = try Catalogue(
      items: 12, levelSizes: [4, 5], dimension: 3, distinct: seed % 3 == 0 ? 7 : nil, seed: UInt64(seed))
    for capacity in 1...2 {
      for moves in CollisionOptions.Moves.allCases {
        let codes = try catalogue.codes
        let resolution = try CollisionResolver(CollisionOptions(capacity: capacity, moves: moves))
          .resolve(codes, of: catalogue.vectors, ids: catalogue.ids, tokenizer: catalogue.model)
        #expect(resolution.codes.uses.values.allSatisfy { $0 <= capacity })
        guard resolution.report.itemsSpilled == 0 else { continue }
        let best = try Self.bruteForce(catalogue, capacity: capacity, all: moves == .all)
        let cost = try Self.cost(catalogue, resolution.codes)
        #expect(abs(cost - best) < 1e-4 * max(1, best), "seed \(seed), capacity \(capacity), \(moves)")
        let distortion = resolution.report.distortion
        #expect(abs(distortion.after * 12 - cost) < 1e-4 * max(1, cost))
        #expect(abs(distortion.before * 12 - (try Self.cost(catalogue, codes))) < 1e-4)
        #expect(moves == .all || Self.onlyCollidingMoved(codes, resolution.codes, capacity))
      }
    }
  }

  private static func onlyCollidingMoved(_ before: Codes, _ after: Codes, _ capacity: Int) -> Bool {
    let uses = before.uses
    return (0..<before.count).allSatisfy { before[$0] == after[$0] || uses[before[$0], default: 0] > capacity }
  }

  @Test(arguments: [[16, 8], [4, 4, 16], [300]]) func theOrderOfRowsDoesNotMatter(levelSizes: [Int]) throws {
    let catalogue = try Catalogue(items: 90, levelSizes: levelSizes, distinct: 40, seed: 5)
    for options in [
      CollisionOptions(), CollisionOptions(moves: .all), CollisionOptions(strategy: .sinkhorn),
      CollisionOptions(strategy: .suffix), CollisionOptions(strategy: .extraLevel, numbering: .collidingOnly),
    ] {
      let resolver = CollisionResolver(options)
      let first = try resolver.resolve(
        catalogue.codes, of: catalogue.vectors, ids: catalogue.ids, tokenizer: catalogue.model)
      for seed in 0..<4 {
        let (other, rows) = catalogue.shuffled(seed: UInt64(seed))
        let second = try resolver.resolve(
          other.codes, of: other.vectors, ids: other.ids, tokenizer: other.model, pool: ThreadPool(threads: seed + 1))
        #expect(
          rows.indices.allSatisfy { second.ids.text(of: $0) == first.ids.text(of: rows[$0]) }, "\(options.strategy)")
        #expect(second.report.after == first.report.after && second.report.itemsMoved == first.report.itemsMoved)
      }
    }
  }

  /// More items than one prefix holds, up to as many as there are IDs.
  @Test(arguments: [(40, 1), (64, 1), (128, 2), (100, 2)]) func fullPrefixesSpill(items: Int, capacity: Int) throws {
    for (seed, distinct) in [(1, nil), (2, 3), (3, 1)] as [(UInt64, Int?)] {
      let catalogue = try Catalogue(items: items, levelSizes: [4, 4, 4], distinct: distinct, seed: seed)
      let resolution = try CollisionResolver(CollisionOptions(capacity: capacity))
        .resolve(catalogue.codes, of: catalogue.vectors, ids: catalogue.ids, tokenizer: catalogue.model)
      #expect(resolution.codes.uses.values.allSatisfy { $0 <= capacity })
      #expect(resolution.report.itemsSpilled > 0)
      #expect(resolution.report.duplicateVectors == items - (distinct ?? items))
      let (other, rows) = catalogue.shuffled(seed: 9)
      let second = try CollisionResolver(CollisionOptions(capacity: capacity))
        .resolve(other.codes, of: other.vectors, ids: other.ids, tokenizer: other.model)
      #expect(rows.indices.allSatisfy { second.codes[$0] == resolution.codes[rows[$0]] })
    }
  }

  /// One item too many in one prefix: it goes where it loses least.
  @Test func theItemThatLosesLeastLeaves() throws {
    let books = [
      Matrix(rows: 2, columns: 1, values: [0, 10]), Matrix(rows: 2, columns: 1, values: [-1, 1]),
    ]
    let model = try RQKMeans(codebooks: Codebooks(levels: books))
    let vectors = Matrix(rows: 3, columns: 1, values: [-1, 1, 4])
    let resolution = try CollisionResolver().resolve(model.encode(vectors), of: vectors, tokenizer: model)
    #expect((0..<3).map { resolution.codes[$0] } == [[0, 0], [0, 1], [1, 0]])
    #expect(resolution.report.itemsSpilled == 1)
  }

  @Test func tooFewIDsSaysHowMany() throws {
    let catalogue = try Catalogue(items: 65, levelSizes: [4, 4, 4], seed: 1)
    let error = #expect(throws: InputError.self) {
      try CollisionResolver().resolve(
        catalogue.codes, of: catalogue.vectors, ids: catalogue.ids, tokenizer: catalogue.model)
    }
    #expect(error?.description.contains("64 IDs") == true && error?.description.contains("65 items") == true)
  }

  @Test func occupiedIDsAreLeftAlone() throws {
    let catalogue = try Catalogue(items: 40, levelSizes: [4, 8, 8], distinct: 25, seed: 3)
    let codes = try catalogue.codes
    let taken = Set((0..<20).map { codes[$0] } + [[0, 0, 0], [3, 7, 7]])
    let sorted = taken.sorted { $0.lexicographicallyPrecedes($1) }
    let occupied = OccupiedIDs(levels: 3, values: sorted.flatMap { $0 }, total: sorted.count)
    let outcome = try MinimumDistortion(
      options: CollisionOptions(), tokenizer: catalogue.model, pool: ThreadPool(threads: 1)
    ).resolve(codes, of: catalogue.vectors, ids: catalogue.ids, occupied: occupied, source: "items")
    #expect(outcome.codes.uses.values.allSatisfy { $0 == 1 })
    #expect((0..<40).allSatisfy { !taken.contains(outcome.codes[$0]) })
  }

  /// A codebook much larger than the lists that are kept at first.
  @Test func oneLargeCodebook() throws {
    let catalogue = try Catalogue(items: 700, levelSizes: [1000], dimension: 2, distinct: 60, seed: 8)
    let resolution = try CollisionResolver().resolve(
      catalogue.codes, of: catalogue.vectors, ids: catalogue.ids, tokenizer: catalogue.model)
    #expect(resolution.report.after.ids == 700)
    #expect(resolution.report.before.collisionsOfDuplicates == 640)
    #expect(resolution.report.before.ids + 640 + resolution.report.before.collisionsOfQuantizer == 700)
  }

  /// Thousands of equal vectors fill their prefix many times over: those that fit stay, the others go to the nearest free
  /// IDs, in the order of their ids.
  @Test func thousandsOfEqualVectors() throws {
    var made = try Catalogue(items: 1500, levelSizes: [32, 32, 32], dimension: 4, seed: 12)
    let rows = (0..<1500).map { $0 % 5 == 0 ? $0 : 0 }
    made.vectors = made.vectors.gathered(rows)
    let catalogue = made
    let resolution = try within(seconds: 60) {
      try CollisionResolver().resolve(
        catalogue.codes, of: catalogue.vectors, ids: catalogue.ids, tokenizer: catalogue.model)
    }
    #expect(resolution.codes.uses.values.allSatisfy { $0 == 1 })
    #expect(resolution.report.duplicateVectors == 1200)
    #expect(resolution.report.itemsSpilled > 1000)
    let (other, order) = catalogue.shuffled(seed: 3)
    let second = try CollisionResolver().resolve(
      other.codes, of: other.vectors, ids: other.ids, tokenizer: other.model, pool: ThreadPool(threads: 3))
    #expect(order.indices.allSatisfy { second.codes[$0] == resolution.codes[order[$0]] })
  }

  /// What is worked out once for all items of a kind gives the IDs that each by itself would get.
  @Test(arguments: 0..<20) func kindsGetTheIDsOfSingleItems(seed: Int) throws {
    let catalogue = try Catalogue(
      items: 90, levelSizes: [4, 4, 8], dimension: 3, distinct: 1 + seed % 7 * seed, seed: UInt64(seed))
    let codes = try catalogue.codes
    let rows = Matrix(rows: 90, columns: 1, values: (0..<90).map { Float($0) })
    for options in [CollisionOptions(), CollisionOptions(moves: .all), CollisionOptions(capacity: 2)] {
      let resolver = MinimumDistortion(options: options, tokenizer: catalogue.model, pool: ThreadPool(threads: 2))
      let grouped = try resolver.resolve(codes, of: catalogue.vectors, ids: catalogue.ids, source: "items")
      // As if no two vectors were equal.
      let single = try resolver.resolve(
        codes, of: catalogue.vectors, ids: catalogue.ids, duplicates: DuplicateVectors(rows), source: "items")
      #expect(grouped.codes.values.array == single.codes.values.array, "seed \(seed)")
      #expect(grouped.moved == single.moved && grouped.spilled == single.spilled)
    }
  }

  /// Codes from elsewhere may differ where vectors do not: such items are not of one kind.
  @Test func equalVectorsWithOtherCodesKeepThem() throws {
    let catalogue = try Catalogue(items: 30, levelSizes: [4, 8], dimension: 3, distinct: 1, seed: 4)
    var values = try catalogue.codes.values.array
    for row in 0..<10 { values[row * 2] = (values[row * 2] + 1) % 4 }
    let codes = try Codes(levelSizes: [4, 8], values: Buffer(values))
    let resolution = try CollisionResolver(CollisionOptions(capacity: 3))
      .resolve(codes, of: catalogue.vectors, ids: catalogue.ids, tokenizer: catalogue.model)
    #expect(resolution.codes.uses.values.allSatisfy { $0 <= 3 })
    #expect((0..<10).allSatisfy { resolution.codes[$0][0] == codes[$0][0] })
  }
}

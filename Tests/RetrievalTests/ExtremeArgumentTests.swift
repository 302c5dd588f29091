import Foundation
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

/// Numbers at the ends of their range are clamped or refused; none traps.
@Suite struct ExtremeArgumentTests {
  static let numbers = [Int.min, Int.min + 1, -1, 0, 1, Int(Int32.max) + 1, Int.max - 1, Int.max]

  @Test(arguments: ["Flat", "SQ8"]) func ofSearches(_ faiss: String) throws {
    let built = try BuiltIndex(seed: 880, faiss: faiss, count: 80, levelSizes: [4, 6], dimension: 8)
    let index = built.index
    let query = built.queries[rows: 0..<1]
    let half = index.filter { $0 % 2 == 0 }
    for k in Self.numbers {
      for filter in [nil, half] {
        let all = filter == nil ? 80 : 40
        for other in Self.numbers {
          let options = SearchOptions(k: k, candidates: other, scan: other)
          if k < 0 {
            #expect(throws: InputError.self) { try index.search(query, options: options, filter: filter) }
          } else {
            #expect(try index.search(query, options: options, filter: filter)[0].hits.count == min(k, all))
          }
        }
        if k < 0 {
          #expect(throws: InputError.self) { try index.exactSearch(query, k: k, filter: filter) }
        } else {
          #expect(try index.exactSearch(query, k: k, filter: filter)[0].hits.count == min(k, all))
        }
      }
    }
  }

  @Test func ofExpansions() throws {
    let index = try BuiltIndex(seed: 881, count: 80, levelSizes: [4, 6], dimension: 8).index
    let id = index.codes(ofRow: 7)
    for number in Self.numbers {
      for (rule, least) in [(Expansion.hamming(number), 0), (.perLevel(number), 1), (.product(number), 1)] {
        if number < least {
          #expect(throws: InputError.self) { try index.candidates(around: id, by: rule) }
        } else {
          #expect(try index.candidates(around: id, by: rule).count > 0)
        }
      }
      for rule in [Expansion.exact, .prefix, .hamming(1)] {
        let found = try index.candidates(around: id, by: rule, budget: number)
        #expect(found.count <= 80 && (number < 1 || found.count > 0))
      }
      #expect(index.contains(row: number) == (0..<80).contains(number))
      if !(0..<80).contains(number) { #expect(throws: InputError.self) { try index.filter(rows: [number]) } }
    }
  }

  @Test func ofBuildsAndMerges() throws {
    let folder = try TemporaryFolder()
    var catalogue = RandomCatalogue(seed: 882)
    let codes = try catalogue.codes(count: 40, levelSizes: [4, 4])
    for withVectors in [true, false] {
      let contents = IndexContents(
        codes: codes, vectors: withVectors ? catalogue.matrix(rows: 40, columns: 4) : nil,
        ids: StringColumn((0..<40).map { "\($0)" }))
      for number in Self.numbers {
        var builder = IndexBuilder()
        builder.sketchCopies = number
        if number == 1 {
          try builder.build(contents, at: folder.file("index"))
        } else {
          #expect(throws: InputError.self) { try builder.build(contents, at: folder.file("copies")) }
        }
        builder = IndexBuilder(faiss: "SQ8")
        builder.trainingVectors = number
        if number >= 1 {
          try builder.build(contents, at: folder.file("index"))
        } else {
          #expect(throws: InputError.self) { try builder.build(contents, at: folder.file("training")) }
        }
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["index"])
    try IndexBuilder().build(
      IndexContents(codes: codes, ids: StringColumn((0..<40).map { "\($0)" })), at: folder.file("index"))
    for number in Self.numbers {
      var policy = MergePolicy()
      (policy.perTier, policy.smallest, policy.factor) = (number, number, number)
      let live = try LiveIndex(opening: folder.file("index"), options: .init(merging: policy))
      try live.update(
        IndexChanges(
          added: .init(ids: StringColumn(["n"]), codes: codes.gathered([0])), deleted: ["n"], ignoresUnknown: true))
    }
    try SemanticIndex(opening: folder.file("index")).verify()
  }
}

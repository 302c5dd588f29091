import Formats
import Interactions
import TestSupport
import Tokenizers
import Vectors

@testable import Corpora

/// A small made-up catalogue with interactions, in files.
struct Fixture {
  let folder: TemporaryFolder
  let items: ItemCodes
  let vocabulary: TokenVocabulary

  struct Interaction {
    var user: String
    var item: String
    var time: Int64
  }

  /// Items `i0` … with different IDs of three levels of 8 codes each.
  init(items count: Int = 40, specials: [String] = [], spelling: TokenSpelling = .levels) throws {
    folder = try TemporaryFolder()
    var values: [UInt16] = []
    for item in 0..<count {
      let codes: [Int] = [item % 8, item * 5 / 8 % 8, item / 8 % 8]
      values += codes.map { UInt16($0) }
    }
    items = ItemCodes(
      ids: StringColumn((0..<count).map { "i\($0)" }), codes: try Codes(levelSizes: [8, 8, 8], values: Buffer(values)),
      source: "made")
    vocabulary = try TokenVocabulary(spelling: spelling, levelSizes: [8, 8, 8], specials: specials)
  }

  func path(_ name: String) -> String { folder.file(name) }

  /// Writes interactions and gives their path.
  func write(_ interactions: [Interaction], to name: String = "all.parquet") throws -> String {
    let columns: [ParquetWriter.Column] = [.string("user_id"), .string("item_id"), .int64("timestamp")]
    try ParquetWriter.write(to: path(name), columns: columns) { file in
      try file.append([
        .strings(StringColumn(interactions.map(\.user))), .strings(StringColumn(interactions.map(\.item))),
        .int64(Buffer(interactions.map(\.time))),
      ])
    }
    return path(name)
  }

  /// Users with histories of different lengths, no repeats, times all different.
  static func random(users: Int, items: Int, seed: UInt64) -> [Interaction] {
    var random = CounterRandom(seed: seed)
    var all: [Interaction] = []
    for user in 0..<users {
      let length = 1 + random.below(12)
      for item in random.sample(min(length, items), below: items) {
        all.append(Interaction(user: "u\(user)", item: "i\(item)", time: Int64(all.count * 10)))
      }
    }
    var order = Array(all.indices)
    order.shuffle(using: &random)
    // Times in the new order: users' interactions are spread over the file, and in another order than the sample's.
    return order.enumerated().map { Interaction(user: all[$1].user, item: all[$1].item, time: Int64($0) * 10) }
  }

  /// Different codes of three levels of 256 for any ids.
  func codes(_ ids: StringColumn) throws -> ItemCodes {
    let values = ids.indices.flatMap { [UInt16($0 & 255), UInt16($0 >> 8 & 255), UInt16($0 >> 16 & 255)] }
    return ItemCodes(ids: ids, codes: try Codes(levelSizes: [256, 256, 256], values: Buffer(values)), source: "made")
  }

  func histories(
    _ interactions: [Interaction], _ rule: SplitRule = .leaveLastOut, repeats: InteractionSource.Repeats = .first
  ) throws -> Histories {
    try Histories.read(InteractionSource(.whole(try write(interactions), rule), repeats: repeats), items: items)
  }

  func texts(_ titles: [String]? = nil, brands: [String]? = nil, descriptions: [String]? = nil) throws -> ItemTexts {
    let titles = titles ?? items.ids.map { "Title of \($0)" }
    let columns: [ParquetWriter.Column] = [
      .string("item_id"), .string("title"), .string("description"), .string("brand"), .string("categories"),
    ]
    try ParquetWriter.write(to: path("items.parquet"), columns: columns) { file in
      let empty = [String](repeating: "", count: titles.count)
      try file.append(
        [items.ids.map(\.self), titles, descriptions ?? empty, brands ?? empty, empty].map {
          .strings(StringColumn($0))
        })
    }
    return try ItemTexts.read(path: path("items.parquet"), items: items, vocabulary: vocabulary)
  }
}

/// What a failing call says.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "nothing was thrown"
  } catch {
    return "\(error)"
  }
}

/// The lines of a file.
func lines(_ path: String) throws -> [String] {
  let file = try MappedFile(path: path)
  return String(decoding: file.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
}

import Formats
import Interactions
import TestSupport
import Testing
import Vectors

@testable import Catalogues

@Suite struct TableSourceTests {
  @Test func columnsByFlagAndByKnownName() throws {
    let preparing = try Preparing()
    let ratings = try preparing.file(
      "ratings.csv",
      [
        "who,what,timestamp,stars", "7,a,1400000002,4.5", "7,b,1400000001,3", "7,c,1400000003,", "8,a,,1",
        ",a,1400000001,1",
      ])
    let movies = try preparing.file(
      "movies.tsv",
      [
        "id\tname\tgenre\tprice\tyear", "a\tOne\tX, Y\t1.5\t1999", "b\tTwo\t\t\t2000", "c\tThree\tZ\t3\t",
        "c\tAgain\t\t4\t1",
      ])
    var columns = ColumnOptions()
    (columns.user, columns.item) = ("who", "what")
    let manifest = try preparing.tables([ratings], [movies], columns)
    #expect(try preparing.interactions() == ["7 b train", "7 a valid", "7 c test"])
    #expect(
      try preparing.rows("items.parquet", ["item_id", "title", "categories", "year"]) == [
        ["a", "One", "X, Y", "1999"], ["b", "Two", "", "2000"], ["c", "Three", "Z", ""],
      ])
    let told = manifest.columns.first { $0.name == "timestamp" }?.detail
    #expect(told == "seconds since 1970, by their size")
    #expect(manifest.dropped.map(\.reason) == [.withoutUser, .withoutTime])
    #expect(try DataTable(opening: preparing.output + "/items.parquet").column("price").present.array == [1, 0, 1])
    #expect(try DataTable(opening: preparing.output + "/test.parquet").column("rating").present.array == [0])
  }

  @Test(arguments: [
    (["1400000000", "1400000001", "1400000002"], "", 1_400_000_000_000),
    (["1400000000000000", "1400000001000000", "1400000002000000"], "", 1_400_000_000_000),
    (["2014-05-13T16:53:20Z", "2014-05-14", "2014-05-15"], "", 1_400_000_000_000),
    (["1400000000.25", "1400000001.5", "1400000002"], "", 1_400_000_000_250),
    (["1", "2", "3"], "", 1), (["1", "2", "3"], "s", 1000),
    (["1400000000", "1400000001", "1400000002"], "ms", 1_400_000_000),
  ]) func unitsOfTime(times: [String], unit: String, first: Int64) throws {
    let preparing = try Preparing()
    let lines = zip(["a", "b", "c"], times).map { "u,\($0),\($1)" }
    var columns = ColumnOptions()
    columns.timeUnit = unit.isEmpty ? nil : TimeUnit(named: unit)
    let items = try preparing.file("i.csv", ["item_id,title", "a,A", "b,B", "c,C"])
    try preparing.tables([try preparing.file("x.csv", ["user_id,item_id,time"] + lines)], [items], columns)
    #expect(try preparing.rows("train.parquet", ["timestamp"]) == [["\(first)"]])
  }

  @Test func faults() throws {
    let preparing = try Preparing()
    let items = try preparing.file("i.csv", ["item_id,title", "a,A", "b,B", "c,C"])
    let mixed = try preparing.file(
      "mixed.csv", ["user_id,item_id,time", "u,a,1400000000", "u,b,1400000001000", "u,c,1400000002000"])
    let nameless = try preparing.file("nameless.csv", ["a,b,c", "1,2,3"])
    let ratings = try preparing.file("r.csv", ["user_id,item_id,time,rating", "u,a,1,good"])
    for (path, told) in [
      (mixed, "expected times in milliseconds since 1970"), (nameless, "--user-column"),
      (ratings, "expected ratings: numbers"),
    ] {
      let error = #expect(throws: InputError.self) { try preparing.tables([path], [items]) }
      #expect(try #require(error).description.contains(told), "\(error as Any)")
    }
  }
}

import Foundation
import Formats
import Interactions
import TestSupport
import Testing
import Vectors

@testable import Catalogues

/// Files that are not what they should be: an error with file and line, or a count; and nothing half written.
@Suite struct AmazonFaultTests {
  private let items = ["a", "b", "c", "d"].map { item2023($0) }
  /// Two users with three reviews each.
  private let reviews = ["u", "v"].flatMap { user in
    ["a", "b", "c"].enumerated().map { review2023(user, $1, $0) }
  }

  private func fails(
    _ preparing: Preparing, _ reviews: [String], _ items: [String], says parts: [String],
    location: SourceLocation = #_sourceLocation
  ) throws {
    let before = try FolderSnapshot(preparing.folder.path)
    let error = #expect(throws: InputError.self, sourceLocation: location) { try preparing.amazon(reviews, items) }
    let told = try #require(error, sourceLocation: location).description
    for part in parts { #expect(told.contains(part), "\(told)", sourceLocation: location) }
    #expect(try FolderSnapshot(preparing.folder.path) == before, "something was left behind", sourceLocation: location)
  }

  /// One faulty line is an error that names it, or is counted.
  private func faulty(
    _ line: String, at place: Int, says parts: [String], location: SourceLocation = #_sourceLocation
  ) throws {
    var preparing = try Preparing()
    var lines = reviews
    lines.insert(line, at: place)
    let path = try preparing.file("r.jsonl", lines)
    let meta = try preparing.file("m.jsonl", items)
    try fails(
      preparing, [path], [meta], says: ["r.jsonl: line \(place + 1)", "--skip-faulty"] + parts, location: location)
    preparing.options.skipsFaulty = true
    let manifest = try preparing.amazon([path], [meta])
    #expect(manifest.read.faulty.count == 1, sourceLocation: location)
    #expect(manifest.read.faulty.first[0].contains("line \(place + 1)"), sourceLocation: location)
    #expect(manifest.kept.interactions == 6, sourceLocation: location)
    #expect(manifest.read.interactions == 7, sourceLocation: location)
  }

  @Test func halfALine() throws {
    let half = String(review2023("w", "a", 0).dropLast(30))
    try faulty(half, at: 2, says: ["expected"])
    try faulty(half, at: 6, says: ["expected"])
    try faulty("[1, 2]", at: 3, says: ["expected '{'"])
    // The first line tells the layout, and may be passed over like others.
    try faulty(half, at: 0, says: ["expected"])
    try faulty("[1, 2]", at: 0, says: ["expected '{'"])
    try faulty("user,item,time", at: 0, says: ["expected"])
    try faulty(review2023("w", "a", 0) + "x", at: 3, says: ["expected the end"])
  }

  @Test func reviewsInThePlaceOfItems() throws {
    let preparing = try Preparing()
    let path = try preparing.file("r.jsonl", reviews)
    let meta = try preparing.file("m.jsonl", items)
    try fails(preparing, [path], [path], says: ["r.jsonl", "expected an item", "found a review", "--items"])
    try fails(preparing, [path], [meta, path], says: ["r.jsonl", "found a review"])
  }

  @Test func timesOfAnotherUnit() throws {
    let seconds = review2023("w", "a", 0).replacingOccurrences(of: "1400000000000", with: "1400000000")
    try faulty(seconds, at: 4, says: ["a time in milliseconds since 1970", "not one in seconds", "1400000000"])
    let text = review2023("w", "a", 0).replacingOccurrences(of: "1400000000000", with: "[1]")
    try faulty(text, at: 1, says: ["line 2"])
  }

  @Test func membersThatContradictEachOther() throws {
    let twice = String(review2023("w", "a", 0).dropLast()) + #", "user_id": "x"}"#
    try faulty(twice, at: 0, says: ["one member of this name"])
  }

  @Test func bytesThatAreNotUTF8() throws {
    var preparing = try Preparing()
    let meta = try preparing.file("m.jsonl", items)
    var bytes = reviews.map { Array(($0 + "\n").utf8) }
    // Café in Latin-1, in the text, which is passed over, and in the user.
    for member in [#""text": "caf"#, #""user_id": "caf"#] {
      let head =
        Array(("{" + member).utf8) + [0xE9] + Array(#"", "parent_asin": "a", "timestamp": 1400000000000}"#.utf8)
      bytes.append(head + [0x0A])
    }
    let path = try preparing.file("r.jsonl", bytes: bytes.flatMap(\.self))
    try fails(preparing, [path], [meta], says: ["r.jsonl: line 7", "expected UTF-8 text"])
    preparing.options.skipsFaulty = true
    #expect(try preparing.amazon([path], [meta]).read.faulty.count == 2)
  }

  @Test(.enabled(if: Python.isReady)) func brokenGzip() throws {
    let preparing = try Preparing()
    let plain = try preparing.file(
      "r.jsonl", (0..<3000).map { review2023("u\($0 % 500)", ["a", "b", "c", "d"][$0 / 500 % 4], $0) })
    let meta = try preparing.file("m.jsonl", items)
    let packed = preparing.folder.file("r.jsonl.gz")
    let damaged = preparing.folder.file("damaged.jsonl.gz")
    let cut = preparing.folder.file("cut.jsonl.gz")
    let twice = preparing.folder.file("twice.jsonl.gz")
    try Python.run(
      """
      import gzip, sys
      plain, packed, damaged, cut, twice = sys.argv[1:]
      data = gzip.compress(open(plain, "rb").read())
      open(packed, "wb").write(data)
      open(cut, "wb").write(data[:len(data) * 2 // 3])
      half = len(data) // 2
      open(damaged, "wb").write(data[:half] + bytes(b ^ 0x5A for b in data[half:half + 40]) + data[half + 40:])
      text = open(plain, "rb").read()
      open(twice, "wb").write(gzip.compress(text[:1000]) + gzip.compress(text[1000:]))
      """, plain, packed, damaged, cut, twice)
    try fails(preparing, [cut], [meta], says: ["cut.jsonl.gz: expected a gzip file", "the end of the file inside"])
    try fails(preparing, [damaged], [meta], says: ["damaged.jsonl.gz", "expected"])
    let unpacked = try preparing.amazon([plain], [meta])
    for path in [packed, twice] {
      #expect(try preparing.amazon([path], [meta]).files.map(\.sha256) == unpacked.files.map(\.sha256))
    }
  }

  @Test func incompleteReviewsAreCounted() throws {
    var preparing = try Preparing()
    let meta = try preparing.file("m.jsonl", items)
    let odd = [
      #"{"user_id": "u", "parent_asin": "d", "rating": 5}"#,
      #"{"user_id": "u", "parent_asin": "d", "timestamp": null}"#,
      #"{"user_id": "u", "parent_asin": "d", "timestamp": 0}"#,
      #"{"user_id": null, "parent_asin": "d", "timestamp": 1400000000000}"#,
      #"{"user_id": "u", "parent_asin": "", "timestamp": 1400000000000}"#, "", "  ",
      #"{"user_id": "u", "parent_asin": "z", "timestamp": 1400000000000, "rating": 5}"#,
      review2023("w", "a", 0), review2023("u", "a", 9),
      review2023("u", "d", 7, rating: 2),
      #"{"user_id": "u", "parent_asin": "d", "timestamp": 1400000000008, "rating": null}"#,
    ]
    let path = try preparing.file("r.jsonl", reviews + odd)
    preparing.options.selection.minimumRating = 3
    let manifest = try preparing.amazon([path], [meta])
    var dropped: [SelectionStep.Reason: Int] = [:]
    for step in manifest.dropped { dropped[step.reason] = step.interactions }
    #expect(
      dropped == [
        .withoutTime: 3, .withoutUser: 1, .withoutItem: 1, .withoutMetadata: 1, .lowRating: 1, .withoutRating: 1,
        .repeated: 1, .shortHistory: 1,
      ])
    #expect(manifest.read.interactions == 16)
    #expect(manifest.kept.interactions == 6)
    #expect(manifest.read.faulty.count == 0)
  }

  @Test func nothingLeft() throws {
    let preparing = try Preparing()
    let path = try preparing.file("r.jsonl", reviews + [#"{"user_id": "u", "parent_asin": "a"}"#])
    let meta = try preparing.file("m.jsonl", [item2023("a"), item2023("other")])
    try fails(
      preparing, [path], [meta],
      says: ["r.jsonl", "none of 7", "1 without a time", "4 of items without metadata", "2 of users with too few"])
    let empty = try preparing.file("empty.jsonl", [])
    try fails(preparing, [empty], [meta], says: ["empty.jsonl", "no line"])
    let other = try preparing.file("other.jsonl", [#"{"user": 1, "item": 2}"#])
    try fails(preparing, [other], [meta], says: ["found user, item", "semid prepare csv"])
    try fails(preparing, [preparing.folder.file("none.jsonl")], [meta], says: ["none.jsonl", "No such file"])
  }

  @Test func oddItems() throws {
    let preparing = try Preparing()
    let long = String(repeating: "Ω", count: 100_000)
    let meta = try preparing.file(
      "m.jsonl",
      [
        #"{"parent_asin": "a", "title": "\#(long)", "categories": ["", "B", "B"], "description": null, "price": "$1,299.50"}"#,
        #"{"parent_asin": "b", "title": null, "categories": [], "main_category": null, "price": "from 3 to 4", "features": null}"#,
        #"{"parent_asin": "a", "title": "second"}"#, #"{"title": "no id"}"#,
        #"{"parent_asin": null, "title": "no id"}"#,
        #"{"parent_asin": "c", "title": "C\u00e9\n", "description": "one", "price": 3, "categories": [["X", "Y"], ["X", "Z"]]}"#,
      ])
    let manifest = try preparing.amazon([try preparing.file("r.jsonl", reviews)], [meta])
    #expect(manifest.read.items == 6)
    #expect(manifest.read.repeatedItems == 1)
    #expect(manifest.read.itemsWithoutID == 2)
    #expect(manifest.read.itemsWithoutTitle == 1)
    #expect(manifest.read.itemsWithOtherPrice == 1)
    let rows = try preparing.rows("items.parquet", ["item_id", "title", "description", "brand", "categories"])
    #expect(rows == [["a", long, "", "", "B"], ["b", "", "", "", ""], ["c", "Cé\n", "one", "", "X, Y, Z"]])
    let price = try DataTable(opening: preparing.output + "/items.parquet").column("price")
    guard case .floats(let numbers) = price.values else {
      Issue.record("a column of prices")
      return
    }
    #expect(price.present.array == [1, 0, 1] && numbers[0] == 1299.5 && numbers[2] == 3)
    #expect(try preparing.rows("train.parquet", ["item_id", "title"]) == [["a", long], ["a", long]])
  }

  @Test func whatStandsAtTheOutput() throws {
    let preparing = try Preparing()
    let path = try preparing.file("r.jsonl", reviews)
    let meta = try preparing.file("m.jsonl", items)
    try preparing.amazon([path], [meta])
    let first = try FolderSnapshot(preparing.output)
    // A directory of ours is replaced; the same input gives the same bytes.
    try preparing.amazon([path], [meta])
    #expect(try FolderSnapshot(preparing.output) == first)
    // With a file of somebody else's in it, or a changed one, it is not.
    try AtomicFile.write("mine", to: preparing.output + "/notes.txt")
    try fails(preparing, [path], [meta], says: ["a directory that also holds notes.txt"])
    try FileManager.default.removeItem(atPath: preparing.output + "/notes.txt")
    try AtomicFile.write("{\"kind\": \"corpus\", \"files\": []}", to: preparing.output + "/manifest.json")
    try fails(preparing, [path], [meta], says: ["a directory that also holds"])
    #expect(throws: InputError.self) {
      try Output.check([.directory(preparing.folder.path, .prepared)], reading: [path])
    }
    #expect(throws: InputError.self) {
      try Output.check([.directory(preparing.folder.file("r.jsonl"), .prepared)], reading: [path])
    }
  }
}

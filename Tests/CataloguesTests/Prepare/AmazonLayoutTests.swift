import Formats
import Interactions
import TestSupport
import Testing
import Vectors

@testable import Catalogues

/// The layouts of 2014 and 2018, several files, and the same bytes on any number of threads.
@Suite struct AmazonLayoutTests {
  private let reviews2018 = ["u", "v"].flatMap { user in
    ["a", "b", "c"].enumerated().map { place, item in
      #"{"overall": \#(place + 1).0, "reviewerID": "\#(user)", "asin": "\#(item)", "unixReviewTime": \#(1_400_000_000 + place), "reviewText": "t"}"#
    }
  }

  @Test func reviewsInSeconds() throws {
    let preparing = try Preparing()
    let meta = try preparing.file(
      "m.json",
      ["a", "b", "c"].map {
        #"{"asin": "\#($0)", "title": "T \#($0)", "description": ["x", "y"], "category": ["A", "B"], "main_cat": "M", "brand": "Br", "price": "$2.50", "feature": ["f"]}"#
      })
    let manifest = try preparing.amazon([try preparing.file("r.json", reviews2018)], [meta])
    #expect(manifest.read.layout == "Amazon Review Data 2014/2018")
    #expect(
      try preparing.rows("train.parquet", ["user_id", "item_id", "timestamp", "title", "description"]) == [
        ["u", "a", "1400000000000", "T a", "x y"], ["v", "a", "1400000000000", "T a", "x y"],
      ])
    #expect(
      try preparing.rows("items.parquet", ["item_id", "brand", "categories", "main_category", "features"])[0]
        == ["a", "Br", "A, B", "M", "f"])
    guard case .floats(let ratings) = try DataTable(opening: preparing.output + "/test.parquet").column("rating").values
    else {
      Issue.record("a column of ratings")
      return
    }
    #expect(ratings.array == [3, 3])
  }

  /// The items of 2014 are literals of Python.
  @Test func pythonLiterals() throws {
    let preparing = try Preparing()
    let meta = try preparing.file(
      "m.json",
      [
        #"{'asin': 'a', 'salesRank': {'Books': 6334800}, 'categories': [['Books', 'Art'], ['Books']], 'title': "The Crucible's \u00e9 \'x\' \x41", 'price': 8.26, 'related': {'also_bought': ['x', 'y']}}"#,
        #"{u'asin': u'b', 'description': 'one\ntwo', 'imUrl': None, 'brand': 'Br', 'ok': True, 'n': -1e3, 't': (1, 2L,)}"#,
        #"{"asin": "c", "title": "JSON", "price": 1}"#,
      ])
    try preparing.amazon([try preparing.file("r.json", reviews2018)], [meta])
    let rows = try preparing.rows("items.parquet", ["item_id", "title", "description", "brand", "categories"])
    #expect(
      rows == [
        ["a", "The Crucible's é 'x' A", "", "", "Books, Art"], ["b", "", "one\ntwo", "Br", ""],
        ["c", "JSON", "", "", ""],
      ])
  }

  /// Nothing is run, and what is no literal is refused with its line.
  @Test(arguments: [
    "{'asin': __import__('os').getcwd()}", "{'asin': 'a' 'b'}", "{'asin': 'a'", "{'asin': b'a'}", "{'asin': 1 + 1}",
    "{'asin': 'a'} #", "{'asin': '\\N{BULLET}'}", "{'asin': 'a', 'x': {1, 2}}", "{'asin': 'a', 'x': 1j}",
    "{'asin': 'a', 'x': " + String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000) + "}",
  ]) func noLiterals(line: String) throws {
    let preparing = try Preparing()
    let meta = try preparing.file("m.json", ["{'asin': 'a'}", line])
    let reviews = try preparing.file("r.json", reviews2018)
    let error = #expect(throws: InputError.self) { try preparing.amazon([reviews], [meta]) }
    #expect(try #require(error).description.contains("m.json: line 2"))
  }

  /// What Python itself reads from its own spelling of texts.
  @Test(.enabled(if: Python.isReady)) func pythonsOwnSpelling() throws {
    let preparing = try Preparing()
    let path = preparing.folder.file("m.json")
    let expected = try Python.run(
      """
      import ast, random, sys
      random.seed(5)
      alphabet = ["a", "'", '"', "\\\\", "\\n", "\\t", "\\x00", "\\x7f", "é", "日", "😀", "\\u200b", "\\xa0", " ", "{", "}"]
      with open(sys.argv[1], "w", encoding="utf-8") as file:
          for number in range(300):
              text = "".join(random.choice(alphabet) for _ in range(random.randrange(12)))
              line = repr({"asin": str(number), "title": text, "x": [None, True, 1.5, (), {"k": text}]})
              if number % 2: line = ascii(ast.literal_eval(line))
              file.write(line + "\\n")
              print(text.encode("utf-8").hex())
      """, path)
    try preparing.amazon(
      [
        try preparing.file(
          "r.json",
          reviews2018.map {
            $0.replacing(#""asin": "a""#, with: #""asin": "0""#)
              .replacing(#""asin": "b""#, with: #""asin": "1""#).replacing(#""asin": "c""#, with: #""asin": "2""#)
          })
      ], [path])
    let titles = try preparing.rows("items.parquet", ["title"]).map { row in
      row[0].utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
    #expect(titles == expected.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init))
  }

  @Test func severalFilesAndThreads() throws {
    var preparing = try Preparing()
    var random = CounterRandom(seed: 9)
    let lines = (0..<6000).map { place in
      review2023(
        "user \(random.below(700))", "item\(random.below(300))", random.below(4000), rating: Double(random.below(6)))
    }
    let meta = (0..<290).map { item2023("item\($0)") }
    let whole = try preparing.file("r.jsonl", lines)
    let parts = [
      try preparing.file("r1.jsonl", Array(lines[..<2500])), try preparing.file("r2.jsonl", Array(lines[2500...])),
    ]
    let items = [
      try preparing.file("m1.jsonl", Array(meta[..<100])), try preparing.file("m2.jsonl", Array(meta[100...])),
    ]
    let all = try preparing.file("m.jsonl", meta)
    preparing.options.selection.itemCore = 5
    var digests: Set<[String]> = []
    for threads in [1, 3, 8] {
      preparing.pool = ThreadPool(threads: threads)
      digests.insert(try preparing.amazon([whole], [all]).files.map(\.sha256))
      digests.insert(try preparing.amazon(parts, items).files.map(\.sha256))
    }
    #expect(digests.count == 1)
    let manifest = try PreparedManifest.read(preparing.output)
    #expect(manifest.kept.interactions > 1000)
    #expect(manifest.dropped.reduce(manifest.kept.interactions) { $0 + $1.interactions } == 6000)
    #expect(manifest.read.inputs.map(\.lines) == [100, 190, 2500, 3500])
  }

  @Test func variantsAndItemsWithoutMetadata() throws {
    var preparing = try Preparing()
    let reviews = try preparing.file("r.jsonl", ["a", "b", "c"].enumerated().map { review2023("u", $1, $0) })
    let meta = try preparing.file("m.jsonl", [item2023("a"), item2023("bx"), item2023("unused")])
    preparing.options.selection.keepsUncatalogued = true
    try preparing.amazon([reviews], [meta])
    #expect(try preparing.interactions() == ["u a train", "u b valid", "u c test"])
    #expect(
      try preparing.rows("items.parquet", ["item_id", "title"]) == [
        ["a", "Title a"], ["bx", "Title bx"], ["unused", "Title unused"], ["b", ""], ["c", ""],
      ])
    preparing.options.items = .used
    preparing.options.hasTexts = false
    var options = AmazonOptions()
    options.itemKey = .asin
    try preparing.amazon([reviews], [meta], options)
    #expect(try preparing.interactions() == ["u ax train", "u bx valid", "u cx test"])
    #expect(
      try preparing.rows("items.parquet", ["item_id", "title"]) == [["bx", "Title bx"], ["ax", ""], ["cx", ""]])
    #expect(
      try DataTable(opening: preparing.output + "/train.parquet").columns.map(\.name)
        == ["user_id", "item_id", "timestamp", "rating"])
  }
}

import SemanticID

/// Raw reviews and items. Every line is an interaction or an item that is read, dropped or faulty: none is lost.
extension FuzzTarget {
  static let preparation = [
    amazonReviews, amazonItems, recBoleInteractions, recBoleItems, compressedLines, pythonLiteral,
  ]

  private static let pool = ThreadPool(threads: 1)

  private static let amazonReviews = FuzzTarget.file("amazon-reviews", extension: "jsonl") { folder in
    let reviews = [
      #"{"user_id": "u", "parent_asin": "a", "asin": "b", "timestamp": 1400000000000, "rating": 4.5, "text": "x \" \u00e9"}"#,
      #"{"reviewerID": "u", "asin": "a", "unixReviewTime": 1400000000, "overall": 5.0, "helpful": [1, 2]}"#,
      #"{"user_id": null, "timestamp": 0, "x": {"y": [null, true]}}"#,
    ]
    for (number, review) in reviews.enumerated() {
      try AtomicFile.write(review + "\n" + review + "\r\n\n" + review, to: folder + "/\(number)")
    }
  } read: { path in
    var source = AmazonSource(reviews: [path], items: [], skipsFaulty: true)
    let log = try source.read(pool: pool) { _, _, _ in }
    check(source.report, log)
    precondition(log.user.count == log.time.count && log.item.count == log.time.count, "a short column")
    precondition(log.rating.isEmpty || log.rating.count == log.count, "a short column of ratings")
  }

  private static let amazonItems = FuzzTarget.file("amazon-items", extension: "jsonl") { folder in
    try AtomicFile.write(
      #"{"parent_asin": "a", "title": "t\n", "description": ["x", "y"], "price": "$1,2.5", "categories": [["A"], "B"]}"#
        + "\n"
        + #"{"asin": 12, "category": ["A"], "price": 3, "brand": null, "details": {"x": [1]}, "rating_number": 4}"#,
      to: folder + "/json")
    try AtomicFile.write(
      #"{'asin': 'a', 'title': "it's \x41\u00e9", 'categories': [['A', u'B']], 'price': 1.5, 'x': (1, 2L, None, True)}"#,
      to: folder + "/python")
  } read: { path in
    let reviews = inMemory + "semid-fuzz-reviews.jsonl"
    try AtomicFile.write(#"{"user_id": "u", "parent_asin": "a", "timestamp": 1400000000000}"#, to: reviews)
    var source = AmazonSource(reviews: [reviews], items: [path], skipsFaulty: true)
    let log = try source.read(pool: pool) { _, _, _ in }
    try checkItems(&source, log)
  }

  private static let recBoleInteractions = FuzzTarget.file("recbole-inter", extension: "inter") { folder in
    try AtomicFile.write(
      "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t2\t3.5\t881250949\n\t2\t\t1e3\n",
      to: folder + "/four")
    try AtomicFile.write("item_id:token\tuser_id:token_seq\ttime:float\n1\tu v\t5\n2\tu\t\n", to: folder + "/three")
  } read: { path in
    var source = RecBoleSource(interactions: [path], items: [], skipsFaulty: true)
    let log = try source.read(pool: pool) { _, _, _ in }
    check(source.report, log)
  }

  private static let recBoleItems = FuzzTarget.file("recbole-item", extension: "item") { folder in
    try AtomicFile.write(
      "item_id:token\tmovie_title:token_seq\tclass:token_seq\tyear:float\tv:float_seq\n1\tA b\tX Y\t1995\t1 2\n1\t\t\t\t\n",
      to: folder + "/five")
  } read: { path in
    let interactions = inMemory + "semid-fuzz-x.inter"
    try AtomicFile.write("user_id:token\titem_id:token\ttimestamp:float\n1\t1\t5\n", to: interactions)
    var source = RecBoleSource(interactions: [interactions], items: [path], skipsFaulty: true)
    let log = try source.read(pool: pool) { _, _, _ in }
    try checkItems(&source, log)
  }

  /// The stream gives the bytes that unpacking at once gives, or both refuse.
  private static let compressedLines = FuzzTarget.file("gzip-lines", extension: "gz") { folder in
    // gzip of "a\nbb\n" as `gzip -n` writes it, once and twice.
    let member: [UInt8] = [
      0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x4B, 0xE4, 0x4A, 0x4A, 0xE2, 2, 0, 0xF1, 0xB6, 0x80, 0xF1, 5, 0, 0, 0,
    ]
    try AtomicFile.write(to: folder + "/once") { try $0.write(member) }
    try AtomicFile.write(to: folder + "/twice") { try $0.write(member + member + [0, 0]) }
  } read: { path in
    let whole = Result { try Gzip.contents(of: path).array }
    var file = LineFile(path)
    file.blockBytes = 3
    var lines: [[UInt8]] = []
    let streamed = Result {
      try file.read(pool: pool) { block in
        var lines: [[UInt8]] = []
        let count = block.forEachLine { lines.append([UInt8]($1)) }
        return (lines, count)
      } merge: { block, _ in
        lines += block
      }
    }
    precondition((try? whole.get()) == nil ? (try? streamed.get()) == nil : true, "a stream of a damaged file")
    guard let whole = try? whole.get() else { return _ = try streamed.get() }
    _ = try streamed.get()
    var expected = whole.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(whole.dropFirst(3)) : whole
    if expected.last == 0x0A { expected.removeLast() }
    let split =
      whole.isEmpty || (expected.isEmpty && lines.isEmpty)
      ? []
      : expected.split(separator: 0x0A, omittingEmptySubsequences: false).map {
        $0.last == 0x0D ? Array($0.dropLast()) : Array($0)
      }
    precondition(lines == split, "other lines than the file has")
  }

  private static let pythonLiteral = FuzzTarget("python-literal") {
    [
      #"{'a': [1, -2.5e3, (None, True,), 3L], u'b': "x\'\x41\u00e9\U0001F600\101", 'c': {}}"#, "{'a': []}", "{}",
    ].map { Array($0.utf8) }
  } run: { bytes in
    try bytes.withUnsafeBytes { bytes in
      var scanner = PythonScanner(bytes: bytes, source: "x")
      try scanner.members { try $1.skip() }
      try scanner.end()
    }
  }

  private static func check(_ report: SourceReport, _ log: InteractionLog) {
    let dropped = report.dropped.reduce(0) { $0 + $1.interactions }
    precondition(report.interactions == log.count + dropped + report.faulty.count, "a lost interaction")
  }

  private static func checkItems(_ source: inout some PreparationSource, _ log: InteractionLog) throws {
    var rows = 0
    try source.forEachItem(pool: pool) { _, _, _ in
    } _: {
      rows += $0.rows
    }
    let report = source.report
    precondition(report.items == rows + report.itemsWithoutID + report.faulty.count, "a lost item")
    precondition(rows == log.cataloguedItems + report.repeatedItems, "an item that is not numbered")
  }
}

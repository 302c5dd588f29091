import Foundation
import TestSupport
import Interactions
import Testing
import Vectors

@testable import Corpora

@Suite struct LeakageTests {
  private typealias Row = Fixture.Interaction

  /// Parts that overlap: user b's test item is in b's training, too.
  private static func overlapping(_ fixture: Fixture, repeats: InteractionSource.Repeats = .first) throws -> Histories {
    let train = try fixture.write(
      [
        Row(user: "a", item: "i1", time: 1), Row(user: "a", item: "i2", time: 2), Row(user: "b", item: "i1", time: 1),
        Row(user: "b", item: "i5", time: 2), Row(user: "b", item: "i7", time: 3),
      ], to: "train.parquet")
    let test = try fixture.write(
      [Row(user: "a", item: "i9", time: 9), Row(user: "b", item: "i5", time: 9)], to: "test.parquet")
    return try Histories.read(
      InteractionSource(.given(train: train, valid: nil, test: test), repeats: repeats), items: fixture.items)
  }

  @Test func aHeldOutTargetInTrainingStopsEveryCorpus() throws {
    let fixture = try Fixture()
    let histories = try Self.overlapping(fixture)
    let out = fixture.path("out")
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    let runs: [(String, () throws -> Void)] = [
      (
        "sequences",
        { try SequenceCorpus.write(histories, items: fixture.items, vocabulary: fixture.vocabulary, to: out) }
      ),
      (
        "streams",
        {
          var options = SequenceCorpus.Options()
          options.form = .bin
          try SequenceCorpus.write(
            histories, items: fixture.items, vocabulary: fixture.vocabulary, options: options, to: out)
        }
      ),
      (
        "instructions",
        { try InstructionCorpus.write(histories, items: fixture.items, vocabulary: fixture.vocabulary, to: out) }
      ),
      (
        "pretrain",
        { try PretrainCorpus.write(histories, items: fixture.items, vocabulary: fixture.vocabulary, to: out) }
      ),
      (
        "mini-onerec",
        {
          try MiniOneRecFiles.write(
            histories, items: fixture.items, vocabulary: fixture.vocabulary, options: .init(category: "x"), to: out)
        }
      ),
    ]
    for (name, run) in runs {
      let text = message(run)
      #expect(text.contains("leakage audit: training row") && text.contains("user \"b\""), "\(name): \(text)")
      #expect(text.contains("\"i5\", a test target of this user"), "\(name)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: out).isEmpty)
    }
    // Row 1 of the sequences is b's first: i1, then i5.
    #expect(message(runs[0].1).contains("training row 1 (from 0)"))
    var unaudited = SequenceCorpus.Options()
    unaudited.isAudited = false
    let manifest = try SequenceCorpus.write(
      histories, items: fixture.items, vocabulary: fixture.vocabulary, options: unaudited, to: out)
    #expect(manifest.audit == nil && manifest.files[0].rows == 3)
    // Who met the item again on purpose may say so.
    let kept = try Self.overlapping(fixture, repeats: .keep)
    #expect(
      try SequenceCorpus.write(kept, items: fixture.items, vocabulary: fixture.vocabulary, to: out).audit?.trainingRows
        == 3)
  }

  @Test func lcRecHistoriesAreAudited() throws {
    let fixture = try Fixture()
    let rows = { (items: [String]) in items.enumerated().map { Row(user: "b", item: $1, time: Int64($0)) } }
    let paths = [("train", ["i1", "i5"]), ("valid", ["i7"]), ("test", ["i5"])]
    let written = try paths.map { try fixture.write(rows($1), to: $0 + ".parquet") }
    let histories = try Histories.read(
      InteractionSource(.given(train: written[0], valid: written[1], test: written[2])), items: fixture.items)
    let text = message {
      try LCRecFiles.write(
        histories, items: fixture.items, vocabulary: fixture.vocabulary, name: "x", to: fixture.path("out"))
    }
    #expect(text.contains("user \"b\"") && text.contains("\"i5\", a test target"))
  }

  /// The audit itself, given rows that no planner of ours makes.
  @Test func findsRowsThatReachTooFar() throws {
    let fixture = try Fixture()
    let histories = try fixture.histories(
      (0..<5).map { Row(user: "a", item: "i\($0)", time: Int64($0)) }
        + (0..<4).map { Row(user: "b", item: "i\($0)", time: Int64($0)) })
    let audit = LeakageAudit(histories, items: fixture.items)
    func fault(_ events: Range<Int>, _ user: Int) -> String {
      message { try audit.check(events: events, user: user, row: 12) }
    }
    #expect(fault(0..<3, 0) == "nothing was thrown")
    #expect(fault(0..<4, 0).contains("row 12 (from 0), user \"a\": expected no interaction of validation or test"))
    #expect(fault(0..<4, 0).contains("\"i3\""))
    #expect(fault(4..<6, 1).contains("found another's"))
    #expect(fault(5..<8, 1).contains("validation or test"))
    #expect(fault(5..<7, 1) == "nothing was thrown")
  }

  @Test func findsAnswersAsWords() {
    func contains(_ text: String, _ part: String) -> Bool {
      LeakageAudit.contains(Array(text.utf8)[...], Array(part.utf8)[...])
    }
    #expect(contains("What is <a_1><b_2>?", "<a_1><b_2>"))
    #expect(!contains("What is <a_1><b_23>?", "<a_1><b_2>"))
    #expect(contains("kettle", "kettle") && contains("a kettle.", "kettle") && !contains("kettles", "kettle"))
    #expect(!contains("teakettle kettles", "kettle") && contains("teakettle, kettle", "kettle"))
    #expect(!contains("x", "") && !contains("", "x") && !contains("ab", "abc"))
    // Found behind places where it is part of a word, also where it overlaps itself.
    #expect(contains("xab-ab ab-ab", "ab-ab") && contains("ab-ab-ab", "ab-ab") && !contains("xab-ab-abx", "ab-ab"))
    #expect(!contains("aaaa", "aa") && contains("aaaa aa", "aa") && contains("a-a-a", "a-a"))
    // A title of one character a hundred thousand times is looked for in one walk.
    let long = String(repeating: "a", count: 100_000)
    let time = ContinuousClock().measure {
      #expect(!contains(long + long, long) && contains(long + long + " " + long, long))
    }
    #expect(time < .seconds(5))
    #expect(!contains("café", "caf") && contains("café 12", "12") && !contains("café 123", "12"))
  }

  @Test func templatesMayNotTellTheAnswer() throws {
    func refusal(_ task: CorpusTask, _ prompt: String) -> String {
      message { _ = try TemplateLibrary([task: [.init(prompt: prompt)]]) }
    }
    #expect(refusal(.nextItem, "{{history}} {{item}}").contains("found {{item}}"))
    #expect(refusal(.titlesNextItem, "{{history_titles}} {{title}}").contains("{{title}}"))
    #expect(refusal(.nextItem, "{{#brand}}by {{brand}}{{/brand}}").contains("{{brand}}"))
    #expect(refusal(.itemTitle, "{{item}}{{title}}").contains("{{title}}"))
    #expect(refusal(.titleItem, "{{title}}{{item}}").contains("{{item}}"))
    // The items of a history have IDs and titles of their own.
    #expect(refusal(.nextItem, "{{#items}}{{item}} {{title}}{{/items}}") == "nothing was thrown")
    #expect(refusal(.nextItem, "{{#items}}{{description}}{{/items}}").contains("{{description}}"))
  }

  @Test func anAnswerInsideItsPromptStopsTheRun() throws {
    let fixture = try Fixture()
    let histories = try fixture.histories(Fixture.random(users: 30, items: 40, seed: 3))
    let descriptions = fixture.items.ids.map { $0 == "i7" ? "This is the Title of i7, really" : "Something" }
    let texts = try fixture.texts(descriptions: descriptions)
    var options = InstructionCorpus.Options()
    options.weights = [.itemTitle: 1]
    options.isShuffled = false
    let templates = try TemplateLibrary([.itemTitle: [.init(prompt: "{{item}}: {{description}}?")]])
    func run() throws -> CorpusManifest {
      try InstructionCorpus.write(
        histories, items: fixture.items, texts: texts, vocabulary: fixture.vocabulary, templates: templates,
        options: options, to: fixture.path("out"))
    }
    let text = message { _ = try run() }
    #expect(text.contains("row 7 (from 0) of train, task item-title") && text.contains("\"Title of i7\" in it"))
    #expect(!FileManager.default.fileExists(atPath: fixture.path("out")))
    options.isAudited = false
    #expect(try run().rows == 40)
  }

  @Test func aTitleThatTheTemplateSaysAnywayIsNoLeak() throws {
    let fixture = try Fixture(items: 3)
    let histories = try fixture.histories([Row(user: "a", item: "i1", time: 1)])
    var options = InstructionCorpus.Options()
    options.weights = [.itemTitle: 1]
    let templates = try TemplateLibrary([.itemTitle: [.init(prompt: "Which item is {{item}}?")]])
    let manifest = try InstructionCorpus.write(
      histories, items: fixture.items, texts: fixture.texts(["item", "a_1", "is"]), vocabulary: fixture.vocabulary,
      templates: templates, options: options, to: fixture.path("out"))
    #expect(manifest.rows == 3 && manifest.audit?.prompts == 3)
  }

  @Test func textsOfHeldOutItemsAreHiddenWhenAsked() throws {
    let fixture = try Fixture(items: 12)
    let histories = try fixture.histories((0..<7).map { Row(user: "a", item: "i\($0)", time: Int64($0)) })
    let texts = try fixture.texts()
    let training = histories.trainingItems(of: 12)
    #expect(training.contains(true) && training.contains(false))
    var options = InstructionCorpus.Options()
    options.hidesHeldOutTexts = true
    let manifest = try InstructionCorpus.write(
      histories, items: fixture.items, texts: texts, vocabulary: fixture.vocabulary, options: options,
      to: fixture.path("out"))
    let rows = try lines(fixture.path("out") + "/train.jsonl")
    for item in 0..<12 {
      let title = "Title of i\(item)"
      let isThere = rows.contains { LeakageAudit.contains(Array($0.utf8)[...], Array(title.utf8)[...]) }
      #expect(isThere == training[item], "\(item)")
    }
    #expect(manifest.audit?.hidesHeldOutTexts == true)
    #expect(manifest.tasks?["item-title"] == training.count { $0 })
    let audit = LeakageAudit(histories, items: fixture.items, hidesHeldOutTexts: true)
    let hidden = try #require(training.firstIndex(of: false))
    #expect(message { try audit.check(textOf: hidden, row: 4) }.contains("training row 4"))
  }
}

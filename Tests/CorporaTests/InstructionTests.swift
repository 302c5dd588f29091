import Foundation
import TestSupport
import Interactions
import Testing
import Tokenizers
import Vectors

@testable import Corpora

@Suite struct InstructionTests {
  private static func write(
    _ fixture: Fixture, _ name: String = "out", threads: Int = 2, templates: TemplateLibrary? = nil,
    texts: ItemTexts? = nil, _ change: (inout InstructionCorpus.Options) -> Void = { _ in }
  ) throws -> CorpusManifest {
    var options = InstructionCorpus.Options()
    options.windows.maximumHistory = 4
    change(&options)
    return try InstructionCorpus.write(
      fixture.histories(Fixture.random(users: 200, items: 40, seed: 12)), items: fixture.items,
      texts: texts ?? fixture.texts(), vocabulary: fixture.vocabulary, templates: templates, options: options,
      to: fixture.path(name), pool: ThreadPool(threads: threads))
  }

  private static func library(_ texts: [CorpusTask: [TemplateLibrary.WordingText]]) throws -> TemplateLibrary {
    try TemplateLibrary(texts)
  }

  @Test func everyTaskSaysWhatItShould() throws {
    let fixture = try Fixture()
    let templates = try Self.library([
      .nextItem: [.init(prompt: "N|{{user}}|{{history_length}}|{{history}}")],
      .titlesNextItem: [.init(prompt: "T|{{user}}|{{history_titles}}", completion: "{{item}}!")],
      .itemTitle: [.init(prompt: "I|{{item}}")],
      .titleItem: [.init(system: "S", prompt: "J|{{title}}")],
    ])
    let manifest = try Self.write(fixture, templates: templates) {
      $0.weights = [.nextItem: 1, .titlesNextItem: 1, .itemTitle: 1, .titleItem: 1]
      $0.namesRows = true
      $0.system = "Be brief."
    }
    let tasks = try #require(manifest.tasks)
    #expect(tasks["item-title"] == 40 && tasks["title-item"] == 40 && tasks["next-item"] == tasks["titles-next-item"])
    guard Python.isReady else { return }
    try Python.run(
      """
      import collections, json, sys
      import pyarrow.parquet as pq
      folder = sys.argv[1]
      log = collections.defaultdict(list)
      for r in sorted(pq.read_table(folder + "/all.parquet").to_pylist(), key=lambda r: r["timestamp"]):
          log[r["user_id"]].append(r["item_id"])
      def text(item):
          n = int(item[1:])
          return "".join("<%s_%d>" % p for p in zip("abc", [n % 8, n * 5 // 8 % 8, n // 8 % 8]))
      want = collections.Counter()
      evaluation = {"valid": collections.Counter(), "test": collections.Counter()}
      for u, items in log.items():
          cut = len(items) if len(items) < 3 else len(items) - 2
          for t in range(1, len(items)):
              h = items[max(0, t - 4):t]
              rows = [
                  ("next-item", "Be brief.", "N|%s|%d|%s" % (u, len(h), ", ".join(map(text, h))), text(items[t]), u, items[t]),
                  ("titles-next-item", "Be brief.", "T|%s|%s" % (u, "; ".join("Title of " + x for x in h)),
                   text(items[t]) + "!", u, items[t])]
              (want if t < cut else evaluation["valid" if t == cut else "test"]).update(rows)
      for n in range(40):
          i = "i%d" % n
          want.update([("item-title", "Be brief.", "I|" + text(i), "Title of " + i, "", i),
                       ("title-item", "S", "J|Title of " + i, text(i), "", i)])
      def read(split):
          got = collections.Counter()
          for line in open(folder + "/out/" + split + ".jsonl"):
              r = json.loads(line)
              assert list(r) == ["messages", "task", "user_id", "item_id"]
              assert [m["role"] for m in r["messages"]] == ["system", "user", "assistant"]
              got[(r["task"], *[m["content"] for m in r["messages"]], r["user_id"], r["item_id"])] += 1
          return got
      assert read("train") == want and len(want) > 500
      assert read("valid") == evaluation["valid"] and read("test") == evaluation["test"]
      """, fixture.folder.path)
  }

  @Test(.enabled(if: Python.isReady)) func formsAreThoseOfTRL() throws {
    let fixture = try Fixture()
    let texts = try fixture.texts((0..<40).map { "Title \"\($0)\" \\ é\u{2028}x" })
    for form in InstructionCorpus.Form.allCases {
      _ = try Self.write(fixture, form.rawValue, texts: texts) { $0.form = form }
    }
    try Python.run(
      """
      import json, sys
      import pyarrow.json as pj
      folder = sys.argv[1]
      def turns(x, roles):
          assert [m["role"] for m in x] == roles and all(m["content"] and set(m) == {"role", "content"} for m in x)
          return [m["content"] for m in x]
      def pairs(form):
          for line in open(folder + "/" + form + "/train.jsonl", encoding="utf8", newline="\\n"):
              r = json.loads(line)
              if form == "messages":
                  assert list(r) == ["messages"]
                  yield tuple(turns(r["messages"], ["user", "assistant"]))
              elif form == "conversation":
                  assert list(r) == ["prompt", "completion"]
                  yield turns(r["prompt"], ["user"])[0], turns(r["completion"], ["assistant"])[0]
              else:
                  assert list(r) == ["prompt", "completion"] and r["prompt"].endswith("\\n")
                  yield r["prompt"][:-1], r["completion"]
      a, b, c = (list(pairs(f)) for f in ("messages", "conversation", "prompt-completion"))
      assert a == b == c and len(a) > 300
      titles = {'Title "%d" \\\\ é x' % i for i in range(40)}
      assert {q for p, q in a if not q.startswith("<")} == titles
      # What `datasets` is built on reads them, too.
      for f in ("messages", "conversation", "prompt-completion"):
          assert pj.read_json(folder + "/" + f + "/train.jsonl").num_rows == len(a)
      """, fixture.folder.path)
  }

  @Test func rowsDependOnTheSeedAlone() throws {
    let fixture = try Fixture()
    let one = try Self.write(fixture, "one", threads: 1)
    let many = try Self.write(fixture, "many", threads: 9)
    #expect(one == many)
    let other = try Self.write(fixture, "other") { $0.seed = 43 }
    #expect(other.files[0].sha256 != one.files[0].sha256)
    // Without a shuffle, a task's rows are the same whatever other tasks there are.
    let alone = try Self.write(fixture, "alone") {
      $0.isShuffled = false
      $0.weights = [.titlesNextItem: 0.5]
    }
    _ = try Self.write(fixture, "among") { $0.isShuffled = false }
    let rows = try lines(fixture.path("alone") + "/train.jsonl")
    let among = try lines(fixture.path("among") + "/train.jsonl")
    let start = try #require(among.firstIndex(of: rows[0]))
    #expect(Array(among[start..<start + rows.count]) == rows)
    #expect(alone.tasks == ["titles-next-item": rows.count])
    // The order is drawn, the rows are the same.
    let shuffled = try lines(fixture.path("one") + "/train.jsonl")
    #expect(shuffled != among && shuffled.sorted() == among.sorted())
  }

  @Test func weightsSayHowOften() throws {
    let fixture = try Fixture()
    func count(_ weight: Double) throws -> Int {
      try Self.write(fixture) {
        $0.weights = [.nextItem: weight]
        $0.isShuffled = false
      }.files[0].rows
    }
    let all = try count(1)
    #expect(try count(2) == 2 * all)
    // 400 draws or so: a share of a half within six standard deviations.
    let half = try count(0.5)
    #expect(abs(Double(half) - Double(all) / 2) < 3 * Double(all).squareRoot())
    #expect(try count(1.5) == all + half)
    // Copies are worded differently.
    _ = try Self.write(fixture) {
      $0.weights = [.itemTitle: 5]
      $0.isShuffled = false
    }
    let prompts = try lines(fixture.path("out") + "/train.jsonl")
    #expect(prompts.count == 200 && Set(prompts).count == 200)
    #expect(message { _ = try count(0) }.contains("a weight above 0"))
    #expect(message { _ = try count(-1) }.contains("weight of next-item"))
    #expect(message { _ = try count(.nan) }.contains("weight"))
    #expect(message { _ = try Self.write(fixture) { $0.weights = [.itemDocument: 1] } }.contains("item-document"))
  }

  @Test func everyWordingIsUsedEvenly() throws {
    let fixture = try Fixture()
    let templates = try Self.library([.nextItem: (0..<4).map { .init(prompt: "W\($0)|{{history}}") }])
    _ = try Self.write(fixture, templates: templates) { $0.weights = [.nextItem: 1] }
    let rows = try lines(fixture.path("out") + "/train.jsonl")
    for wording in 0..<4 {
      let share = Double(rows.count { $0.contains("W\(wording)|") }) / Double(rows.count)
      #expect(abs(share - 0.25) < 0.1)
    }
  }

  @Test func untitledItemsMakeNoTitleRows() throws {
    let fixture = try Fixture()
    let titles = (0..<40).map { $0 % 2 == 0 ? "Title \($0)" : "\t" }
    let manifest = try Self.write(fixture, texts: fixture.texts(titles)) {
      $0.weights = [.itemTitle: 1, .titleItem: 1, .titlesNextItem: 1]
    }
    #expect(manifest.tasks?["item-title"] == 20 && manifest.tasks?["title-item"] == 20)
    let rows = try lines(fixture.path("out") + "/train.jsonl")
    #expect(!rows.contains { $0.contains("; ;") || $0.contains("\"content\": \"\"") })
    // No titles at all leave the tasks of IDs.
    let none = try InstructionCorpus.write(
      fixture.histories(Fixture.random(users: 20, items: 40, seed: 1)), items: fixture.items,
      vocabulary: fixture.vocabulary, to: fixture.path("none"))
    #expect(none.tasks?.keys.sorted() == ["next-item"])
  }

  /// Asked for the ID of a title that two IDs have, a model would have two answers.
  @Test func titlesOfSeveralIDsMakeNoRows() throws {
    let fixture = try Fixture()
    // Three items are called "Twice"; two of these and two more are untitled or alone with their ID.
    var titles = (0..<40).map { "Title \($0)" }
    (titles[3], titles[7], titles[11]) = ("Twice", " Twice", "Tw&#105;ce")
    (titles[20], titles[21]) = ("", "")
    let texts = try fixture.texts(titles)
    #expect(texts.report.itemsWithSharedTitle == 3 && texts.report.itemsWithTitleOfSeveralIDs == 3)
    let manifest = try Self.write(fixture, texts: texts) { $0.weights = [.itemTitle: 1, .titleItem: 1] }
    #expect(manifest.tasks == ["item-title": 38, "title-item": 35] && manifest.leftOut?.titlesOfSeveralIDs == 3)
    let kept = try Self.write(fixture, texts: texts) {
      $0.weights = [.itemTitle: 1, .titleItem: 1]
      $0.keepsSharedTitles = true
    }
    #expect(kept.tasks == ["item-title": 38, "title-item": 38] && kept.leftOut?.titlesOfSeveralIDs == 0)
    // Items that have one ID, too, have one answer.
    let same = ItemCodes(
      ids: StringColumn(["a", "b", "c"]),
      codes: try Codes(levelSizes: [8, 8, 8], values: Buffer<UInt16>([1, 1, 1, 1, 1, 1, 2, 2, 2])))
    let shared = SharedTitles(StringColumn(["x", "x", ""]), same)
    #expect(shared.items == 2 && shared.hasSeveralIDs == [false, false, false])
    #expect(SharedTitles(StringColumn(["x", "y", "y"]), same).hasSeveralIDs == [false, true, true])
  }

  @Test func aCorpusOfNothingIsAnError() throws {
    let fixture = try Fixture()
    let histories = try fixture.histories(Fixture.random(users: 5, items: 10, seed: 1))
    func refusal(_ weights: [CorpusTask: Double]) -> String {
      var options = InstructionCorpus.Options()
      options.weights = weights
      return message {
        try InstructionCorpus.write(
          histories, items: fixture.items, vocabulary: fixture.vocabulary, options: options, to: fixture.path("none"))
      }
    }
    #expect(refusal([.itemTitle: 1, .titleItem: 0]).contains("none for item-title; give the items' titles"))
    #expect(refusal([.nextItem: 0]).contains("one with a weight above 0"))
    #expect(throws: InputError.self) { try MappedFile(path: fixture.path("none") + "/manifest.json") }
  }

  @Test(.enabled(if: Python.isReady)) func missingTextsAreNoTexts() throws {
    let fixture = try Fixture(items: 4)
    try Python.run(
      """
      import sys, pyarrow as pa, pyarrow.parquet as pq
      table = {"item_id": ["i0", "i1", "i2", "i3"], "title": ["A", None, "C", ""],
               "brand": pa.array([None, "x", None, "y"]).dictionary_encode(), "description": pa.array([None] * 4)}
      pq.write_table(pa.table(table), sys.argv[1])
      """, fixture.path("items.parquet"))
    let texts = try ItemTexts.read(
      path: fixture.path("items.parquet"), items: fixture.items, vocabulary: fixture.vocabulary)
    #expect(Array(texts.titles) == ["A", "", "C", ""] && Array(texts.brands) == ["", "x", "", "y"])
    #expect(Array(texts.descriptions) == ["", "", "", ""] && texts.report.itemsWithoutTitle == 2)
    // Ids have to be there.
    try Python.run(
      "import sys, pyarrow as pa, pyarrow.parquet as pq\n"
        + "pq.write_table(pa.table({'item_id': ['i0', None], 'title': ['A', 'B']}), sys.argv[1])",
      fixture.path("items.parquet"))
    #expect(
      message {
        _ = try ItemTexts.read(
          path: fixture.path("items.parquet"), items: fixture.items, vocabulary: fixture.vocabulary)
      }.contains("row 1"))
  }

  @Test func sectionsAndTransformsGoThroughTheLibrary() throws {
    let fixture = try Fixture(items: 3)
    let path = try fixture.write(
      ["i0", "i1", "i2"].enumerated().map { .init(user: "u", item: $1, time: Int64($0)) })
    let histories = try Histories.read(InteractionSource(.whole(path, .none)), items: fixture.items)
    let texts = try fixture.texts(["Zero & \"0\"", "", "Two"], brands: ["B0", "", ""])
    let file = """
      {"next-item": [{"prompt": "{{#items}}{{number}}) {{item}}{{#title}} {{title}}{{/title}}{{#brand}} by {{brand}}{{/brand}}\\n{{/items}}{{! no comment }}<&>"}],
       "title-item": [{"prompt": "{{uppercased(title)}}"}],
       "item-title": [{"prompt": "\\n{{{item}}} {{&item}}", "completion": "{{title}}{{^brand}} (no brand){{/brand}}"}]}
      """
    try file.write(toFile: fixture.path("mine.json"), atomically: true, encoding: .utf8)
    var options = InstructionCorpus.Options()
    options.form = .promptCompletion
    options.promptEnd = ""
    options.isShuffled = false
    options.weights = [.nextItem: 1, .itemTitle: 1, .titleItem: 1]
    try InstructionCorpus.write(
      histories, items: fixture.items, texts: texts, vocabulary: fixture.vocabulary,
      templates: TemplateLibrary.read(fixture.path("mine.json")), options: options, to: fixture.path("out"))
    let ids = fixture.items.texts(fixture.vocabulary)
    struct Pair: Decodable, Hashable {
      var prompt: String
      var completion: String
    }
    let rows = try lines(fixture.path("out") + "/train.jsonl").map {
      try JSONDecoder().decode(Pair.self, from: Data($0.utf8))
    }
    #expect(
      rows == [
        Pair(prompt: "1) \(ids[0]) Zero & \"0\" by B0\n<&>", completion: ids[1]),
        Pair(prompt: "1) \(ids[0]) Zero & \"0\" by B0\n2) \(ids[1])\n<&>", completion: ids[2]),
        Pair(prompt: "\n\(ids[0]) \(ids[0])", completion: "Zero & \"0\""),
        Pair(prompt: "\n\(ids[2]) \(ids[2])", completion: "Two (no brand)"),
        Pair(prompt: "ZERO & \"0\"", completion: ids[0]), Pair(prompt: "TWO", completion: ids[2]),
      ])
  }

  /// A template that the library fills row by row says what one taken apart says.
  @Test func bothWaysOfFillingAgree() throws {
    let fixture = try Fixture()
    let words = StandardWordings.all.filter { !$0.key.isDocument }
    // An empty section changes nothing but the way.
    let slow = words.mapValues {
      $0.map { TemplateLibrary.WordingText(prompt: ($0.prompt ?? "") + "{{#items}}{{/items}}") }
    }
    let tasks: [CorpusTask: Double] = [.nextItem: 1, .titlesNextItem: 1]
    let fast = try Self.write(fixture, "fast") { $0.weights = tasks }
    let library = try Self.library(slow.filter { $0.key.isOfHistories })
    let other = try Self.write(fixture, "slow", templates: library) { $0.weights = tasks }
    #expect(fast.files == other.files)
    for wordings in try TemplateLibrary.standard().wordings.values {
      for wording in wordings where wording.completion != nil { #expect(wording.prompt.parts != nil) }
    }
  }

  @Test func refusesTemplatesThatCannotBeFilled() throws {
    let fixture = try Fixture(items: 2)
    func refusal(_ json: String) throws -> String {
      try json.write(toFile: fixture.path("t.json"), atomically: true, encoding: .utf8)
      return message { _ = try TemplateLibrary.read(fixture.path("t.json")) }
    }
    func prompt(_ text: String) throws -> String { try refusal("{\"next-item\": [{\"prompt\": \"\(text)\"}]}") }
    #expect(try prompt("{{histroy}}").contains("next-item, wording 1: expected a name among history,"))
    #expect(try prompt("{{#items}}").contains("t.json: next-item, wording 1: line 1, column 1: expected {{/items}}"))
    #expect(try prompt("{{history").contains("a tag that }} closes"))
    #expect(try prompt("{{history history}}").contains("a Mustache template"))
    #expect(try prompt("{{>other}}").contains("the tag {{>other}}"))
    #expect(try prompt("{{=<% %>=}}").contains("the tag"))
    #expect(try prompt("{{items.title}}").contains("the tag"))
    #expect(try prompt("{{}}").contains("the tag"))
    #expect(try refusal("{\"next\": []}").contains("\"next\""))
    #expect(try refusal("{\"next-item\": []}").contains("1 to 65,536 wordings"))
    #expect(try refusal("{\"next-item\": [{\"text\": \"x\"}]}").contains("a prompt"))
    #expect(try refusal("{\"item-document\": [{\"prompt\": \"x\"}]}").contains("a text"))
    #expect(try refusal("{\"title-item\": [{\"prompt\": \"{{history}}\"}]}").contains("needs a history"))
    #expect(try refusal("[]").contains("t.json"))
    #expect(try prompt("Which item comes next?").contains("such as {{history}}"))
    #expect(try refusal("{\"title-item\": [{\"prompt\": \"Name it\"}]}").contains("such as {{item}}"))
    // A fault is shown in the user's own words.
    #expect(try !prompt("{{history").contains("CONTENT_TYPE"))
    // What we print is what we read.
    try TemplateLibrary.standard().json().write(toFile: fixture.path("t.json"), atomically: true, encoding: .utf8)
    #expect(try TemplateLibrary.read(fixture.path("t.json")).texts == StandardWordings.all)
  }

  @Test func documentsInterleaveTextAndIDs() throws {
    let fixture = try Fixture()
    let texts = try fixture.texts()
    var options = PretrainCorpus.Options()
    options.windows.maximumHistory = 3
    options.isShuffled = false
    let templates = try Self.library([
      .itemDocument: [.init(text: "{{item}}={{title}}")], .historyDocument: [.init(text: "{{history_titled}}")],
    ])
    let histories = try fixture.histories(Fixture.random(users: 50, items: 40, seed: 5))
    let manifest = try PretrainCorpus.write(
      histories, items: fixture.items, texts: texts, vocabulary: fixture.vocabulary, templates: templates,
      options: options, to: fixture.path("out"))
    let ids = fixture.items.texts(fixture.vocabulary)
    var expected = (0..<40).map { "{\"text\": \"\(ids[$0])=Title of i\($0)\"}" }
    func document(_ events: Range<Int>) -> String {
      let parts = events.map { "Title of i\(histories.items[$0]) " + ids[Int(histories.items[$0])] }
      return "{\"text\": \"" + parts.joined(separator: "; ") + "\"}"
    }
    for user in histories.users.indices {
      var rest = histories.range(of: user, .train)
      while !rest.isEmpty {
        if rest.prefix(4).count > 1 { expected.append(document(rest.prefix(4))) }
        rest = rest.dropFirst(4)
      }
    }
    #expect(try lines(fixture.path("out") + "/train.jsonl") == expected)
    #expect(manifest.tasks == ["item-document": 40, "history-document": expected.count - 40])
    // Held-out items alone: of what is trained on, nothing is in the files of validation and test.
    let tests = histories.users.indices.flatMap { user in
      histories.range(of: user, .test).map { document($0..<$0 + 1) }
    }
    #expect(try lines(fixture.path("out") + "/test.jsonl") == tests)
    #expect(manifest.heldOut?.map(\.contextItems) == [0, 0] && manifest.heldOut?[1].targetItems == tests.count)
    options.heldOut = .history
    let behind = try PretrainCorpus.write(
      histories, items: fixture.items, texts: texts, vocabulary: fixture.vocabulary, templates: templates,
      options: options, to: fixture.path("out"))
    let context = histories.users.indices.flatMap { user in
      histories.range(of: user, .test).map { document(max(histories.starts[user], $0 - 3)..<$0 + 1) }
    }
    #expect(try lines(fixture.path("out") + "/test.jsonl") == context)
    #expect(behind.heldOut?[1].targetItems == tests.count && (behind.heldOut?[1].contextShare ?? 0) > 0.5)
  }
}

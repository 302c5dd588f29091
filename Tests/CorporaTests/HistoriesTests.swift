import Formats
import TestSupport
import Interactions
import Testing
import Tokenizers
import Vectors

@testable import Corpora

@Suite struct HistoriesTests {
  private typealias Row = Fixture.Interaction

  /// A user's parts as item ids.
  private func parts(_ histories: Histories, _ user: String, _ items: ItemCodes) throws -> [[String]] {
    let number = try #require(histories.users.firstIndex(of: user))
    return Split.allCases.map { split in
      histories.range(of: number, split).map { items.ids[Int(histories.items[$0])] }
    }
  }

  @Test func leavesTheLastOut() throws {
    let fixture = try Fixture()
    let histories = try fixture.histories([
      Row(user: "a", item: "i3", time: 5), Row(user: "b", item: "i1", time: 1), Row(user: "a", item: "i1", time: 2),
      Row(user: "a", item: "i2", time: 9), Row(user: "a", item: "i7", time: 3), Row(user: "b", item: "i2", time: 0),
      Row(user: "c", item: "i9", time: 4),
    ])
    #expect(Array(histories.users) == ["a", "b", "c"])
    #expect(try parts(histories, "a", fixture.items) == [["i1", "i7"], ["i3"], ["i2"]])
    #expect(try parts(histories, "b", fixture.items) == [["i2", "i1"], [], []])
    let report = histories.report
    #expect(report.rows == 7 && report.users == 3 && report.train == 5 && report.valid == 1 && report.test == 1)
    #expect(report.usersWithOneItem == 1 && report.heldOutItems == 1)
  }

  @Test func countsWhatIsOdd() throws {
    let fixture = try Fixture()
    let rows = [
      Row(user: "a", item: "i1", time: 1), Row(user: "a", item: "what", time: 2), Row(user: "a", item: "i2", time: 3),
      Row(user: "a", item: "i1", time: 4), Row(user: "a", item: "i4", time: 3), Row(user: "a", item: "i5", time: 3),
      Row(user: "z", item: "what", time: 1), Row(user: "z", item: "ever", time: 1),
    ]
    let first = try fixture.histories(rows, .none)
    // Equal times keep the order of the file.
    #expect(try parts(first, "a", fixture.items)[0] == ["i1", "i2", "i4", "i5"])
    #expect(first.report.rowsOfUnknownItems == 3 && first.report.unknownItems == 2)
    #expect(first.report.usersWithoutItems == 1 && first.report.users == 1)
    #expect(first.report.repeats == 1 && first.report.equalTimes == 2)
    let kept = try fixture.histories(rows, .none, repeats: .keep)
    #expect(try parts(kept, "a", fixture.items)[0] == ["i1", "i2", "i4", "i5", "i1"])
    #expect(kept.report.repeats == 0)
  }

  /// Parts that were given may go against time; what is split here never does.
  @Test func countsWhatComesBeforeItsTime() throws {
    let fixture = try Fixture()
    func report(train: [Int64], valid: [Int64], test: [Int64]) throws -> Int {
      func rows(_ times: [Int64], _ first: Int) -> [Row] {
        times.enumerated().map { Row(user: "a", item: "i\(first + $0)", time: $1) }
      }
      let paths = try [("train", rows(train, 0)), ("valid", rows(valid, 10)), ("test", rows(test, 20))].map {
        try fixture.write($1, to: $0 + ".parquet")
      }
      let source = InteractionSource(
        .given(train: paths[0], valid: valid.isEmpty ? nil : paths[1], test: test.isEmpty ? nil : paths[2]))
      return try Histories.read(source, items: fixture.items).report.laterThanHeldOut
    }
    #expect(try report(train: [1, 2], valid: [3], test: [4]) == 0)
    #expect(try report(train: [1, 3], valid: [3], test: [3]) == 0)
    #expect(try report(train: [1, 4, 9], valid: [3, 5], test: [6]) == 2)
    #expect(try report(train: [1, 2], valid: [5, 7], test: [4]) == 2)
    #expect(try report(train: [1, 5], valid: [], test: [4]) == 1)
    #expect(try report(train: [1, 5], valid: [4], test: []) == 1)
    #expect(try report(train: [1, 5], valid: [], test: []) == 0)
    let whole = try fixture.histories(Fixture.random(users: 30, items: 40, seed: 4))
    #expect(whole.report.laterThanHeldOut == 0)
  }

  @Test func splitsByTime() throws {
    let fixture = try Fixture()
    // Ten interactions; the two of time 70 belong together.
    let times: [Int64] = [10, 20, 30, 40, 50, 60, 70, 70, 80, 90]
    let rows = times.enumerated().map { Row(user: "u\($0 % 2)", item: "i\($0)", time: $1) }
    let histories = try fixture.histories(rows, .byTime(valid: 0.2, test: 0.2))
    #expect(try parts(histories, "u0", fixture.items) == [["i0", "i2", "i4"], ["i6"], ["i8"]])
    #expect(try parts(histories, "u1", fixture.items) == [["i1", "i3", "i5"], ["i7"], ["i9"]])
    let torn = try fixture.histories(rows, .byTime(valid: 0, test: 0.3))
    #expect(torn.report.train == 6 && torn.report.valid == 0 && torn.report.test == 4)
    #expect(try fixture.histories(rows, .byTime(valid: 0, test: 0)).report.train == 10)
  }

  @Test func readsGivenPartsAndOtherColumns() throws {
    let fixture = try Fixture()
    func write(_ name: String, _ rows: [(user: Int64, item: String, time: Double)]) throws -> String {
      let columns: [ParquetWriter.Column] = [.int64("who"), .string("what"), .double("when")]
      try ParquetWriter.write(to: fixture.path(name), columns: columns) { file in
        try file.append([
          .int64(Buffer(rows.map(\.user))), .strings(StringColumn(rows.map(\.item))), .double(Buffer(rows.map(\.time))),
        ])
      }
      return fixture.path(name)
    }
    let train = try write("train.parquet", [(7, "i3", 1.5), (7, "i1", -2.25), (7, "i2", -0.0), (-1, "i1", 0)])
    // Earlier than training: the parts that were given win over time.
    let test = try write("test.parquet", [(7, "i5", -100)])
    let source = InteractionSource(
      .given(train: train, valid: nil, test: test), userColumn: "who", itemColumn: "what", timeColumn: "when")
    let histories = try Histories.read(source, items: fixture.items)
    #expect(Array(histories.users) == ["7", "-1"])
    #expect(try parts(histories, "7", fixture.items) == [["i1", "i2", "i3"], [], ["i5"]])
    let wrong = InteractionSource(.whole(train, .none))
    let text = message { _ = try Histories.read(wrong, items: fixture.items) }
    #expect(text.contains("the user of each interaction") && text.contains("--user-column"), "\(text)")
  }

  @Test func refusesWhatHasNoItems() throws {
    let fixture = try Fixture()
    #expect(message { _ = try fixture.histories([]) }.contains("no rows"))
    #expect(
      message { _ = try fixture.histories([Row(user: "a", item: "x", time: 1)]) }.contains("none of them in any row"))
    #expect(message { _ = try fixture.histories([Row(user: "", item: "i1", time: 1)]) }.contains("row 0 (from 0)"))
    let missing = InteractionSource(.whole(fixture.path("no.parquet"), .none))
    #expect(message { _ = try Histories.read(missing, items: fixture.items) }.contains("no.parquet"))
  }

  /// Against the rule written out with dictionaries and sorts.
  @Test(arguments: [1, 2, 3] as [UInt64]) func partsMatchTheRule(seed: UInt64) throws {
    let fixture = try Fixture(items: 64)
    let rows = Fixture.random(users: 60, items: 64, seed: seed)
    let histories = try fixture.histories(rows)
    for (user, own) in Dictionary(grouping: rows, by: \.user) {
      let ordered = own.sorted { $0.time < $1.time }.map(\.item)
      let cut = ordered.count < 3 ? ordered.count : ordered.count - 2
      let expected = [
        Array(ordered[..<cut]), Array(ordered[cut...].prefix(1)), Array(ordered[cut...].dropFirst()),
      ]
      #expect(try parts(histories, user, fixture.items) == expected)
    }
  }

  @Test func windowsMatchTheRule() throws {
    let fixture = try Fixture(items: 64)
    let histories = try fixture.histories(Fixture.random(users: 60, items: 64, seed: 4))
    for (maximum, minimum, stride, last) in [(20, 1, 1, false), (3, 2, 1, false), (4, 1, 3, false), (5, 1, 1, true)] {
      var options = WindowOptions()
      options.maximumHistory = maximum
      options.minimumHistory = minimum
      options.stride = stride
      options.lastTargetOnly = last
      for split in Split.allCases {
        var report = WindowReport()
        let windows = histories.windows(split, options, items: fixture.items, keepsRepeats: true, report: &report)
        var expected: [Window] = []
        for user in histories.users.indices {
          let targets = histories.range(of: user, split)
          for target in targets {
            let before = target - histories.starts[user]
            if split == .train, last, target + 1 < targets.upperBound { continue }
            if split == .train, (targets.upperBound - 1 - target) % stride != 0 { continue }
            guard min(before, maximum) >= minimum else { continue }
            expected.append(
              Window(
                user: UInt32(user), first: UInt32(max(histories.starts[user], target - maximum)), target: UInt32(target)
              ))
          }
        }
        #expect(windows == expected)
        #expect(report.answersInHistory == 0)
      }
    }
  }

  @Test func anAnswerInItsOwnHistoryMakesNoRow() throws {
    let fixture = try Fixture(items: 4)
    // i0 and i1 get one ID: to go from one to the other would be copying.
    let shared = ItemCodes(
      ids: fixture.items.ids, codes: fixture.items.codes.gathered([0, 0, 2, 3]), source: "shared")
    let path = try fixture.write(
      ["i0", "i2", "i1", "i3"].enumerated().map { Row(user: "a", item: $1, time: Int64($0)) })
    let histories = try Histories.read(InteractionSource(.whole(path, .none)), items: shared)
    var report = WindowReport()
    let windows = histories.windows(.train, WindowOptions(), items: shared, keepsRepeats: false, report: &report)
    #expect(windows.map(\.target) == [1, 3])
    #expect(report.answersInHistory == 1 && report.targetsWithoutHistory == 0 && report.firstItems == 1)
    // Out of the window's reach, it is no copy.
    var short = WindowOptions()
    short.maximumHistory = 1
    #expect(histories.windows(.train, short, items: shared, keepsRepeats: false, report: &report).count == 3)
  }
}

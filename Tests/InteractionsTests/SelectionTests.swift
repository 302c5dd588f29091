import Formats
import Testing
import Vectors

@testable import Interactions

/// The selection against a slow one that follows the rules as they are written.
@Suite struct SelectionTests {
  struct Row: Hashable {
    var user: Int
    var item: Int
    var time: Int64
    var rating: Float
    var place: Int

    // A rating that is not there differs from itself.
    static func == (a: Row, b: Row) -> Bool { a.place == b.place }
    func hash(into hasher: inout Hasher) { hasher.combine(place) }
  }

  static func log(_ rows: [Row], catalogued: Int) -> InteractionLog {
    var items = StringTable()
    for item in 0..<catalogued { _ = items.number(of: "i\(item)") }
    var log = InteractionLog(items: items)
    for row in rows {
      append(&log, "u\(row.user)", "i\(row.item)", row.time, row.rating)
    }
    return log
  }

  static func append(_ log: inout InteractionLog, _ user: String, _ item: String, _ time: Int64, _ rating: Float?) {
    var (user, item) = (user, item)
    user.withUTF8 { user in item.withUTF8 { log.append(user: user, item: $0, time: time, rating: rating) } }
  }

  /// The rules, one after another on plain rows.
  static func naive(_ rows: [Row], catalogued: Int, _ options: SelectionOptions) -> [(Row, Split)] {
    var rows = rows.filter { $0.item < catalogued || options.keepsUncatalogued }
    if let least = options.minimumRating { rows = rows.filter { !$0.rating.isNaN && Double($0.rating) >= least } }
    rows.sort { ($0.time, $0.place) < ($1.time, $1.place) }
    if options.repeats == .first {
      var seen: Set<[Int]> = []
      rows = rows.filter { seen.insert([$0.user, $0.item]).inserted }
    }
    if let most = options.maximumHistory {
      let latest = Set(Dictionary(grouping: rows, by: \.user).values.flatMap { $0.suffix(most) })
      rows = rows.filter(latest.contains)
    }
    while true {
      let before = rows.count
      let users = Dictionary(grouping: rows, by: \.user)
      rows = rows.filter { (users[$0.user]?.count ?? 0) >= options.minimumHistory }
      let items = Dictionary(grouping: rows, by: \.item)
      rows = rows.filter { (items[$0.item]?.count ?? 0) >= options.itemCore }
      if rows.count == before { break }
    }
    let users = Dictionary(grouping: rows, by: \.user)
    let times = rows.map(\.time)
    return rows.map { row in
      let own = users[row.user] ?? []
      let fromEnd = own.count - 1 - (own.firstIndex(of: row) ?? 0)
      switch options.split {
      case .none: return (row, .train)
      case .leaveLastOut: return (row, own.count < 3 || fromEnd > 1 ? .train : fromEnd == 0 ? .test : .valid)
      case .atTimes(let valid, let test): return (row, row.time >= test ? .test : row.time >= valid ? .valid : .train)
      case .byTime(let valid, let test):
        func start(_ share: Double) -> Int64 {
          let place = Int((Double(times.count) * (1 - share)).rounded())
          return share > 0 && place < times.count ? times[place] : .max
        }
        return (row, row.time >= start(test) ? .test : row.time >= start(valid + test) ? .valid : .train)
      }
    }
  }

  @Test(arguments: 0..<60) func matchesTheRules(seed: Int) throws {
    var random = CounterRandom(seed: UInt64(seed))
    func number(_ below: Int) -> Int { random.below(below) }
    let (users, items) = (1 + number(20), 1 + number(30))
    let rows = (0..<number(400) + 1).map { place in
      Row(
        user: number(users), item: number(items), time: Int64(number(seed % 3 == 0 ? 20 : 1_000_000)) - 10,
        rating: number(5) == 0 ? .nan : Float(number(10)) / 2, place: place)
    }
    let catalogued = max(1, items - number(5))
    var options = SelectionOptions()
    options.keepsUncatalogued = number(2) == 0
    options.repeats = number(3) == 0 ? .keep : .first
    options.minimumRating = number(3) == 0 ? Double(number(5)) : nil
    options.maximumHistory = number(3) == 0 ? 1 + number(20) : nil
    options.minimumHistory = 1 + number(6)
    options.itemCore = 1 + number(6)
    options.split = [.leaveLastOut, .none, .byTime(valid: 0.1, test: 0.2), .atTimes(valid: 5, test: 9)][number(4)]
    let log = Self.log(rows, catalogued: catalogued)
    let expected = Self.naive(rows, catalogued: catalogued, options)
    guard !expected.isEmpty else {
      #expect(throws: InputError.self, "\(options)") {
        try InteractionSelection(log, options: options, source: "log").rows.count
      }
      return
    }
    let selection = try InteractionSelection(log, options: options, source: "log")
    let isSame = selection.rows == expected.map { UInt32($0.0.place) } && selection.parts == expected.map(\.1)
    #expect(isSame, "\(options): \(selection.rows.count) rows, and not \(expected.count); \(selection.steps)")
    #expect(selection.users == Set(expected.map(\.0.user)).count)
    #expect(selection.items == Set(expected.map(\.0.item)).count)
    #expect(selection.steps.reduce(selection.rows.count) { $0 + $1.interactions } == rows.count)
  }

  @Test func theErrorSaysWhatEachRuleDropped() throws {
    var options = SelectionOptions()
    options.minimumRating = 4
    let rows = [(0, 0, 5), (0, 9, 5), (1, 0, 1), (2, 1, 5)].enumerated().map { place, row in
      Row(user: row.0, item: row.1, time: 0, rating: Float(row.2), place: place)
    }
    let error = #expect(throws: InputError.self) {
      try InteractionSelection(Self.log(rows, catalogued: 2), options: options, source: "reviews.jsonl")
    }
    let told = try #require(error).description
    for part in ["none of 4", "1 of items without metadata", "1 with a rating below", "2 of users with too few"] {
      #expect(told.contains(part), "\(told)")
    }
  }

  @Test(arguments: [1, 17, 5000]) func timesOfAnySizeSort(count: Int) {
    var random = CounterRandom(seed: 3)
    let times = (0..<count).map { place -> Int64 in
      switch place % 5 {
      case 0: Int64.min + Int64(random.below(3))
      case 1: Int64.max
      case 2: -Int64(random.below(100_000))
      default: Int64(random.below(1 << 40))
      }
    }
    let sorted = TimeOrder.sorted((0..<UInt32(count)).map(\.self), times: times)
    #expect(sorted == times.indices.sorted { (times[$0], $0) < (times[$1], $1) }.map(UInt32.init))
  }
}

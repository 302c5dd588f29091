import Formats
import TestSupport
import Testing
import Vectors

@testable import Interactions

@Suite struct TimeUnitTests {
  @Test func sizesTellUnits() {
    #expect(TimeUnit(of: 881_250_949) == .seconds)
    #expect(TimeUnit(of: 1_400_000_000_000) == .milliseconds)
    #expect(TimeUnit(of: 1.4e15) == .microseconds)
    #expect(TimeUnit(of: 1.4e18) == .nanoseconds)
    #expect(TimeUnit(of: 99_999_999) == nil && TimeUnit(of: 0) == nil)
    #expect(TimeUnit(named: "ms") == .milliseconds && TimeUnit(named: "seconds") == .seconds)
    #expect(TimeUnit(named: "minutes") == nil)
  }

  @Test func millisecondsAreRoundedDown() {
    #expect(TimeUnit.microseconds.milliseconds(Int64(-1)) == -1)
    #expect(TimeUnit.microseconds.milliseconds(Int64(1999)) == 1)
    #expect(TimeUnit.nanoseconds.milliseconds(Int64.min) == -9_223_372_036_855)
    #expect(TimeUnit.nanoseconds.milliseconds(Int64.max) == 9_223_372_036_854)
    #expect(TimeUnit.seconds.milliseconds(Int64.max) == nil && TimeUnit.seconds.milliseconds(Int64.min) == nil)
    #expect(TimeUnit.seconds.milliseconds(881_250_949.25) == 881_250_949_250)
    #expect(TimeUnit.seconds.milliseconds(1e300) == nil && TimeUnit.milliseconds.milliseconds(Double.nan) == nil)
  }

  @Test func missingTimesAreTold() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write(
      "t,u,v\n1400000000,,2024-01-01\n,,\n1400000001,,2024-01-02T00:00:00.5Z\n", to: folder.file("x.csv"))
    let table = try DataTable(opening: folder.file("x.csv"))
    let cases: [(String, [Bool], [Int64])] = [
      ("t", [true, false, true], [1_400_000_000_000, 0, 1_400_000_001_000]), ("u", [false, false, false], [0, 0, 0]),
      ("v", [true, false, true], [1_704_067_200_000, 0, 1_704_153_600_500]),
    ]
    for (name, present, expected) in cases {
      var times = InteractionTimes()
      #expect(try times.append(present: name, of: table) == present, "\(name)")
      #expect(try times.milliseconds(nil).times == expected, "\(name)")
      var strict = InteractionTimes()
      #expect(throws: InputError.self) { try strict.append(name, of: table) }
    }
  }

  @Test func shares() {
    let times: [Int64] = [1, 2, 2, 2, 3, 4, 5, 6, 7, 8]
    let boundaries = SplitBoundaries(.byTime(valid: 0.2, test: 0.7)) { times }
    // The boundary of the test falls among equal times, which stay together.
    #expect(times.map { boundaries.part(place: 0, of: 1, time: $0) } == [.train] + [Split](repeating: .test, count: 9))
    let none = SplitBoundaries(.byTime(valid: 0, test: 0)) { times }
    #expect(none.part(place: 0, of: 1, time: .max) == .train)
    let last = SplitBoundaries(.leaveLastOut) { [] }
    #expect((0..<3).map { last.part(place: $0, of: 3, time: 0) } == [.train, .valid, .test])
    #expect((0..<2).map { last.part(place: $0, of: 2, time: 0) } == [.train, .train])
  }
}

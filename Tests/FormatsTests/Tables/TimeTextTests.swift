import Foundation
import Testing

@testable import Formats

@Suite struct TimeTextTests {
  @Test(arguments: [
    ("1970-01-01", 0), ("1970-01-02", 86_400_000_000), ("2024-01-31T12:30", 1_706_704_200_000_000),
    ("2024-01-31T12:30:15", 1_706_704_215_000_000), ("2024-01-31 12:30:15.25", 1_706_704_215_250_000),
    ("2024-01-31T12:30:15.123456789Z", 1_706_704_215_123_456), ("2024-01-31T12:30:15+02:00", 1_706_697_015_000_000),
    ("2024-01-31T12:30:15-0530", 1_706_724_015_000_000), ("2024-01-31T12:30+02", 1_706_697_000_000_000),
    ("1969-12-31T23:59:59.999999", -1), ("2000-02-29", 951_782_400_000_000), ("0001-01-01", -62_135_596_800_000_000),
  ])
  func readsISO8601(_ text: String, _ expected: Int) {
    #expect(TimeText.microseconds(text) == Int64(expected), "\(text)")
  }

  @Test(arguments: [
    "", "2024", "2024-01", "2024-13-01", "2024-00-01", "2023-02-29", "1900-02-29", "2024-01-32", "2024-01-31T24:00",
    "2024-01-31T12:60", "2024-01-31T12:30:60", "2024-01-31T12", "2024-01-31T", "2024-01-31x", "2024-01-31T12:30:15.",
    "2024-01-31T12:30+2", "2024-01-31T12:30Z1", "31.01.2024", "1706704200", "-2024-01-31", " 2024-01-31",
  ])
  func refusesOtherText(_ text: String) { #expect(TimeText.microseconds(text) == nil, "\(text)") }

  /// Against Foundation's calendar, over all leap rules.
  @Test func daysAreThoseOfTheCalendar() {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    for year in [1600, 1700, 1899, 1900, 1970, 1999, 2000, 2023, 2024, 2100, 2400] {
      for (month, day) in [(1, 1), (2, 28), (3, 1), (6, 30), (12, 31)] {
        let date = calendar.date(from: DateComponents(year: year, month: month, day: day))
        #expect(TimeText.days(year, month, day) * 86_400 == Int(date?.timeIntervalSince1970 ?? .nan))
      }
    }
  }
}

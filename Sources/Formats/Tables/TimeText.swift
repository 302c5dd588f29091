/// Times as ISO 8601 writes them: `2024-01-31`, `2024-01-31T12:30`, `2024-01-31 12:30:00.25+02:00`.
package enum TimeText {
  /// Microseconds from 1970 to a date, with or without a time of day; nil where the text is no such time.
  ///
  /// Without a zone it is UTC. A zone is `Z`, `+02`, `+0200` or `+02:00`. Up to nine digits of a second are read, and
  /// what is finer than a microsecond is cut off.
  package static func microseconds(_ text: some StringProtocol) -> Int64? {
    var text = text
    return text.withUTF8Bytes { microseconds($0) }
  }

  package static func microseconds(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    var scanner = Scanner(text: text)
    guard let year = scanner.digits(4...6), scanner.take("-"), let month = scanner.digits(1...2), scanner.take("-"),
      let day = scanner.digits(1...2), (1...12).contains(month),
      (1...length(ofMonth: month, year)).contains(day)
    else { return nil }
    var seconds = Int64(days(year, month, day)) * 86_400
    var fraction: Int64 = 0
    if scanner.take("T") || scanner.take("t") || scanner.take(" ") {
      guard let hour = scanner.digits(1...2), hour < 24, scanner.take(":"), let minute = scanner.digits(1...2),
        minute < 60
      else { return nil }
      seconds += Int64(hour * 3600 + minute * 60)
      if scanner.take(":") {
        guard let second = scanner.digits(1...2), second < 60 else { return nil }
        seconds += Int64(second)
        if scanner.take(".") || scanner.take(",") {
          guard let micros = scanner.fraction() else { return nil }
          fraction = micros
        }
      }
      guard let zone = scanner.zone() else { return nil }
      seconds -= Int64(zone)
    }
    return scanner.isAtEnd ? seconds * 1_000_000 + fraction : nil
  }

  /// Days from 1970-01-01 to a day of the Gregorian calendar, whose rules hold for all years here.
  static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    // Years that begin in March: the leap day is their last.
    let shifted = month <= 2 ? year - 1 : year
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return 365 * shifted + floored(shifted, 4) - floored(shifted, 100) + floored(shifted, 400) + dayOfYear - 719_468
  }

  private static func floored(_ value: Int, _ divisor: Int) -> Int {
    value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor)
  }

  private static func length(ofMonth month: Int, _ year: Int) -> Int {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
  }

  private struct Scanner {
    let text: UnsafeBufferPointer<UInt8>
    var place = 0

    var isAtEnd: Bool { place == text.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard place < text.count, text[place] == UInt8(ascii: character) else { return false }
      place += 1
      return true
    }

    /// A number of so many digits.
    mutating func digits(_ count: ClosedRange<Int>) -> Int? {
      var value = 0
      let start = place
      while place < text.count, (0x30...0x39).contains(text[place]), place - start < count.upperBound {
        value = value * 10 + Int(text[place] - 0x30)
        place += 1
      }
      return place - start >= count.lowerBound ? value : nil
    }

    /// One to nine digits behind the point, in whole microseconds.
    mutating func fraction() -> Int64? {
      let start = place
      guard let value = digits(1...9) else { return nil }
      var scaled = value
      for _ in (place - start)..<9 { scaled *= 10 }
      return Int64(scaled / 1000)
    }

    /// Seconds ahead of UTC: 0 where nothing is written.
    mutating func zone() -> Int? {
      if isAtEnd || take("Z") || take("z") { return 0 }
      guard let sign = take("+") ? 1 : take("-") ? -1 : nil, let hours = digits(2...2), hours < 24 else { return nil }
      if isAtEnd { return sign * hours * 3600 }
      _ = take(":")
      guard let minutes = digits(2...2), minutes < 60 else { return nil }
      return sign * (hours * 3600 + minutes * 60)
    }
  }
}

extension StringProtocol {
  fileprivate mutating func withUTF8Bytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    var text = String(self)
    return text.withUTF8(body)
  }
}

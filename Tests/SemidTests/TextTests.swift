import Testing

@testable import semid

@Suite struct TextTests {
  @Test(arguments: [
    (0, "0"), (7, "7"), (999, "999"), (1000, "1,000"), (1204, "1,204"), (60_000, "60,000"), (1_234_567, "1,234,567"),
    (-12, "-12"), (-1204, "-1,204"), (Int.max, "9,223,372,036,854,775,807"), (Int.min, "-9,223,372,036,854,775,808"),
  ])
  func counts(_ value: Int, _ text: String) {
    #expect(Text.count(value) == text)
  }

  @Test func countsWithUnits() {
    #expect(Text.count(1, "item") == "1 item")
    #expect(Text.count(0, "item") == "0 items")
    #expect(Text.count(1204, "item") == "1,204 items")
    #expect(Text.count(2, "entry", plural: "entries") == "2 entries")
  }

  @Test(arguments: [
    (0, "0 B"), (512, "512 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (1_048_575, "1.0 MiB"),
    (1_048_576, "1.0 MiB"), (188_160_000, "179.4 MiB"), (Int.max, "8.0 EiB"), (-2048, "-2.0 KiB"),
  ])
  func bytes(_ value: Int, _ text: String) {
    #expect(Text.bytes(value) == text)
  }

  @Test(arguments: [
    (0.0, "0 s"), (380e-9, "380 ns"), (999.4e-9, "999 ns"), (999.6e-9, "1.00 µs"), (12.34e-6, "12.3 µs"),
    (4.05e-3, "4.05 ms"), (0.9996, "1.00 s"), (2.344, "2.34 s"), (59.9, "59.9 s"), (59.97, "1 min 00 s"),
    (65.2, "1 min 05 s"), (3599.7, "1 h 00 min"), (7380, "2 h 03 min"), (-0.5, "-500 ms"), (.infinity, "∞"),
    (.nan, "n/a"),
  ])
  func durations(_ seconds: Double, _ text: String) {
    #expect(Text.duration(seconds: seconds) == text)
  }

  @Test func durationsOfTheClock() {
    #expect(Text.duration(.milliseconds(12)) == "12.0 ms")
    #expect(Text.duration(.seconds(3725)) == "1 h 02 min")
  }

  @Test(arguments: [
    (0.0, "0"), (0.0123456, "0.0123"), (0.00004, "4.00e-05"), (0.5, "0.500"), (1.2345, "1.23"), (9.996, "10.0"),
    (12.34, "12.3"), (99.96, "100"), (12_345.6, "12,346"), (-1.5, "-1.50"), (1e300, "1e+300"), (.infinity, "∞"),
    (-.infinity, "-∞"), (.nan, "n/a"),
  ])
  func figures(_ value: Double, _ text: String) {
    #expect(Text.figure(value) == text)
  }

  @Test func fixedAndPercent() {
    #expect(Text.fixed(0.98765, 3) == "0.988")
    #expect(Text.fixed(-0.001, 2) == "0.00")
    #expect(Text.fixed(-0.006, 2) == "-0.01")
    #expect(Text.percent(0.9812) == "98.1%")
    #expect(Text.percent(0.9812, digits: 0) == "98%")
    #expect(Text.percent(.nan) == "n/a")
  }
}

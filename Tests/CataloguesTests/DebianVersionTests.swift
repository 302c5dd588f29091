import Testing

@testable import Catalogues

struct DebianVersionTests {
  /// Orders that `dpkg --compare-versions` gives.
  @Test(arguments: [
    ("1.0", "1.1"), ("1.9", "1.10"), ("1.0~rc1", "1.0"), ("1.0~~", "1.0~"), ("1.0~rc1-1", "1.0~rc1-2"),
    ("9.9", "1:0.1"), ("1.0-1", "1.0-1+deb12u1"), ("1.0", "1.0-1"), ("1.0-9", "1.0.1-1"), ("1.0a", "1.0b"),
    ("1.0a", "1.0+b"), ("2.0.7~git", "2.0.7"), ("", "0.1"), ("1-1-1", "1-1-2"),
    ("1.99999999999999999999999", "1.100000000000000000000000"), ("1.0-1~bpo12+1", "1.0-1"), ("1.001", "1.2"),
  ])
  func isOlder(older: String, newer: String) {
    #expect(DebianVersion.isOlder(older.utf8, than: newer.utf8))
    #expect(!DebianVersion.isOlder(newer.utf8, than: older.utf8))
    #expect(!DebianVersion.isOlder(older.utf8, than: older.utf8))
  }

  @Test(arguments: [("1.0", "1.00"), ("0:1.0", "1.0"), ("1.0-0", "1.0"), ("1.01", "1.1")])
  func areEqual(first: String, second: String) {
    #expect(!DebianVersion.isOlder(first.utf8, than: second.utf8))
    #expect(!DebianVersion.isOlder(second.utf8, than: first.utf8))
  }
}

import Foundation
import Formats
import Vectors

/// The names that writers give to what they make in an index directory.
///
/// A name never stands for two contents: `s-TIME-RANDOM` for a segment, `d-TIME-RANDOM` for marks of deleted items. TIME is
/// milliseconds since 1970 and RANDOM 64 random bits, both to the base 36. Only entries with such a name are ever
/// removed. A folder that a user named `s-1` or `d-2024-10.npy` does not have one.
///
/// The one segment of an index that is built anew is named by its content, so that the same build writes the same files:
/// TIME is the earliest there is, and RANDOM the beginning of a digest of its files.
enum EntryName {
  enum Kind: String {
    case segment = "s"
    case marks = "d"
  }

  /// No writer is older than this: 15 November 2023. A clock that says less does not count.
  private static let earliest: UInt64 = 1_700_000_000_000
  private static let latest: UInt64 = 1 << 46
  private static let randomDigits = 13

  static func new(_ kind: Kind) -> String {
    let now = Date().timeIntervalSince1970 * 1000
    let time = min(max(UInt64(exactly: now.rounded()) ?? 0, earliest), latest)
    return name(kind, time: time, random: UInt64.random(in: 0 ... .max))
  }

  /// The name of a segment by the digests of its files.
  static func segment(of files: [String: IndexManifest.File]) -> String {
    var digest = SHA256()
    for (name, file) in files.sorted(by: { $0.key < $1.key }) {
      digest.update(Array("\(name) \(file.bytes) \(file.sha256)\n".utf8))
    }
    let bits = UInt64(digest.hexDigest().prefix(16), radix: 16) ?? 0
    return name(.segment, time: earliest, random: bits)
  }

  private static func name(_ kind: Kind, time: UInt64, random: UInt64) -> String {
    let random = String(random, radix: 36)
    let zeros = String(repeating: "0", count: randomDigits - random.utf8.count)
    return "\(kind.rawValue)-\(String(time, radix: 36))-\(zeros)\(random)"
  }

  /// Whether a writer gave this name. Earlier ones left out leading zeros of the random part.
  static func isOurs(_ name: some StringProtocol, _ kind: Kind) -> Bool {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == kind.rawValue, (6...randomDigits).contains(parts[2].utf8.count),
      let time = number(parts[1]), number(parts[2]) != nil
    else { return false }
    return (earliest...latest).contains(time)
  }

  /// Whether it is a SHA-256 in hexadecimal, as the fingerprint of a model is.
  static func isDigest(_ name: String) -> Bool {
    name.utf8.count == 64 && name.utf8.allSatisfy("0123456789abcdef".utf8.contains)
  }

  private static func number(_ digits: some StringProtocol) -> UInt64? {
    guard digits.utf8.allSatisfy("0123456789abcdefghijklmnopqrstuvwxyz".utf8.contains) else { return nil }
    return UInt64(digits, radix: 36)
  }
}

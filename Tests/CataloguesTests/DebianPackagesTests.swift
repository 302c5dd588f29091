import Foundation
import TestSupport
import Testing
import Vectors

@testable import Catalogues

/// Everything a list may hold: continuation lines, fields in any order and case, versions, architectures, stanzas that
/// break the rules.
private let listing = """
  Package: zeta
  Version: 1.0-1
  Architecture: amd64
  Description: Last of the alphabet
  Section: misc

  Package: kettle
  Source: kitchen (2.1)
  Version: 2.0-3
  Installed-Size: 512
  Depends: libc6 (>= 2.34), libwater1
  Description: Boil water: quickly
   The long text, which is
   .
   not kept.
  Homepage: https://kettle.example/
  Tag: use::boiling, interface::commandline,
   role::program
  SECTION: utils
  Priority: optional
  \t
  Package: kettle
  Version: 2.0~rc1-1
  Description: An older one

  Package: kettle
  Version: 2.0-3
  Architecture: i386
  Description: The same again

  Version: 3
  Description: Without a name

  Package: two words
  Version: 1

  Package: twice
  Package: once

   starts with a continuation
  Package: lost

  Package: nocolon
  this line has none
  Version: 1


  Package: alpha
  Version: 1:0.1
  Installed-Size: many
  Description-en: First of the alphabet, café
  """

private func packages(_ text: some Collection<UInt8>) throws -> DebianPackages {
  try Array(text).withUnsafeBytes { try DebianPackages(listing: $0, source: "list") }
}

struct DebianPackagesTests {
  @Test func readsStanzas() throws {
    let packages = try packages(listing.utf8)
    #expect(Array(packages.catalogue.ids) == ["alpha", "kettle", "zeta"])
    #expect(
      Array(packages.catalogue.titles) == [
        "First of the alphabet, café", "Boil water: quickly", "Last of the alphabet",
      ])
    #expect(packages.catalogue.sections.map(Array.init) == ["", "utils", "misc"])
    #expect(
      packages.catalogue.tags.map(Array.init) == ["", "use::boiling, interface::commandline, role::program", ""])
    #expect(Array(packages.versions) == ["1:0.1", "2.0-3", "1.0-1"])
    #expect(Array(packages.sources) == ["alpha", "kitchen", "zeta"])
    #expect(Array(packages.homepages) == ["", "https://kettle.example/", ""])
    #expect(packages.installedSizes == [nil, 512, nil])
    #expect(packages.catalogue.descriptions == nil)
  }

  @Test func reportsWhatItLeavesOut() throws {
    let report = try packages(listing.utf8).report
    #expect(report.stanzas == 10)
    #expect(report.superseded == 2)
    #expect(report.malformed == 5)
    #expect(report.problems.map(\.place) == ["line 31", "line 34", "line 38", "line 40", "line 44"])
    #expect(report.problems.map(\.found).last == "a line without a field name")
    #expect(report.problems.allSatisfy { $0.source == "list" && $0.kind == .malformed })
  }

  @Test func theHighestVersionWinsWhereverItStands() throws {
    let text = ["1.9", "1.10", "1.2"].map { "Package: a\nVersion: \($0)\nDescription: \($0)\n" }
    for order in [[0, 1, 2], [1, 0, 2], [2, 0, 1], [0, 2, 1]] {
      let packages = try packages(order.map { text[$0] }.joined(separator: "\n").utf8)
      #expect(Array(packages.catalogue.titles) == ["1.10"])
    }
  }

  @Test func lineEndsOfOtherSystems() throws {
    let windows = listing.replacingOccurrences(of: "\n", with: "\r\n")
    let (first, second) = (try packages(listing.utf8), try packages(windows.utf8))
    #expect(Array(first.catalogue.titles) == Array(second.catalogue.titles))
    #expect(first.report.problems == second.report.problems)
  }

  @Test func piecesOfAnySizeGiveTheSame() throws {
    let whole = try packages(listing.utf8)
    for size in [1, 2, 7, 64, 300] {
      var reader = DebianPackages.Reader(source: "list")
      Array(listing.utf8).withUnsafeBytes { bytes in
        for start in stride(from: 0, to: bytes.count, by: size) {
          reader.consume(UnsafeRawBufferPointer(rebasing: bytes[start..<min(bytes.count, start + size)]))
        }
      }
      let pieces = try reader.finish()
      #expect(Array(pieces.catalogue.titles) == Array(whole.catalogue.titles))
      #expect(pieces.catalogue.tags.map(Array.init) == whole.catalogue.tags.map(Array.init))
      #expect(pieces.report.problems == whole.report.problems)
    }
  }

  @Test(arguments: ["", "\n\n\n", "no colon here", "Version: 1\n\nVersion: 2", "\u{0}\u{1}\u{2}"])
  func nothingToReadIsAnError(text: String) {
    #expect(throws: InputError.self) { try packages(text.utf8) }
  }

  @Test func bytesThatAreNotTextAreReplaced() throws {
    let bytes = Array("Package: a\nDescription: x".utf8) + [0xFF, 0xC3] + Array("y\n".utf8)
    #expect(try packages(bytes).catalogue.titles[0] == "x\u{FFFD}\u{FFFD}y")
  }

  @Test func linesWithoutEndAreNotKept() throws {
    var reader = DebianPackages.Reader(source: "list")
    let start = Array("Package: big\nDescription: ".utf8)
    start.withUnsafeBytes { reader.consume($0) }
    let block = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 18)
    for _ in 0..<20 { block.withUnsafeBytes { reader.consume($0) } }
    Array("\nVersion: 1\n\nPackage: small\n".utf8).withUnsafeBytes { reader.consume($0) }
    let packages = try reader.finish()
    #expect(Array(packages.catalogue.ids) == ["small"])
    #expect(packages.report.malformed == 1)
  }

  @Test func valuesWithoutEndAreNotKept() throws {
    let line = " " + String(repeating: "x", count: 1000) + "\n"
    let text = "Package: big\nTag: a\n" + String(repeating: line, count: 1100) + "\nPackage: small\n"
    let packages = try packages(text.utf8)
    #expect(Array(packages.catalogue.ids) == ["small"])
    #expect(packages.report.malformed == 1)
  }

  /// Neither noise nor a damaged list may crash the reader, and what it returns is always whole.
  @Test func hostileBytes() {
    var random = CounterRandom(seed: 2)
    let alphabet = Array("Package: aZ0\n\t\r\u{0}+-.~éDescription:".utf8)
    for round in 0..<2000 {
      var bytes: [UInt8]
      switch round % 3 {
      case 0: bytes = (0..<random.below(400)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      case 1: bytes = (0..<random.below(400)).map { _ in alphabet[random.below(alphabet.count)] }
      default:
        bytes = Array(listing.utf8)
        for _ in 0..<(1 + random.below(8)) {
          bytes[random.below(bytes.count)] = alphabet[random.below(alphabet.count)]
        }
        bytes.removeLast(random.below(bytes.count))
      }
      guard let packages = try? packages(bytes) else { continue }
      let ids = Array(packages.catalogue.ids)
      #expect(ids == ids.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
      #expect(Set(ids).count == ids.count)
      #expect(packages.versions.count == ids.count && packages.installedSizes.count == ids.count)
      #expect(packages.report.stanzas == ids.count + packages.report.superseded + packages.report.malformed)
    }
  }

  @Test func readsAFile() throws {
    let folder = try TemporaryFolder()
    try listing.write(toFile: folder.file("Packages"), atomically: true, encoding: .utf8)
    #expect(try DebianPackages(path: folder.file("Packages")).catalogue.count == 3)
    #expect(throws: InputError.self) { try DebianPackages(path: folder.file("absent")) }
  }
}

struct AptCacheTests {
  /// What a shell that stands in for apt-cache prints. Not a script of its own: a file that was just written cannot be
  /// run while a process that another test has started still holds it open.
  private func packages(of script: String) throws -> DebianPackages {
    try DebianPackages.read(command: "sh", arguments: ["-c", script])
  }

  @Test func readsWhatTheProgramPrints() throws {
    let catalogue = try packages(of: "echo Package: a; echo Description: $LC_ALL; echo noise >&2").catalogue
    #expect(Array(catalogue.ids) == ["a"])
    #expect(Array(catalogue.titles) == ["C.UTF-8"])
  }

  @Test(arguments: [
    ("exit 0", InputError.Kind.missing), ("exit 3", .io), ("echo 'Package: a'; exit 1", .io),
    ("kill -9 $$", .io), ("echo nothing of use", .malformed),
  ])
  func failuresAreErrors(script: String, kind: InputError.Kind) throws {
    let error = #expect(throws: InputError.self) { try packages(of: script) }
    #expect(error?.kind == kind, "\(error?.description ?? "")")
  }

  @Test func anAbsentProgramIsMissing() throws {
    for command in ["no-such-program-anywhere", "/no/such/program"] {
      let error = #expect(throws: InputError.self) { try DebianPackages.available(command: command) }
      #expect(error?.kind == .missing)
    }
  }

  private static var hasApt: Bool {
    if FileManager.default.isExecutableFile(atPath: "/usr/bin/apt-cache") { return true }
    print("skipped: no /usr/bin/apt-cache")
    return false
  }

  @Test(.enabled(if: hasApt)) func readsThisMachinesPackages() throws {
    let packages: DebianPackages
    do {
      packages = try DebianPackages.available()
    } catch let error as InputError where error.kind == .missing {
      print("skipped: \(error)")
      return
    }
    let ids = Array(packages.catalogue.ids)
    #expect(packages.report.malformed == 0)
    #expect(ids.contains("dpkg"))
    #expect(zip(ids, ids.dropFirst()).allSatisfy { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    #expect(packages.catalogue.titles.filter { $0.isEmpty }.count * 10 < ids.count)
  }
}

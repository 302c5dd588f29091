import Formats
package import Vectors

/// The packages of a Debian or Ubuntu machine, as `apt-cache dumpavail` or a `Packages` file lists them.
///
/// One item a package name, in the order of the names' bytes: the id is the name, the title the one-line description.
/// Where a name stands in the list more than once (versions, architectures), the highest version is kept, by Debian's
/// own order of versions; of equal ones the first.
package struct DebianPackages: Sendable {
  /// Ids are package names; sections are the archive's areas (`games`, `python`), tags are debtags facets.
  package let catalogue: Catalogue
  package let versions: StringColumn
  /// The source package that each was built from: its own name where the list says none.
  package let sources: StringColumn
  package let homepages: StringColumn
  /// KiB on disk once installed, as the list states; nil where it does not, or not as a number.
  package let installedSizes: [Int?]
  /// The packages that each depends on or recommends, in the order stated, each once, with a space between them; of
  /// alternatives the first.
  package let requirements: StringColumn
  package let report: Report

  /// What was read, and what was left out.
  package struct Report: Sendable {
    package internal(set) var stanzas = 0
    /// Stanzas left out because the same name came with a higher version, or with the same one before.
    package internal(set) var superseded = 0
    /// Stanzas that break the format, and were left out.
    package internal(set) var malformed = 0
    /// The first ten of `malformed`, with the line and the trouble.
    package internal(set) var problems: [InputError] = []
  }

  /// Reads a list from memory.
  ///
  /// - Parameter source: its name in errors.
  /// - Throws: `InputError` when it holds no package at all.
  package init(listing bytes: UnsafeRawBufferPointer, source: String) throws {
    var reader = Reader(source: source)
    reader.consume(bytes)
    self = try reader.finish()
  }

  /// Reads a saved list: what `apt-cache dumpavail` printed, or a `Packages` file, not compressed.
  package init(path: String) throws {
    let file = try MappedFile(path: path)
    self = try withExtendedLifetime(file) { try DebianPackages(listing: file.bytes, source: path) }
  }

  init(
    catalogue: Catalogue, versions: StringColumn, sources: StringColumn, homepages: StringColumn,
    installedSizes: [Int?], requirements: StringColumn, report: Report
  ) {
    self.catalogue = catalogue
    self.versions = versions
    self.sources = sources
    self.homepages = homepages
    self.installedSizes = installedSizes
    self.requirements = requirements
    self.report = report
  }
}

extension DebianPackages {
  /// Gathers packages from stanzas as they arrive.
  struct Reader {
    private enum Column: Int, CaseIterable {
      case package, version, section, tag, description, englishDescription, homepage, source, installedSize
      case depends, recommends
    }

    private static let fields = [
      ControlParser.Field("package"), .init("version"), .init("section"), .init("tag"),
      .init("description", firstLineOnly: true), .init("description-en", firstLineOnly: true), .init("homepage"),
      .init("source"), .init("installed-size"), .init("depends"), .init("recommends"),
    ]

    private let source: String
    private var parser = ControlParser(fields: Self.fields)
    private var names = StringColumnBuilder()
    private var versions = StringColumnBuilder()
    private var sections = StringColumnBuilder()
    private var tags = StringColumnBuilder()
    private var titles = StringColumnBuilder()
    private var homepages = StringColumnBuilder()
    private var sources = StringColumnBuilder()
    private var sizes: [Int?] = []
    private var requirements = StringColumnBuilder()
    private var report = Report()

    init(source: String) { self.source = source }

    mutating func consume(_ bytes: UnsafeRawBufferPointer) {
      // The handler changes the other fields of `self`, so the parser works on a variable of its own.
      var parser = self.parser
      bytes.withMemoryRebound(to: UInt8.self) { bytes in
        parser.consume(bytes) { parser, outcome in take(parser, outcome) }
      }
      self.parser = parser
    }

    /// - Throws: `InputError` when there was no package.
    mutating func finish() throws -> DebianPackages {
      var parser = self.parser
      parser.finish { parser, outcome in take(parser, outcome) }
      self.parser = parser
      guard names.count > 0 else {
        throw report.problems.first
          ?? InputError(
            .malformed, source, expected: "stanzas of packages (\"Package: …\")", found: "none",
            remedy: "give the output of apt-cache dumpavail, or a Packages file")
      }
      let order = chosen()
      report.superseded = names.count - order.count
      var catalogue = Catalogue(
        name: "Debian packages", ids: names.column(order), titles: titles.column(order),
        sections: sections.column(order), tags: tags.column(order))
      catalogue.idsAreWords = true
      return DebianPackages(
        catalogue: catalogue, versions: versions.column(order), sources: sources.column(order),
        homepages: homepages.column(order), installedSizes: order.map { sizes[$0] },
        requirements: requirements.column(order), report: report)
    }

    private mutating func take(_ parser: borrowing ControlParser, _ outcome: ControlParser.Outcome) {
      report.stanzas += 1
      if case .malformed(let line, let problem) = outcome {
        return refuse(line: line, expected: "a stanza of a package", found: problem)
      }
      let name = parser.values[Column.package.rawValue]
      guard isPackageName(name) else {
        return refuse(
          line: parser.stanzaStart, expected: "a field Package with a package's name",
          found: parser.isPresent[Column.package.rawValue]
            ? "\"\(String(decoding: name.prefix(40), as: UTF8.self))\"" : "no such field")
      }
      let description: Column = parser.isPresent[Column.description.rawValue] ? .description : .englishDescription
      names.append(name)
      versions.append(parser.values[Column.version.rawValue])
      sections.append(parser.values[Column.section.rawValue])
      tags.append(parser.values[Column.tag.rawValue])
      titles.append(parser.values[description.rawValue])
      homepages.append(parser.values[Column.homepage.rawValue])
      // `Source: name (version)` where the source's version is another.
      let origin = parser.values[Column.source.rawValue].prefix { $0 != UInt8(ascii: " ") }
      sources.append(origin.isEmpty ? name[...] : origin)
      requirements.append(
        Self.names(of: [parser.values[Column.depends.rawValue], parser.values[Column.recommends.rawValue]]))
      sizes.append(
        Int(String(decoding: parser.values[Column.installedSize.rawValue], as: UTF8.self)).flatMap { $0 < 0 ? nil : $0 }
      )
    }

    /// The names of relation fields (deb-control(5)): `a (>= 1) | b, c:any`.
    private static func names(of relations: [[UInt8]]) -> [UInt8] {
      var names: [ArraySlice<UInt8>] = []
      for relation in relations.flatMap({ $0.split(separator: UInt8(ascii: ",")) }) {
        let first = relation.split(separator: UInt8(ascii: "|"), maxSplits: 1).first?.drop { $0 <= 0x20 } ?? []
        let name = first.prefix { $0 > 0x20 && !":([<".utf8.contains($0) }
        if !name.isEmpty, !names.contains(name) { names.append(name) }
      }
      return Array(names.joined(separator: " ".utf8))
    }

    private mutating func refuse(line: Int, expected: String, found: String) {
      report.malformed += 1
      guard report.problems.count < 10 else { return }
      report.problems.append(InputError(.malformed, source, at: "line \(line)", expected: expected, found: found))
    }

    /// The stanzas to keep, by name.
    private func chosen() -> [Int] {
      var best: [String: Int] = Dictionary(minimumCapacity: names.count)
      for index in 0..<names.count {
        let name = names.withUTF8(at: index) { String(decoding: $0, as: UTF8.self) }
        guard let other = best[name] else {
          best[name] = index
          continue
        }
        let isNewer = versions.withUTF8(at: other) { old in
          versions.withUTF8(at: index) { new in DebianVersion.isOlder(old, than: new) }
        }
        if isNewer { best[name] = index }
      }
      return best.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map(\.value)
    }

    /// Letters, digits and `+ - .`, a letter or digit first (Debian Policy 5.6.7). Capitals occur in older archives.
    private func isPackageName(_ name: [UInt8]) -> Bool {
      func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      }
      guard let first = name.first, isAlphanumeric(first), name.count <= 256 else { return false }
      return name.allSatisfy {
        isAlphanumeric($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
      }
    }
  }
}

package import Formats
package import Interactions
package import Vectors

/// Packages as items, and what each of them depends on as its basket: a user is a package, its interactions are with the
/// packages that it depends on or recommends, and the place in that list stands for the time.
package struct DebianSource: PreparationSource {
  package let name = "debian"
  private let packages: DebianPackages
  private let path: String?
  package private(set) var report = SourceReport()
  package private(set) var summary = InputSummary()
  package let schema = ItemSchema(more: [
    .init("section", .text), .init("tags", .text), .init("source", .text), .init("installed_size", .number),
    .init("homepage", .text),
  ])

  package var paths: [String] { [path ?? "apt-cache dumpavail"] }

  /// - Parameter path: the file that the packages were read from; nil: apt.
  package init(_ packages: DebianPackages, path: String?) {
    self.packages = packages
    self.path = path
  }

  package mutating func read(pool: ThreadPool, progress: PreparationProgress) throws -> InteractionLog {
    report.layout = "package list"
    if let path {
      let file = try MappedFile(path: path)
      report.inputs.append(
        LineFile.Account(
          path: path, bytes: file.count, sha256: SHA256.hexDigest(of: file), lines: packages.report.stanzas))
    }
    report.items = packages.report.stanzas
    report.repeatedItems = packages.report.superseded
    for problem in packages.report.problems { try report.faulty.take(problem, skips: true) }
    report.faulty.count(more: packages.report.malformed - packages.report.problems.count)
    let catalogue = packages.catalogue
    report.itemsWithoutTitle = catalogue.titles.indices.count { catalogue.titles.withUTF8(at: $0) { $0.isEmpty } }
    summary.use(.users, "packages")
    summary.use(.interactionItems, "what they depend on or recommend")
    summary.use(.times, "the place in that list")
    var log = InteractionLog(items: StringTable(catalogue.ids))
    forEachRequirement { package, place, name in
      report.interactions += 1
      catalogue.ids.withUTF8(at: package) { log.append(user: $0, item: name, time: Int64(place), rating: nil) }
    }
    return log
  }

  package mutating func forEachItem(
    pool: ThreadPool, progress: PreparationProgress, _ body: (ItemRows) throws -> Void
  ) throws {
    var rows = ItemRows(schema)
    let catalogue = packages.catalogue
    for package in 0..<catalogue.count {
      func text(_ column: StringColumn?) -> [UInt8] { column?.withUTF8(at: package) { Array($0) } ?? [] }
      rows.append(
        texts: [
          text(catalogue.ids), text(catalogue.titles), [], [], text(catalogue.sections), text(catalogue.sections),
          text(catalogue.tags), text(packages.sources), text(packages.homepages),
        ], numbers: [packages.installedSizes[package].map(Double.init) ?? .nan])
    }
    try body(rows)
  }

  /// `baskets.parquet`: what each package depends on or recommends, unfiltered but for names that no package has.
  package var baskets: Preparation.Extra {
    Preparation.Extra(PreparedDirectory.basketsName) { path, _, _ in
      let known = StringTable(packages.catalogue.ids)
      var (baskets, items) = (StringColumnBuilder(), StringColumnBuilder())
      var positions: [Int64] = []
      var last = -1
      forEachRequirement { package, _, name in
        guard known.find(name) != nil else { return }
        packages.catalogue.ids.withUTF8(at: package) { baskets.bytes.append(contentsOf: $0) }
        baskets.endRow()
        items.bytes.append(contentsOf: name)
        items.endRow()
        positions.append(package == last ? (positions.last ?? -1) + 1 : 0)
        last = package
      }
      try ParquetWriter.write(
        to: path, columns: [.string("basket_id"), .int64("position"), .string("item_id")]
      ) { file in
        guard !positions.isEmpty else { return }
        try file.append([.strings(baskets.column()), .int64(Buffer(positions)), .strings(items.column())])
      }
      return positions.count
    }
  }

  /// Calls `body` with each package's row, and with the place and the name of each package that it asks for.
  private func forEachRequirement(_ body: (Int, Int, UnsafeBufferPointer<UInt8>) -> Void) {
    for package in packages.requirements.indices {
      packages.requirements.withUTF8(at: package) { names in
        for (place, name) in names.split(separator: 0x20).enumerated() {
          body(package, place, UnsafeBufferPointer(rebasing: name))
        }
      }
    }
  }
}

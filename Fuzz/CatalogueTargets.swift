import SemanticID

/// Lists of items. What is accepted must be whole: as many elements in every column.
extension FuzzTarget {
  static let catalogues = [debianPackages, catalogueLines]

  private static let debianPackages = FuzzTarget("debian-packages") {
    [
      "Package: a\nVersion: 1:2.0~rc1-1\nTag: x::y,\n z\nDescription: café\n\nPackage: b\nInstalled-Size: 12\n",
      "Package: a\nVersion: 1\n\nPackage: a\nVersion: 1.0-1\n\n \t\nno colon\n\n continued\r\nSource: s (1)\r\n",
    ].map { Array($0.utf8) }
  } run: { bytes in
    let packages = try bytes.withUnsafeBytes { try DebianPackages(listing: $0, source: "list") }
    let count = packages.catalogue.count
    precondition(Set(packages.catalogue.ids).count == count, "a name that comes twice")
    precondition(packages.versions.count == count && packages.installedSizes.count == count, "a short column")
    precondition(
      packages.report.stanzas == count + packages.report.superseded + packages.report.malformed, "a lost stanza")
  }

  private static let catalogueLines = FuzzTarget("catalogue-lines") {
    [
      #"{"id": "a", "title": "b\u00e9", "tags": ["x", 1, 2.5, null], "section": null}"#,
      "\u{FEFF}{\"id\": 17, \"title\": \"\"}\r\n\n{\"title\": \"t\", \"id\": \"b\", \"description\": \"d\"}\n",
    ].map { Array($0.utf8) }
  } run: { bytes in
    let catalogue = try bytes.withUnsafeBytes { try JSONLinesCatalogue.read($0, source: "x.jsonl", name: "x") }
    precondition(Set(catalogue.ids).count == catalogue.count, "an id that comes twice")
    for column in [catalogue.descriptions, catalogue.sections, catalogue.tags] {
      precondition(column.map { $0.count == catalogue.count } ?? true, "a short column")
    }
  }
}

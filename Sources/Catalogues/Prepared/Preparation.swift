package import Formats
import Interactions
package import Vectors

/// Makes a prepared directory of a source: its interactions read, filtered and split, and its items.
///
/// Interactions are held as numbers, 20 bytes each, beside the texts of different ids. Texts of items stand in a file
/// without a name meanwhile. So the memory depends on how many interactions and ids there are, not on the files' size.
package enum Preparation {
  /// A file that a source writes beside those of every source.
  package struct Extra {
    /// Writes the file at a path, and returns the number of its rows. Takes whether a user is kept, by id, and the report,
    /// for faulty lines.
    package typealias Write = (
      _ path: String, _ isKept: (String) -> Bool, _ report: inout SourceReport
    ) throws -> Int

    package var name: String
    /// Files that are read for it alone.
    package var inputs: [String]
    package var write: Write

    package init(_ name: String, inputs: [String] = [], write: @escaping Write) {
      self.name = name
      self.inputs = inputs
      self.write = write
    }
  }

  /// Reads `source` and writes the directory at `path`, which appears whole at the end.
  ///
  /// - Parameters:
  ///   - sourceOptions: what the source was asked for, for the manifest.
  ///   - extras: more files.
  ///   - told: gets the columns and units that were taken, before anything is written.
  /// - Throws: `InputError` for a fault in the files, or when no interaction is left. What stood at `path` stays then.
  package static func write(
    _ source: inout some PreparationSource, options: PreparationOptions, sourceOptions: [String: String] = [:],
    extras: [Extra] = [], to path: String, pool: ThreadPool, progress: PreparationProgress = { _, _, _ in },
    told: (InputSummary) -> Void = { _ in }
  ) throws -> PreparedManifest {
    let log = try source.read(pool: pool, progress: progress)
    told(source.summary)
    let selection = try InteractionSelection(
      log, options: options.selection, source: source.paths[0], before: source.report.dropped)
    return try AtomicDirectory.write(to: path, replacing: .prepared) { staged in
      var manifest = PreparedManifest(
        source: source.name, options: options.recorded(sourceOptions), read: source.report,
        columns: source.summary.entries, dropped: source.report.dropped + selection.steps,
        kept: .init(
          users: selection.users, items: selection.items, train: selection.count(.train),
          valid: selection.count(.valid), test: selection.count(.test)))
      func record(_ name: String, _ split: Split? = nil, rows: Int) throws {
        let (bytes, sha256) = try ByteSource.digest(of: staged.file(name))
        manifest.files.append(.init(name: name, split: split, rows: rows, bytes: bytes, sha256: sha256))
      }
      var items = try ItemsWriter(log, selection, source.schema, options, folder: staged.path)
      try ParquetWriter.write(to: staged.file(PreparedDirectory.itemsName), columns: source.schema.columns) { file in
        try source.forEachItem(pool: pool, progress: progress) { try items.take($0, file) }
        try items.finish(file)
      }
      manifest.read = source.report
      try record(PreparedDirectory.itemsName, rows: items.rows)
      let writer = InteractionsWriter(log: log, selection: selection, texts: options.hasTexts ? items.texts : nil)
      for split in Split.allCases {
        let name = PreparedDirectory.name(split)
        try record(name, split, rows: try writer.write(split, to: staged.file(name)))
      }
      if !extras.isEmpty {
        var isKept = [Bool](repeating: false, count: log.users.count)
        for row in selection.rows { isKept[Int(log.user[Int(row)])] = true }
        for extra in extras {
          let rows = try extra.write(
            staged.file(extra.name), { log.users.find($0).map { isKept[$0] } ?? false }, &manifest.read)
          try record(extra.name, rows: rows)
          for path in extra.inputs {
            manifest.read.inputs.append(
              try LineFile(path).read(pool: pool) {
                ((), $0.forEachLine { _, _ in })
              } merge: { _, _ in
              })
          }
        }
      }
      try staged.write(manifest.encoded(), to: PreparedDirectory.manifestName)
      return manifest
    }
  }
}

package import Vectors

extension SentenceEncoder {
  /// The SHA-256 of the files that decide the vectors, with their names.
  package func fingerprint(pool: ThreadPool) throws -> String {
    var results = [String](repeating: "", count: files.count)
    try results.withUnsafeMutableBufferPointer { results in
      let target = UncheckedPointer(results.baseAddress)
      try pool.run(
        tasks: files.count,
        throwing: { index in
          target.pointer?[index] = try SHA256.hexDigest(ofFile: source + "/" + files[index])
        })
    }
    var digest = SHA256()
    for (name, own) in zip(files, results) { digest.update(Array("\(name)\0\(own)\0".utf8)) }
    return digest.hexDigest()
  }

  /// The digest of everything that decides the vectors of some texts.
  package func binding(_ items: TextItems, _ options: Options, fingerprint: String) -> String {
    var digest = SHA256()
    let parts = [
      fingerprint, options.prompt, "\(options.maximumLength ?? maximumLength ?? 0)", "\(dimension(options))",
      "\(options.normalizes ?? isNormalized)", Kernels.inUse.rawValue,
    ]
    for part in parts { digest.update(Array("\(part.utf8.count):\(part)".utf8)) }
    for column in [items.ids, items.texts] {
      column.offsets.withUnsafeBufferPointer { digest.update(UnsafeRawBufferPointer($0)) }
      column.bytes.withUnsafeBufferPointer { digest.update(UnsafeRawBufferPointer($0)) }
    }
    return digest.hexDigest()
  }
}

/// Tasks write to different elements.
private struct UncheckedPointer: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<String>?

  init(_ pointer: UnsafeMutablePointer<String>?) { self.pointer = pointer }
}

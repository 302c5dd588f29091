package import Vectors

extension SemanticIndex {
  /// The state that stands at `path` now. Segments that this state has open are used again.
  ///
  /// - Parameter path: by default the place that this was opened from.
  /// - Throws: `InputError` as `init(opening:)` does.
  package func reopened(at path: String? = nil, pool: ThreadPool = ThreadPool()) throws -> SemanticIndex {
    try SemanticIndex(opening: path ?? self.path, reusing: self, pool: pool)
  }

  /// Names this state: the digest of the names of its parts, which stand for their contents.
  package var generation: String {
    let parts = manifest.segments.map { "\($0.name) \($0.deleted?.name ?? "")" } + [manifest.model ?? ""]
    var digest = SHA256()
    digest.update(Array(parts.joined(separator: "\n").utf8))
    return String(digest.hexDigest().prefix(12))
  }

  /// Items that are deleted and still take space.
  package var deletedCount: Int { manifest.segments.reduce(0) { $0 + ($1.deleted?.count ?? 0) } }

  /// Bytes of the files of all segments, and the share of them that deleted items take.
  package var bytes: (total: Int, dead: Int) {
    manifest.segments.reduce((0, 0)) { sum, segment in
      let bytes = segment.files.values.reduce(0) { $0 + $1.bytes }
      let dead = segment.count == 0 ? 0 : bytes / segment.count * (segment.deleted?.count ?? 0)
      return (sum.0 + bytes, sum.1 + dead)
    }
  }
}

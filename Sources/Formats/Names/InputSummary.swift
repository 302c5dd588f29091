/// What readers took from a user's files: which column, dataset or key as what, and warnings.
///
/// A verb prints `lines` on standard error before it works, and `warnings` with `--quiet`, too.
public struct InputSummary: Hashable, Sendable {
  /// One thing that was read, and the name under which it was found.
  public struct Entry: Hashable, Sendable, Codable {
    /// What was read: `vectors`, `ids`, `time`.
    public var meaning: String
    /// The column, dataset, key or file that was read, or what stands in its place: `row numbers`.
    public var name: String
    /// More about it: `300 × 8`, `the only array there`.
    public var detail: String?

    package init(meaning: String, name: String, detail: String? = nil) {
      self.meaning = meaning
      self.name = name
      self.detail = detail
    }
  }

  /// What was taken, in the order in which it was read.
  public private(set) var entries: [Entry] = []
  /// What may be wrong with the input, one sentence each, in the order in which it was found.
  public private(set) var warnings: [String] = []

  package init() {}

  /// Notes what was taken; a second note of the same is dropped.
  package mutating func use(_ meaning: String, _ name: String, detail: String? = nil) {
    let entry = Entry(meaning: meaning, name: name, detail: detail)
    if !entries.contains(entry) { entries.append(entry) }
  }

  package mutating func use(_ known: KnownNames, _ name: String, detail: String? = nil) {
    use(known.meaning, name, detail: detail)
  }

  package mutating func warn(_ text: String) {
    if !warnings.contains(text) { warnings.append(text) }
  }

  package mutating func append(_ other: InputSummary) {
    for entry in other.entries { use(entry.meaning, entry.name, detail: entry.detail) }
    for warning in other.warnings { warn(warning) }
  }

  /// One line per entry: `ids: item_id`, `vectors: embedding, 300 × 8`.
  public var lines: [String] {
    entries.map { entry in "\(entry.meaning): \(entry.name)" + (entry.detail.map { ", \($0)" } ?? "") }
  }
}

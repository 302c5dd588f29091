import Catalogues
import Formats
import Retrieval
import TextEmbedding
import Vectors

/// What a server was given beside an index: an encoder of texts, and titles. They stay when the index changes.
struct Attachments: Sendable {
  let encoder: SentenceEncoder?
  let encoding: SentenceEncoder.Options
  let titles: ItemTitles?

  init(_ options: ServerOptions.Index, pool: ThreadPool) throws {
    encoder = try options.encoder.map { try SentenceEncoder(opening: $0, pool: pool) }
    var encoding = SentenceEncoder.Options()
    if let encoder { encoding.prompt = try encoder.prompt(options.prompt) }
    self.encoding = encoding
    titles = try options.titles.map { ItemTitles(try ItemTable(opening: $0, pool: pool)) }
  }

  /// The attribute that titles are taken from, where an index has it: it changes with the items, and a table does not.
  private static let attribute = "title"

  /// Whether items of an index have titles.
  func hasTitles(_ index: SemanticIndex) -> Bool {
    titles != nil || index.attributes.contains { $0.name == Self.attribute && $0.kind == .string }
  }

  /// The title of an item: its attribute, else that of the table; nil for an item without one.
  func title(ofRow row: Int, in index: SemanticIndex) -> String? {
    if case .text(let title)? = index.attributes(ofRow: row, names: [Self.attribute]).first?.value, !title.isEmpty {
      return title
    }
    guard let title = titles?[index.id(ofRow: row)], !title.isEmpty else { return nil }
    return title
  }
}

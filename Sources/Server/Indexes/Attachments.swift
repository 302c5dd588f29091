import Catalogues
import Formats
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

  /// nil for an item without a title.
  func title(of id: String) -> String? {
    guard let title = titles?[id], !title.isEmpty else { return nil }
    return title
  }
}

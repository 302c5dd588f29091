/// What a column, dataset, array, tensor or member of a file holds, and the names under which people keep it, best first.
///
/// One list per meaning, for every format. A reader takes the name that it is given; else the first of these that the
/// file has, whatever its type, so that a known name of another type is an error and never another column. Among other
/// names nothing is picked by its type.
package struct KnownNames: Hashable, Sendable {
  /// The word for it in what verbs print: `ids`.
  package let meaning: String
  /// What it is, as the documentation says it.
  package let summary: String
  /// Best first. Upper and lower case differ.
  package let names: [String]

  package init(_ meaning: String, _ summary: String, _ names: [String]) {
    self.meaning = meaning
    self.summary = summary
    self.names = names
  }

  /// The first known name that is among `found`.
  package func first(in found: some Sequence<String>) -> String? {
    let found = Set(found)
    return names.first(where: found.contains)
  }

  /// `item_id, item_ids, …`, for messages.
  package var listing: String { names.joined(separator: ", ") }
}

extension KnownNames {
  /// Items in a file of one row per item.
  package static let itemIDs = KnownNames(
    "ids", "the id of each item",
    ["item_id", "item_ids", "itemId", "ids", "id", "item", "parent_asin", "asin", "pid"])

  /// Items in a file of one row per interaction, where `id` would be that of the row.
  package static let interactionItems = KnownNames(
    "items", "the item of each interaction", ["item_id", "itemId", "item", "parent_asin", "asin", "pid"])

  package static let users = KnownNames(
    "users", "the user of each interaction",
    ["user_id", "userId", "user", "basket_id", "session_id", "reviewerID"])

  package static let times = KnownNames(
    "time", "the time of each interaction, or its place in the user's order",
    ["timestamp", "time", "ts", "position", "unixReviewTime"])

  /// The vectors of items.
  package static let vectors = KnownNames(
    "vectors", "the vector of each item",
    [
      "embeddings", "embedding", "vectors", "vector", "emb", "item_embeddings", "item_embedding",
      "item_embeddings.weight", "item_embedding.weight", "train", "Z", "X", "arr_0",
    ])

  /// Matrices that stand beside vectors and are none: neighbors and their distances, and queries.
  package static let notVectors = KnownNames(
    "not vectors", "neighbors, distances and queries, which are taken only when named",
    ["neighbors", "distances", "test"])

  package static let titles = KnownNames("titles", "the title of each item", ["title"])

  package static let descriptions = KnownNames("descriptions", "a text about each item", ["description"])

  package static let brands = KnownNames("brands", "the brand of each item", ["brand", "store"])

  package static let categories = KnownNames(
    "categories", "the categories of each item", ["categories", "section", "main_category"])

  package static let tags = KnownNames("tags", "tags of each item", ["tags", "categories"])

  /// Codes in one column of lists, or one member.
  package static let codes = KnownNames("codes", "the codes of each item, in a list", ["codes"])

  /// Codes in one column per level: the names without their numbers, which run from 0 or from 1.
  package static let codeColumns = KnownNames(
    "codes by level", "the codes of each item, one column per level with a number behind its name",
    ["c", "code_", "codes_", "level_", "semantic_id_", "sid_"])

  package static let tokens = KnownNames(
    "tokens", "the ID of each item as text, or as a list of tokens",
    ["tokens", "semantic_id", "semantic_ids", "sid", "sids", "code"])

  /// Every list, in the order of the documentation.
  package static let all = [
    itemIDs, vectors, notVectors, interactionItems, users, times, titles, descriptions, brands, categories, tags, codes,
    codeColumns, tokens,
  ]
}

/// Options of the Amazon reviews alone.
package struct AmazonOptions: Hashable, Sendable {
  /// Which id of the reviews of 2023 names the item.
  package enum ItemKey: String, Hashable, Sendable, Codable, CaseIterable {
    /// The product, whatever its size and color: what metadata are about.
    case parentASIN = "parent_asin"
    /// The variant. Metadata are found where they stand under the variant's own id.
    case asin
  }

  /// What an item whose list of categories is empty gets for `categories`.
  package enum MainCategory: String, Hashable, Sendable, Codable, CaseIterable {
    /// Its main category.
    case fallback
    /// Nothing: the main category stands in its own column alone.
    case apart
  }

  package var itemKey = ItemKey.parentASIN
  package var mainCategory = MainCategory.fallback

  package init() {}
}

import Interactions

/// A kind of row of a text corpus.
public enum CorpusTask: String, Hashable, Sendable, Codable, CaseIterable {
  /// A history of IDs, and the ID that comes next.
  case nextItem = "next-item"
  /// A history of titles, and the ID that comes next.
  case titlesNextItem = "titles-next-item"
  /// An ID, and the item's title.
  case itemTitle = "item-title"
  /// A title, and the item's ID.
  case titleItem = "title-item"
  /// What is known of an item, with its ID.
  case itemDocument = "item-document"
  /// A history with nothing asked.
  case historyDocument = "history-document"

  /// Rows are of windows of histories; otherwise of items.
  public var isOfHistories: Bool { self == .nextItem || self == .titlesNextItem || self == .historyDocument }
  /// Rows are one text; otherwise a prompt and its completion.
  public var isDocument: Bool { self == .itemDocument || self == .historyDocument }
  /// Rows need a title of their item.
  var needsTitle: Bool { self == .itemTitle || self == .titleItem || self == .itemDocument }

  /// The tasks of instructions, and those of pre-training.
  public static let instructions: [CorpusTask] = allCases.filter { !$0.isDocument }
  public static let documents: [CorpusTask] = allCases.filter(\.isDocument)

  /// What the completion is where a template does not say.
  var completion: String { self == .itemTitle ? "{{title}}" : "{{item}}" }

  /// What a prompt may not say, since it is the answer or tells it.
  var hiddenFromPrompt: Set<TemplateVariable> {
    switch self {
    case .nextItem, .titlesNextItem: [.item, .title, .description, .brand, .categories]
    case .itemTitle: [.title]
    case .titleItem: [.item]
    case .itemDocument, .historyDocument: []
    }
  }

  /// The number that random choices of this task depend on; never changed, so that rows stay as they are.
  var stream: UInt32 { UInt32(Self.allCases.firstIndex(of: self) ?? 0) }
}

/// What a template may ask for.
public enum TemplateVariable: String, Hashable, Sendable, CaseIterable {
  /// The IDs of the history, oldest first.
  case history
  /// The titles of the history; items without one are left out.
  case historyTitles = "history_titles"
  /// Titles with IDs behind them.
  case historyTitled = "history_titled"
  /// How many items the history has.
  case historyLength = "history_length"
  /// The row's item: its ID, title, description, brand and categories.
  case item, title, description, brand, categories
  /// The user's id.
  case user
  /// The history as a list, for a section: each has item, title, brand and number, which counts from 1.
  case items

  /// Whether there is one for items alone, without a history.
  var isOfHistory: Bool {
    switch self {
    case .history, .historyTitles, .historyTitled, .historyLength, .user, .items: true
    default: false
    }
  }
}

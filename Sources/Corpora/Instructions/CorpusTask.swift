import Interactions

/// A kind of row of a text corpus.
public enum CorpusTask: String, Hashable, Sendable, Codable, CaseIterable {
  /// A history of IDs, and the ID that comes next.
  case nextItem = "next-item"
  /// A history of titles, and the ID that comes next.
  case titlesNextItem = "titles-next-item"
  /// The ID of an item, then its title.
  case itemTitle = "item-title"
  /// The title of an item, then its ID.
  case titleItem = "title-item"
  /// What is known of an item, with its ID.
  case itemDocument = "item-document"
  /// A history, without a question.
  case historyDocument = "history-document"

  /// Whether its rows are made from windows of histories; otherwise they are made from items.
  package var isOfHistories: Bool { self == .nextItem || self == .titlesNextItem || self == .historyDocument }
  /// Whether its rows are one text; otherwise they are a prompt and its completion.
  package var isDocument: Bool { self == .itemDocument || self == .historyDocument }
  /// Whether its rows need a title of their item.
  var needsTitle: Bool { self == .itemTitle || self == .titleItem || self == .itemDocument }

  /// The tasks of instructions, and those of pre-training.
  package static let instructions: [CorpusTask] = allCases.filter { !$0.isDocument }
  package static let documents: [CorpusTask] = allCases.filter(\.isDocument)

  /// The completion where a template does not give one.
  var completion: String { self == .itemTitle ? "{{title}}" : "{{item}}" }

  /// Variables that a prompt may not use, since they are the answer or reveal it.
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

/// A variable of a template.
package enum TemplateVariable: String, Hashable, Sendable, CaseIterable {
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

  /// Whether only rows with a history have it.
  var isOfHistory: Bool {
    switch self {
    case .history, .historyTitles, .historyTitled, .historyLength, .user, .items: true
    default: false
    }
  }
}

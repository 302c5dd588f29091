import Interactions

/// What the documents of validation and test hold.
///
/// Trainers of plain language models (nanoGPT, Megatron-LM, TRL on texts) take the loss over every token of a file. So
/// the items before a held-out item count as much as that item, although they were trained on.
public enum HeldOutDocuments: String, Hashable, Sendable, Codable, CaseIterable {
  /// The held-out items of a user alone: nothing in them is trained on.
  case targets
  /// Each held-out item behind the items before it, which training documents hold too.
  case history
}

/// How much of a file of validation or test is held out.
package struct HeldOutReport: Hashable, Sendable, Codable {
  package var file: String
  package var documents: HeldOutDocuments
  /// Number of held-out items.
  package var targetItems = 0
  /// Number of items before held-out ones, which training documents hold too.
  package var contextItems = 0
  /// Number of their tokens, in a stream of integers; ends of documents count with the targets.
  package var targetTokens: Int?
  /// Number of the tokens of those items.
  package var contextTokens: Int?
  /// The file that marks held-out tokens: one byte for each token, 1 where it is held out.
  package var mask: String?

  init(file: String, _ documents: HeldOutDocuments) {
    self.file = file
    self.documents = documents
  }

  /// The share of the tokens, or of the items where there are no tokens, that training documents hold too.
  package var contextShare: Double {
    let (targets, context) = (targetTokens ?? targetItems, contextTokens ?? contextItems)
    return context == 0 ? 0 : Double(context) / Double(targets + context)
  }
}

extension Histories {
  /// Each user's interactions of `split`, cut into pieces of at most H + 1: `first...target` of each.
  ///
  /// - Parameter fewestItems: shorter pieces are left out.
  func documents(_ split: Split, _ options: WindowOptions, fewestItems: Int) -> [Window] {
    let size = options.maximumHistory + 1
    return users.indices.flatMap { user in
      let all = range(of: user, split)
      return stride(from: all.lowerBound, to: all.upperBound, by: size).compactMap { first in
        let end = min(first + size, all.upperBound)
        return end - first < fewestItems
          ? nil : Window(user: UInt32(user), first: UInt32(first), target: UInt32(end - 1))
      }
    }
  }
}

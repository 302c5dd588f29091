import Interactions

/// What the documents of validation and test hold.
///
/// Trainers of plain language models (nanoGPT, Megatron-LM, TRL on texts) take the loss over every token of a file, so what
/// stands before a held-out item counts as much as the item, and has been trained on already.
public enum HeldOutDocuments: String, Hashable, Sendable, Codable, CaseIterable {
  /// The held-out items of a user alone: nothing in them is trained on.
  case targets
  /// Each held-out item behind the items before it, which are those of training documents again.
  case history
}

/// How much of a file of validation or test is held out.
public struct HeldOutReport: Hashable, Sendable, Codable {
  public var file: String
  public var documents: HeldOutDocuments
  /// Items that are held out, and those that stand before them again.
  public var targetItems = 0
  public var contextItems = 0
  /// Their tokens, in a stream of integers; ends of documents count with the targets.
  public var targetTokens: Int?
  public var contextTokens: Int?
  /// The file that says which tokens are held out: a byte for each, 1 where one is.
  public var mask: String?

  init(file: String, _ documents: HeldOutDocuments) {
    self.file = file
    self.documents = documents
  }

  /// The share of the tokens, or of the items where there are no tokens, that training documents hold, too.
  public var contextShare: Double {
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

package import Interactions

/// How a directory is prepared.
package struct PreparationOptions: Hashable, Sendable {
  /// Which items are written.
  package enum Items: String, Hashable, Sendable, Codable, CaseIterable {
    /// All that metadata name, and those without metadata that interactions keep.
    case all
    /// Those with an interaction that is kept.
    case used
  }

  package var selection = SelectionOptions()
  package var items = Items.all
  /// Whether rows of interactions have the title and the description of their item.
  package var hasTexts = true
  /// Whether faulty lines are passed over and counted.
  package var skipsFaulty = false

  package init() {}

  /// As the manifest records them.
  func recorded(_ source: [String: String]) -> PreparedManifest.Options {
    let split =
      switch selection.split {
      case .leaveLastOut: "last-two"
      case .byTime(let valid, let test): "time, shares \(1 - valid - test), \(valid), \(test)"
      case .atTimes(let valid, let test): "time, from \(valid) and \(test) ms"
      case .none: "none"
      }
    return PreparedManifest.Options(
      minimumRating: selection.minimumRating, keepsUncatalogued: selection.keepsUncatalogued,
      repeats: selection.repeats, minimumHistory: selection.minimumHistory,
      maximumHistory: selection.maximumHistory, itemCore: selection.itemCore, split: split, items: items,
      hasTexts: hasTexts, skipsFaulty: skipsFaulty, source: source)
  }
}

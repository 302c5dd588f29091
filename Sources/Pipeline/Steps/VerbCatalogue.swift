/// The verbs that steps can be, by their words: `train rq-vae`.
package struct VerbCatalogue: Sendable {
  private let verbs: [String: VerbOptions]

  package init(_ verbs: [String: VerbOptions]) { self.verbs = verbs }

  package func options(of verb: [String]) -> VerbOptions? { verbs[verb.joined(separator: " ")] }

  /// The verbs below `noun`, in the order of the alphabet.
  package func kinds(of noun: String) -> [String] {
    verbs.keys.filter { $0.hasPrefix(noun + " ") }.map { String($0.dropFirst(noun.count + 1)) }.sorted()
  }
}

import Foundation

extension String {
  /// The scalars of the canonical decomposition (NFD).
  var decomposed: String.UnicodeScalarView { decomposedStringWithCanonicalMapping.unicodeScalars }
}

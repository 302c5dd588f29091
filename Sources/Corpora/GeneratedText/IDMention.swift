/// A place in a text with an ID, or with a part of one.
public struct IDMention: Hashable, Sendable {
  /// Its bytes in the text, with the tokens around the ID.
  public var bytes: Range<Int>
  /// The codes of the first levels, in order; of all levels when the ID is whole.
  public var codes: [UInt16]
  /// The offset in the text at which the tokens leave the order of the levels; nil where they do not, though levels may
  /// lack.
  public var fault: Int?

  package init(bytes: Range<Int>, codes: [UInt16], fault: Int? = nil) {
    self.bytes = bytes
    self.codes = codes
    self.fault = fault
  }
}

/// A place in a text where an ID stands, or what is left of one.
public struct IDMention: Hashable, Sendable {
  /// Its bytes in the text, with the tokens around the ID.
  public var bytes: Range<Int>
  /// The codes of the first levels, in order; all levels' when the ID is whole.
  public var codes: [UInt16]
  /// Where the tokens leave the order of the levels: an offset in the text; nil where they do not, though some may lack.
  public var fault: Int?

  package init(bytes: Range<Int>, codes: [UInt16], fault: Int? = nil) {
    self.bytes = bytes
    self.codes = codes
    self.fault = fault
  }
}

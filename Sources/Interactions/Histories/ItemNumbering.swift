/// The items that interactions may be of, as numbers from 0.
package protocol ItemNumbering {
  var count: Int { get }
  /// The file they come from, for errors.
  var source: String { get }
  /// The id of item 0, for errors.
  var firstID: String { get }

  /// The number of the item of this id; nil where there is none.
  func find(_ id: UnsafeBufferPointer<UInt8>) -> Int?
}

public import Tokenizers
import Vectors

extension SemanticIndex {
  /// The segment of `row`, by number.
  ///
  /// - Precondition: `row` is below `rowLimit`.
  func segment(ofRow row: Int) -> Int {
    precondition(row >= 0 && row < rowLimit, "a row outside the index")
    var low = 0
    var high = segments.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if segments[middle].firstRow <= row { low = middle } else { high = middle - 1 }
    }
    // Segments without rows start where the next one does.
    return low
  }

  /// The segment of `row` and the position there.
  func place(ofRow row: Int) -> (segment: IndexSegment, position: Int) {
    let segment = segments[segment(ofRow: row)]
    return (segment, Int(segment.trie.positions[row - segment.firstRow]))
  }

  /// Whether `row` is an item's, and not a deleted one's.
  package func contains(row: Int) -> Bool {
    guard row >= 0, row < rowLimit else { return false }
    let (segment, position) = place(ofRow: row)
    return segment.live?.contains(position) != false
  }

  /// Rows of all items, ascending.
  public var rows: [Int] {
    segments.flatMap { segment in
      segment.rows.filter { row in
        segment.live?.contains(Int(segment.trie.positions[row - segment.firstRow])) != false
      }
    }
  }

  /// Rows of the items whose ID begins with `prefix`, in ID order, those of one ID ascending.
  public func rows(prefix: some Collection<UInt16>) -> [Int] {
    rows(prefix: prefix, searcher.segments)
  }

  /// Rows of the items whose ID begins with `prefix`, in ID order: of those that a filter allows.
  ///
  /// - Throws: `InputError` for a filter of another index.
  public func rows(prefix: some Collection<UInt16>, filter: ItemFilter) throws -> [Int] {
    rows(prefix: prefix, try searched(filter))
  }

  private func rows(prefix: some Collection<UInt16>, _ searched: [SearchedSegment]) -> [Int] {
    let found = searched.flatMap { segment in
      let items = segment.trie.items(prefix: prefix)
      return (segment.mask?.positions(in: items) ?? Array(items)).map { (segment: segment, position: $0) }
    }
    func row(_ place: (segment: SearchedSegment, position: Int)) -> Int {
      place.segment.base + Int(place.segment.trie.rows[place.position])
    }
    if searched.count == 1 { return found.map(row) }
    return found.map { (codes: $0.segment.trie.codes(at: $0.position), row: row($0)) }.sorted { a, b in
      a.codes == b.codes ? a.row < b.row : a.codes.lexicographicallyPrecedes(b.codes)
    }.map(\.row)
  }

  /// Rows of the items at `positions` of `trie`, in ID order.
  package func rows(at positions: Range<Int>) -> [Int] {
    trie.rows[slice: positions].withUnsafeBufferPointer { $0.map(Int.init) }
  }

  /// Rows of the items whose ID, or the beginning of whose ID, is spelt by `text`: `12-4-9` or `<a_12><b_4><c_9>`.
  ///
  /// - Parameters:
  ///   - prefix: whether `text` may have fewer levels than an ID.
  ///   - filter: the items that may be found.
  /// - Throws: `InputError` with the character at which `text` is no ID of this index; or for a filter of another
  ///   index.
  package func rows(text: String, prefix: Bool = false, filter: ItemFilter? = nil) throws -> [Int] {
    let codes = try shape.parse(text, prefix: prefix)
    return try filter.map { try rows(prefix: codes, filter: $0) } ?? rows(prefix: codes)
  }

  /// The row of the item with this id, or with this row number where items have no ids; nil where no item has it, or
  /// the item is deleted.
  public func row(id: String) -> Int? {
    guard hasIDs else { return Int(id).flatMap { contains(row: $0) && String($0) == id ? $0 : nil } }
    // Latest first: that is where most changes are.
    for segment in segments.reversed() {
      if let position = segment.position(ofID: id) { return segment.firstRow + Int(segment.trie.rows[position]) }
    }
    return nil
  }

  /// The id of the item of `row`; the row number where items have no ids.
  public func id(ofRow row: Int) -> String {
    let segment = segments[segment(ofRow: row)]
    return segment.ids.map { $0.column[row - segment.firstRow] } ?? String(row)
  }

  /// The ID of the item of `row`, as text.
  public func idText(ofRow row: Int, format: TokenFormat = .tokens) -> String {
    shape.text(codes(ofRow: row), format: format)
  }

  /// The codes of the item of `row`, as they are stored.
  public func codes(ofRow row: Int) -> [UInt16] {
    let (segment, position) = place(ofRow: row)
    return segment.trie.codes(at: position)
  }

  /// The vector stored for the item of `row`: of length 1 under cosine, approximate where FAISS compresses.
  public func vector(ofRow row: Int) throws -> [Float] {
    let (segment, position) = place(ofRow: row)
    guard let store = segment.store else { throw Searcher.noVectors(path) }
    return try store.vector(at: position)
  }
}

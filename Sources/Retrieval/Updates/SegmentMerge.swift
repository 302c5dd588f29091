import Tokenizers
import Vectors

extension SegmentItems {
  /// The live items of several segments, in the order of their rows. Vectors that lie in files stay there.
  ///
  /// Flat vectors, codes and measured lengths are copied bit by bit, so that searches answer as before.
  init(merging segments: [IndexSegment], dimension: Int) throws {
    let sizes = segments.first?.trie.levelSizes ?? []
    let levels = sizes.count
    let count = segments.reduce(0) { $0 + $1.liveCount }
    var places: [(file: UInt32, position: UInt32)] = []
    places.reserveCapacity(count)
    for (number, segment) in segments.enumerated() {
      for row in 0..<segment.count {
        let position = segment.trie.positions[row]
        if segment.live?.contains(Int(position)) == false { continue }
        places.append((UInt32(truncatingIfNeeded: number), position))
      }
    }
    let codes = Buffer<UInt16>(count: count * levels) { target in
      for (item, place) in places.enumerated() {
        let codes = segments[Int(place.file)].trie.codes
        for level in 0..<levels { target[item * levels + level] = codes[Int(place.position) * levels + level] }
      }
    }
    let scales = segments.compactMap(\.arrays.norms?.scales)
    self.init(
      codes: Codes(unchecked: codes, levelSizes: sizes), ids: Self.ids(places, segments),
      vectors: try Self.vectors(places, segments, dimension: dimension),
      scales: scales.count < segments.count
        ? nil
        : Buffer(count: count) { target in
          for (item, place) in places.enumerated() { target[item] = scales[Int(place.file)][Int(place.position)] }
        })
    attributes = ItemAttributes(merging: segments, places: places)
  }

  private static func ids(
    _ places: [(file: UInt32, position: UInt32)], _ segments: [IndexSegment]
  ) -> StringColumn? {
    guard segments.allSatisfy({ $0.ids != nil }) else { return nil }
    var offsets: [UInt64] = [0]
    offsets.reserveCapacity(places.count + 1)
    var bytes: [UInt8] = []
    for place in places {
      let segment = segments[Int(place.file)]
      segment.ids?.column.withUTF8(at: Int(segment.trie.rows[Int(place.position)])) { bytes.append(contentsOf: $0) }
      offsets.append(UInt64(bytes.count))
    }
    return StringColumn(offsets: Buffer(offsets), bytes: Buffer(bytes))
  }

  private static func vectors(
    _ places: [(file: UInt32, position: UInt32)], _ segments: [IndexSegment], dimension: Int
  ) throws -> VectorRows? {
    let stores = segments.compactMap(\.store)
    guard stores.count == segments.count else { return nil }
    let files = stores.compactMap { store in if case .flat(let file) = store { file } else { nil } }
    if files.count == stores.count { return VectorRows(files, dimension: dimension, places: places) }
    let values = try Matrix(rows: places.count, columns: dimension) { target in
      for (item, place) in places.enumerated() {
        let vector = try stores[Int(place.file)].vector(at: Int(place.position))
        for column in 0..<dimension { target[item * dimension + column] = vector[column] }
      }
    }
    return VectorRows(values, isStored: true)
  }
}

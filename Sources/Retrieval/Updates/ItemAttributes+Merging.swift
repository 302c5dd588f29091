import Formats
import Vectors

extension ItemAttributes {
  /// The attributes of items of several segments: those of all segments, by name. An item has no value where its
  /// segment has no such attribute. nil where no segment has any.
  ///
  /// - Parameter items: for each row, its segment and its position there.
  init?(merging segments: [IndexSegment], places items: [(file: UInt32, position: UInt32)]) {
    var names: [String] = []
    for column in segments.flatMap(\.attributes) where !names.contains(column.name) { names.append(column.name) }
    if names.isEmpty { return nil }
    places = Array(items.indices)
    columns = names.map { name in
      let parts = segments.map { segment in segment.attributes.first { $0.name == name } }
      return AttributeTable.Column(name: name, values: Self.merged(parts, segments.map(\.count), items))
    }
  }

  /// One column of values by item, from those that the segments keep by value.
  private static func merged(
    _ parts: [AttributeColumn?], _ counts: [Int], _ items: [(file: UInt32, position: UInt32)]
  ) -> ParquetFile.OptionalColumn {
    if parts.contains(where: { $0?.kind == .list }) { return mergedLists(parts, counts, items) }
    // By position, the number of its value. Segments agree on the kind, which additions are checked for.
    let values = zip(parts, counts).map { part, count in
      var numbers = [Int32](repeating: -1, count: part == nil ? 0 : count)
      if let part {
        for value in 0..<part.valueCount {
          for place in part.starts[value]..<part.starts[value + 1] {
            numbers[Int(part.positions[Int(place)])] = Int32(truncatingIfNeeded: value)
          }
        }
      }
      return numbers
    }
    let kind = parts.lazy.compactMap { $0?.kind }.first ?? .integer
    func value(_ item: (file: UInt32, position: UInt32)) -> (part: AttributeColumn, number: Int)? {
      guard let part = parts[Int(item.file)], part.kind == kind else { return nil }
      let number = Int(values[Int(item.file)][Int(item.position)])
      return number < 0 ? nil : (part, number)
    }
    let present = Buffer(items.map { UInt8(value($0) == nil ? 0 : 1) })
    func integers() -> Buffer<Int64> {
      Buffer(
        items.map { item in
          guard let (part, number) = value(item), case .integers(let numbers) = part.values else { return 0 }
          return numbers[number]
        })
    }
    switch kind {
    case .string:
      let texts = items.map { item in
        guard let (part, number) = value(item), case .texts(let texts) = part.values else { return "" }
        return texts[number]
      }
      return ParquetFile.OptionalColumn(values: .strings(StringColumn(texts)), present: present)
    case .float:
      let numbers: [Double] = items.map { item in
        guard let (part, number) = value(item), case .floats(let numbers) = part.values else { return 0 }
        return numbers[number]
      }
      return ParquetFile.OptionalColumn(values: .floats(Buffer(numbers)), present: present)
    case .integer: return ParquetFile.OptionalColumn(values: .integers(integers()), present: present)
    case .boolean: return ParquetFile.OptionalColumn(values: .booleans(integers()), present: present)
    case .time: return ParquetFile.OptionalColumn(values: .times(integers()), present: present)
    case .list: preconditionFailure("lists are merged apart")
    }
  }

  /// As `merged`, of lists: elements ascend in each.
  private static func mergedLists(
    _ parts: [AttributeColumn?], _ counts: [Int], _ items: [(file: UInt32, position: UInt32)]
  ) -> ParquetFile.OptionalColumn {
    let lists = zip(parts, counts).map { part, count in
      var lists = [[UInt32]](repeating: [], count: count)
      guard let part, case .texts = part.values else { return lists }
      for value in 0..<part.valueCount {
        for place in part.starts[value]..<part.starts[value + 1] {
          lists[Int(part.positions[Int(place)])].append(UInt32(truncatingIfNeeded: value))
        }
      }
      return lists
    }
    var elements: [String] = []
    var starts = [0]
    var present: [UInt8] = []
    for item in items {
      let own = lists[Int(item.file)][Int(item.position)]
      if case .texts(let texts)? = parts[Int(item.file)]?.values { elements += own.map { texts[Int($0)] } }
      starts.append(elements.count)
      present.append(own.isEmpty ? 0 : 1)
    }
    return ParquetFile.OptionalColumn(
      values: .lists(ListColumn(elements: StringColumn(elements), starts: starts)), present: Buffer(present))
  }
}

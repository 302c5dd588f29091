import Vectors

extension CSVFile {
  /// The fields of some columns as they were written; an empty field is no value. O(bytes).
  func columns(_ wanted: [Int]) throws -> [RawColumn] {
    var columns = [RawColumn](repeating: RawColumn(), count: wanted.count)
    try scan(wanted) { _, place, field, line in
      guard isValidUTF8(field) else { throw Self.notText(source, Self.place(line, names[wanted[place]])) }
      columns[place].texts.bytes.append(contentsOf: field)
      columns[place].endRow(field.isEmpty ? .missing : .text)
    }
    return columns
  }
}

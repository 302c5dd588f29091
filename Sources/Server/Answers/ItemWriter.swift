import Foundation
import Retrieval
import Tokenizers
import Vectors

/// How items stand in answers.
struct ItemWriter {
  let index: SemanticIndex
  let attachments: Attachments
  /// Attributes to write; nil: none. An empty set: all.
  var attributes: Set<String>?
  var withVectors = false

  /// - Parameter fields: of a request that may ask for `attributes` and `vectors`.
  init(_ served: ServedIndex, _ state: ServedState, _ fields: RequestFields? = nil) throws {
    index = state.index
    attachments = served.attachments
    guard let fields else { return }
    switch fields["attributes"] {
    case nil: break
    case .boolean(let all)?: attributes = all ? [] : nil
    case let value?:
      guard let names = try fields.texts("attributes") else {
        throw fields.fault("attributes", expected: "true, false or names", found: value.kind)
      }
      let known = Set(index.attributes.map(\.name))
      if let name = names.first(where: { !known.contains($0) }) {
        throw InputError(
          .mismatch, "body", at: RequestFields.joined(fields.place, "attributes"),
          expected: known.isEmpty
            ? "no names, since the index keeps no attributes"
            : "names among "
              + known.sorted().joined(separator: ", "), found: "\"\(name.prefix(60))\"")
      }
      attributes = names.isEmpty ? nil : Set(names)
    }
    withVectors = try fields.boolean("vectors") ?? false
    if withVectors, index.manifest.faiss == nil {
      throw InputError(.unsupported, "body", at: "vectors", expected: "an index with vectors", found: "one without")
    }
  }

  func hit(_ row: Int, distance: Float? = nil, to writer: inout JSONWriter) throws {
    try writer.object { writer in
      let codes = index.codes(ofRow: row)
      item(row, to: &writer)
      id(codes, to: &writer)
      writer.member("distance", number: distance)
      writeAttributes(row, to: &writer)
      if withVectors {
        writer.key("vector")
        writer.array(try index.vector(ofRow: row)) { $0.number($1) }
      }
    }
  }

  func bare(_ row: Int, to writer: inout JSONWriter) {
    writer.object { writer in
      item(row, to: &writer)
      writeAttributes(row, to: &writer)
    }
  }

  func item(_ row: Int, to writer: inout JSONWriter) {
    let id = index.id(ofRow: row)
    writer.member("item", id)
    writer.member("title", attachments.title(ofRow: row, in: index))
  }

  func id(_ codes: [UInt16], to writer: inout JSONWriter) {
    writer.member("semantic_id", index.shape.text(codes))
    writer.key("codes")
    writer.array(index.shape.spelled(codes)) { $0.integer($1) }
  }

  private func writeAttributes(_ row: Int, to writer: inout JSONWriter) {
    guard let attributes else { return }
    writeAttributes(row, names: attributes.isEmpty ? nil : attributes, to: &writer)
  }

  func writeAttributes(_ row: Int, names: Set<String>?, to writer: inout JSONWriter) {
    writer.key("attributes")
    writer.object { writer in
      for (name, value) in index.attributes(ofRow: row, names: names) {
        writer.key(name)
        Self.write(value, to: &writer)
      }
    }
  }

  static func write(_ value: AttributeValue, to writer: inout JSONWriter) {
    switch value {
    case .text(let text): writer.string(text)
    case .integer(let number): writer.integer(number)
    case .float(let number): writer.number(number)
    case .boolean(let flag): writer.boolean(flag)
    case .time(let microseconds): writer.string(time(microseconds))
    case .list(let texts): writer.array(texts) { $0.string($1) }
    }
  }

  /// `2024-01-31T12:30:00Z`, with a fraction where there is one, as `TimeText` reads it.
  static func time(_ microseconds: Int64) -> String {
    func divided(_ value: Int64, by divisor: Int64) -> (quotient: Int64, rest: Int64) {
      let (quotient, rest) = value.quotientAndRemainder(dividingBy: divisor)
      return rest < 0 ? (quotient - 1, rest + divisor) : (quotient, rest)
    }
    let (seconds, fraction) = divided(microseconds, by: 1_000_000)
    let (days, time) = divided(seconds, by: 86_400)
    let (year, month, day) = date(days: days)
    func digits(_ value: Int64, _ count: Int) -> String {
      let text = String(value.magnitude)
      return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, count - text.count)) + text
    }
    let text =
      "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))T\(digits(time / 3600, 2)):\(digits(time / 60 % 60, 2)):"
      + digits(time % 60, 2)
    return text + (fraction == 0 ? "" : "." + digits(fraction, 6)) + "Z"
  }

  /// The date of a day since 1970, in the Gregorian calendar at all times (Hinnant 2013, "chrono-Compatible Low-Level Date
  /// Algorithms", civil_from_days).
  private static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    )
  }
}

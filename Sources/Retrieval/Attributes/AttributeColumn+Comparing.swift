import Formats
import Vectors

extension AttributeColumn {
  /// The runs of values that meet a comparison with the word of a condition.
  ///
  /// - Throws: `InputError` with the character of a word that is no value of this column's kind.
  func runs(_ comparison: AttributePredicate.Comparison, _ word: AttributePredicate.Word) throws -> [Range<Int>] {
    guard kind != .list || comparison == .equal else {
      throw fault(word, "=, != or in, for the elements of lists have no order of their own")
    }
    let (below, through) = try bounds(word)
    switch comparison {
    case .equal: return [below..<through]
    case .unequal: return [0..<below, through..<valueCount]
    case .less: return [0..<below]
    case .lessOrEqual: return [0..<through]
    case .greater: return [through..<valueCount]
    case .greaterOrEqual: return [below..<valueCount]
    }
  }

  /// How many values are below the word's value, and how many are not above it.
  private func bounds(_ word: AttributePredicate.Word) throws -> (below: Int, through: Int) {
    switch values {
    case .texts(let texts):
      var word = word.text
      return word.withUTF8 { word in
        let below = Self.partition(texts.count) { texts.withUTF8(at: $0) { Self.order($0, word) < 0 } }
        let through = Self.partition(texts.count) { texts.withUTF8(at: $0) { Self.order($0, word) <= 0 } }
        return (below, through)
      }
    case .floats(let numbers):
      let bound = try number(word)
      return (
        Self.partition(numbers.count) { numbers[$0] < bound }, Self.partition(numbers.count) { numbers[$0] <= bound }
      )
    case .integers(let numbers):
      let (low, high) = try wholes(word)
      return (
        low.map { low in Self.partition(numbers.count) { numbers[$0] < low } } ?? numbers.count,
        high.map { high in Self.partition(numbers.count) { numbers[$0] <= high } } ?? 0
      )
    }
  }

  /// The least integer that is not below the word's value, and the greatest that is not above it; nil where there is
  /// none.
  private func wholes(_ word: AttributePredicate.Word) throws -> (low: Int64?, high: Int64?) {
    switch kind {
    case .boolean:
      switch word.text.lowercased() {
      case "true": return (1, 1)
      case "false": return (0, 0)
      default: throw fault(word, "true or false")
      }
    case .time:
      guard let time = TimeText.microseconds(word.text) else {
        throw fault(word, "a time such as 2024-01-31 or 2024-01-31T12:30:00")
      }
      return (time, time)
    default:
      if let whole = Int64(word.text) { return (whole, whole) }
      let bound = try number(word)
      // 2⁶³, which no Int64 reaches.
      return (
        bound > -0x1p63 ? (bound.rounded(.up) < 0x1p63 ? Int64(bound.rounded(.up)) : nil) : .min,
        bound < 0x1p63 ? (bound.rounded(.down) >= -0x1p63 ? Int64(bound.rounded(.down)) : nil) : .max
      )
    }
  }

  private func number(_ word: AttributePredicate.Word) throws -> Double {
    guard let number = Double(word.text), !number.isNaN else { throw fault(word, "a number") }
    return number
  }

  private func fault(_ word: AttributePredicate.Word, _ expected: String) -> InputError {
    AttributePredicateParser.fault(
      word.place, "\(expected), since \(name) is of type \(kind.rawValue)", "\"\(word.text)\"")
  }
}

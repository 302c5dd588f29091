import Formats
import TextEmbedding
package import Vectors

/// The words of each item: those of its title and of other texts, each once, however often the item has it.
///
/// Words are cut by `WordSplitter`. Single letters, and numbers alone, are left out: they say little by themselves.
package struct ItemWords: Sendable {
  /// The words of item i are `numbers[starts[i]..<starts[i + 1]]`, ascending.
  let starts: [Int]
  let numbers: [Int32]
  /// Items that have each word.
  let counts: [Int32]
  /// In the order in which they were met.
  private let words: StringColumn

  /// Number of different words.
  package var vocabulary: Int { counts.count }

  /// The word of a number.
  func word(_ number: Int) -> String { words[number] }

  /// - Parameter texts: columns with an element for each item. Linear in their bytes.
  package init(_ texts: [StringColumn]) {
    let count = texts.first?.count ?? 0
    precondition(texts.allSatisfy { $0.count == count }, "a text for each item")
    var splitter = WordSplitter()
    var table = StringTable()
    var starts = [0]
    var numbers: [Int32] = []
    var counts: [Int32] = []
    starts.reserveCapacity(count + 1)
    var own: [Int32] = []
    for item in 0..<count {
      own.removeAll(keepingCapacity: true)
      for text in texts {
        text.withUTF8(at: item) { splitter.split($0) }
        splitter.bytes.withUnsafeBufferPointer { bytes in
          for index in 0..<splitter.count {
            let word = UnsafeBufferPointer(rebasing: bytes[splitter.range(index)])
            guard Self.says(word) else { continue }
            let number = table.number(of: word)
            if number == counts.count { counts.append(0) }
            own.append(Int32(number))
          }
        }
      }
      own.sort()
      var last: Int32 = -1
      for number in own where number != last {
        numbers.append(number)
        counts[Int(number)] += 1
        last = number
      }
      starts.append(numbers.count)
    }
    self.starts = starts
    self.numbers = numbers
    self.counts = counts
    words = table.column()
  }

  private static func says(_ word: UnsafeBufferPointer<UInt8>) -> Bool {
    word.count > 1 && !word.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}

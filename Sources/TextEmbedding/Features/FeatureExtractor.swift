import Vectors

/// The features of texts: hashed words, word pairs and character n-grams, counted and weighted, but without the
/// weights that only a corpus can give.
///
/// The value of a feature in a text is Σ over the fields of weight · kind weight · (1 + ln n), with n the number of
/// times the feature occurs in that field: the sublinear term frequency. The kind weight is 1 for a word and
/// `pairWeight` for a pair; the g n-grams of a word weigh `gramWeight` / √g each (the mean, where words share one). Features that fall into one bucket add up,
/// each with its own sign (Weinberger et al. 2009, "Feature hashing for large scale multitask learning"), so that
/// inner products are unbiased.
struct FeatureExtractor {
  let options: LSAOptions

  /// Buckets (ascending in each row) and values of every text. Deterministic; parallel over texts.
  func rows(of fields: [TextField], pool: ThreadPool) throws -> SparseRows {
    let count = try TextField.count(of: fields)
    let size = 1024
    let pieces = (count + size - 1) / size
    var parts = [SparseRows](repeating: SparseRows.empty, count: pieces)
    parts.withUnsafeMutableBufferPointer { parts in
      nonisolated(unsafe) let parts = parts
      pool.run(tasks: pieces) { piece in
        var worker = Worker(options: options)
        var rows = SparseRows.empty
        for row in piece * size..<min(count, (piece + 1) * size) {
          for field in fields {
            field.texts.withUTF8(at: row) { worker.add($0, weight: field.weight) }
          }
          worker.finishText(into: &rows)
        }
        parts[piece] = rows
      }
    }
    return SparseRows(joining: parts)
  }
}

extension FeatureExtractor {
  /// One thread's scratch space.
  private struct Worker {
    let options: LSAOptions
    var splitter = WordSplitter()
    /// Hash and weight of every occurrence in the field being read.
    var occurrences: [(hash: UInt64, weight: Float)] = []
    /// Hash and value of the features of the text, over its fields.
    var features: [(hash: UInt64, value: Float)] = []

    init(options: LSAOptions) { self.options = options }

    mutating func add(_ text: UnsafeBufferPointer<UInt8>, weight: Float) {
      splitter.split(text)
      occurrences.removeAll(keepingCapacity: true)
      splitter.bytes.withUnsafeBufferPointer { bytes in
        var previous: UnsafeBufferPointer<UInt8>?
        for index in 0..<splitter.count {
          let word = UnsafeBufferPointer(rebasing: bytes[splitter.range(index)])
          var hash = FeatureHash(seed: options.seed, kind: .word)
          hash.combine(word)
          occurrences.append((hash.value, 1))
          if let previous, options.pairWeight > 0 {
            var hash = FeatureHash(seed: options.seed, kind: .pair)
            hash.combine(previous)
            hash.combine(UInt8(ascii: " "))
            hash.combine(word)
            occurrences.append((hash.value, options.pairWeight))
          }
          previous = word
          if let lengths = options.characterGrams { addGrams(of: word, lengths: lengths) }
        }
      }
      // Equal hashes stand together after sorting, in the order of the text, so the sum has one order.
      occurrences.sort { $0.hash < $1.hash }
      var start = 0
      while start < occurrences.count {
        let hash = occurrences[start].hash
        var sum: Float = 0
        var end = start
        while end < occurrences.count && occurrences[end].hash == hash {
          sum += occurrences[end].weight
          end += 1
        }
        let count = Float(end - start)
        features.append((hash, weight * sum / count * (1 + Math.log(count))))
        start = end
      }
    }

    /// Runs of `lengths` bytes of `<word>`, cut at the starts of characters only.
    private mutating func addGrams(of word: UnsafeBufferPointer<UInt8>, lengths: ClosedRange<Int>) {
      // Longer words are addresses, checksums and the like, whose parts mean nothing.
      guard word.count <= 48 else { return }
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 50) { marked in
        marked[0] = UInt8(ascii: "<")
        for index in word.indices { marked[index + 1] = word[index] }
        marked[word.count + 1] = UInt8(ascii: ">")
        let marked = UnsafeBufferPointer(rebasing: marked[..<(word.count + 2)])
        let first = occurrences.count
        for start in marked.indices where marked[start] & 0xC0 != 0x80 {
          var characters = 0
          var hash = FeatureHash(seed: options.seed, kind: .gram)
          for index in start..<marked.count {
            hash.combine(marked[index])
            if index + 1 < marked.count && marked[index + 1] & 0xC0 == 0x80 { continue }
            characters += 1
            if characters > lengths.upperBound { break }
            // The whole of a short word is the word itself.
            let isWhole = start == 0 && index == marked.count - 1
            if lengths.contains(characters) && !isWhole { occurrences.append((hash.value, 0)) }
          }
        }
        // Divided by the root of their number, a word's n-grams have the norm of `gramWeight` together.
        let number = occurrences.count - first
        guard number > 0 else { return }
        let weight = options.gramWeight / Float(number).squareRoot()
        for index in first..<occurrences.count { occurrences[index].weight = weight }
      }
    }

    mutating func finishText(into rows: inout SparseRows) {
      features.sort { $0.hash < $1.hash }
      let shift = UInt64(64 - options.hashBits)
      var start = 0
      while start < features.count {
        let bucket = features[start].hash >> shift
        var value: Float = 0
        while start < features.count && features[start].hash >> shift == bucket {
          value += features[start].hash & 1 == 0 ? features[start].value : -features[start].value
          start += 1
        }
        rows.append(column: Int32(truncatingIfNeeded: bucket), value: value)
      }
      rows.endRow()
      features.removeAll(keepingCapacity: true)
    }
  }
}

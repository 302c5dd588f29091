import Vectors

/// Masks of one capacity, as sets. O(capacity / 64) each.
extension ItemMask {
  /// What is in both.
  package func intersection(_ other: ItemMask) -> ItemMask { combined(other) { $0 & $1 } }

  /// What is in either.
  package func union(_ other: ItemMask) -> ItemMask { combined(other) { $0 | $1 } }

  /// What is in this one and not in `other`.
  package func subtracting(_ other: ItemMask) -> ItemMask { combined(other) { $0 & ~$1 } }

  /// What is not in this one.
  package var inverted: ItemMask { combined(self) { bits, _ in ~bits } }

  /// - Precondition: both have one capacity.
  private func combined(_ other: ItemMask, _ combine: (UInt64, UInt64) -> UInt64) -> ItemMask {
    precondition(capacity == other.capacity, "masks of different numbers of items")
    return ItemMask(capacity: capacity) { target in
      words.withUnsafeBufferPointer { mine in
        other.words.withUnsafeBufferPointer { theirs in
          for word in target.indices { target[word] = combine(mine[word], theirs[word]) }
        }
      }
    }
  }
}

extension ItemMask: Hashable {
  package static func == (a: ItemMask, b: ItemMask) -> Bool {
    a.capacity == b.capacity && a.count == b.count
      && a.words.withUnsafeBufferPointer { a in b.words.withUnsafeBufferPointer { b in a.elementsEqual(b) } }
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(capacity)
    words.withUnsafeBufferPointer { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

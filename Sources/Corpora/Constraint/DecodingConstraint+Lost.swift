import CKernels
import Vectors

/// Beams that leave the catalogue without an error, for decoders that go on with the others: a beam whose score is −∞ may
/// write anything.
extension DecodingConstraint {
  /// The state of a beam that wrote what is not allowed. It stays so, and nothing may follow.
  package static let lost = State.max

  /// The state of each beam after its token; `lost` where the token is not allowed.
  ///
  /// - Precondition: all three have `count` elements. `next` may be `states`.
  /// - Returns: how many are lost.
  package func advance(
    _ states: UnsafePointer<State>, by tokens: UnsafePointer<Int32>, count: Int, into next: UnsafeMutablePointer<State>
  ) -> Int {
    var lost = 0
    var done = 0
    while done < count {
      done += semid_constraint_advance(tables.pointer, states + done, tokens + done, count - done, next + done)
      guard done < count else { break }
      next[done] = Self.lost
      lost += 1
      done += 1
    }
    return lost
  }

  /// Writes which tokens each beam may write next, as `fill(_:for:)` does; nothing for a beam that is lost or done.
  ///
  /// - Precondition: `target` has `width` words for each of `count` states, `width` at least `words`.
  package func fill(
    _ target: UnsafeMutablePointer<UInt32>, width: Int, for states: UnsafePointer<State>, count: Int
  ) {
    precondition(width >= words, "room for every token")
    target.initialize(repeating: 0, count: count * width)
    var kinds = [UInt32](repeating: 0, count: count)
    var done = 0
    kinds.withUnsafeMutableBufferPointer { kinds in
      guard let kinds = kinds.baseAddress else { return }
      while done < count {
        done += semid_constraint_mask(
          tables.pointer, states + done, count - done, target + done * width, width, kinds + done)
        guard done < count else { break }
        (target + done * width).update(repeating: 0, count: width)
        done += 1
      }
    }
  }

  /// The scores of the tokens that each beam may write next; −∞ for all others, and for all of a beam that is lost or
  /// done.
  ///
  /// - Precondition: `source` has `columns` scores for each of `count` states, `stride` apart; `target` has room for them
  ///   end to end.
  package func scores(
    of states: UnsafePointer<State>, count: Int, from source: UnsafePointer<Float>, columns: Int, stride: Int,
    into target: UnsafeMutablePointer<Float>
  ) {
    target.initialize(repeating: -.infinity, count: count * columns)
    let words = words
    // Some beams at a time, so that their masks stay in the cache.
    let together = max(1, (1 << 16) / max(words, 1))
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: min(together, count) * words) { mask in
      guard let mask = mask.baseAddress else { return }
      for first in Swift.stride(from: 0, to: count, by: together) {
        let rows = first..<min(count, first + together)
        fill(mask, width: words, for: states + first, count: rows.count)
        for row in rows {
          let (bits, from, to) = (mask + (row - first) * words, source + row * stride, target + row * columns)
          for word in 0..<min(words, (columns + 31) / 32) {
            var left = bits[word]
            while left != 0 {
              let token = word * 32 + left.trailingZeroBitCount
              if token < columns { to[token] = from[token] }
              left &= left - 1
            }
          }
        }
      }
    }
  }

  /// The state behind what a beam wrote, or, where tokens trigger IDs, behind its text; `lost` where it left the
  /// catalogue.
  package func stateOrLost(after text: [Int32]) -> State {
    var written = text[...]
    var state = start()
    if !tokens.triggers.isEmpty {
      // A state in free text depends on nothing before the last trigger.
      guard let trigger = text.lastIndex(where: tokens.triggers.contains) else {
        return text.allSatisfy { (0..<Int32(vocabularySize)).contains($0) } ? state : Self.lost
      }
      if text[(trigger + 1)...].containsRun(tokens.end) { return state }
      written = text[(trigger + 1)...]
      state = 0
    }
    for token in written {
      var next = Self.lost
      if semid_constraint_advance(tables.pointer, &state, [token], 1, &next) < 1 { return Self.lost }
      state = next
    }
    return state
  }
}

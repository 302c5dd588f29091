import CKernels
import Clustering
import Vectors

extension BeamScratch {
  /// The codes of `count` rows, row after row.
  func encode(_ input: UnsafePointer<Float>, count: Int, into target: UnsafeMutablePointer<UInt16>) {
    let d = encoder.dimension
    rows.rows.update(from: input, count: count * d)
    if encoder.isCosine { rows.normalize(0..<count) }
    shifted.rows.update(from: rows.rows, count: count * d)
    for row in 0..<count { _ = semid_subtract(shifted.row(row), encoder.origin, d) }
    shifted.round(0..<count)
    for (level, book) in encoder.books.enumerated() {
      book.scores(
        shifted, 0..<count, into: scores + encoder.starts[level], stride: encoder.rowWidth,
        margins: margins + level * count)
    }
    encoder.products.values.withUnsafeBufferPointer { products in
      for row in 0..<count { search(row, of: count, products.baseAddress, target.advanced(by: row * encoder.levels)) }
    }
  }

  private func search(
    _ row: Int, of count: Int, _ products: UnsafePointer<Float>?, _ target: UnsafeMutablePointer<UInt16>
  ) {
    let levels = encoder.levels
    let size = shifted.norm(row) + encoder.reach.codewords
    // What adding up looked-up numbers rounds away, at most.
    let slack = 0x1p-24 * (Float(16 + encoder.dimension / 8) * size * size + 16 * encoder.reach.prices)
    var doubt = slack
    var live = 1
    var telling = true
    bases[0] = 0
    bases[beam] = 0
    for level in 0..<levels {
      let margin = margins[level * count + row]
      // Beyond these, squares vanish or overflow, and scores say nothing: the greedy code, by float distances.
      telling = telling && margin > 0x1p-120 && margin + slack < 0x1p100
      doubt += margin
      gatherTerms(level, live, products)
      for place in 0..<live { parents[place] = UnsafePointer(scores + row * encoder.rowWidth + encoder.starts[level]) }
      parents[beam] = UnsafePointer(scores + row * encoder.rowWidth + encoder.starts[level])
      live = telling ? extend(level, live) : 0
      extendGreedy(row, level, margin: telling ? margin + slack : .infinity)
      swap(&bases, &nextBases)
      swap(&codes, &nextCodes)
    }
    target.update(from: codes + nearest(row, live, within: 2 * doubt) * levels, count: levels)
  }

  /// Points `terms` at what the codes of each place add to the scores of a level, one for each level before it.
  private func gatherTerms(_ level: Int, _ live: Int, _ products: UnsafePointer<Float>?) {
    guard let products else { return }
    for place in 0...beam where place < live || place == beam {
      for earlier in 0..<level {
        terms[place * level + earlier] =
          products
          + encoder.products.row(level: level, earlier: earlier, code: codes[place * encoder.levels + earlier])
      }
    }
  }

  /// Replaces the beams by their best children; returns how many there are.
  private func extend(_ level: Int, _ live: Int) -> Int {
    let levels = encoder.levels
    let held = semid_extend_beam(
      parents, bases, terms, level, live, encoder.codebooks[level].rows, beam, nextBases, children)
    for place in 0..<held {
      let code = nextCodes + place * levels
      code.update(from: codes + Int(children[place] >> 16) * levels, count: level)
      code[level] = UInt16(truncatingIfNeeded: children[place])
    }
    return held
  }

  /// Gives the greedy code its nearest codeword: what scores leave in doubt, float distances decide.
  ///
  /// - Parameter margin: how far the scores may be from the truth; infinity when they say nothing.
  private func extendGreedy(_ row: Int, _ level: Int, margin: Float) {
    let levels = encoder.levels
    let size = encoder.codebooks[level].rows
    var near = 0
    if margin < .infinity {
      // Two tell whether there is doubt at all.
      for children in [2, Self.greedyChildren] where near != 1 {
        let held = semid_extend_beam(
          parents + beam, bases + beam, terms + beam * level, level, 1, size, children, greedyScores, greedyCodes)
        let limit = greedyScores[0] + 2 * margin
        near = (0..<held).prefix { greedyScores[$0] <= limit }.count
      }
    }
    var choice = 0
    if near != 1 {
      // None, or more than were listed: compare with all.
      let listed = near > 0 && (near < Self.greedyChildren || near == size)
      let candidates = listed ? near : size
      subtract(codes + beam * levels, count: level, of: row)
      encoder.codebooks[level].withUnsafeBufferPointer { codewords in
        guard let codewords = codewords.baseAddress else { return }
        if listed {
          semid_l2_gather(residual, codewords, encoder.dimension, greedyCodes, near, distances)
        } else {
          semid_l2_rows(residual, codewords, encoder.dimension, size, distances)
        }
      }
      var least = Float.infinity
      var code = UInt32.max
      for candidate in 0..<candidates {
        let codeword = listed ? greedyCodes[candidate] : UInt32(candidate)
        let distance = distances[candidate] + price(level, Int(codeword))
        if distance < least || (distance == least && codeword < code) {
          (least, code, choice) = (distance, codeword, candidate)
        }
      }
      if !listed { greedyCodes[0] = code == .max ? 0 : code }
      if !listed { choice = 0 }
    }
    let code = nextCodes + beam * levels
    code.update(from: codes + beam * levels, count: level)
    code[level] = UInt16(truncatingIfNeeded: greedyCodes[choice])
    // Its score, as the beams' are reckoned.
    var score = parents[beam].map { $0[Int(code[level])] + bases[beam] } ?? 0
    for term in 0..<level { score += terms[beam * level + term].map { $0[Int(code[level])] } ?? 0 }
    nextBases[beam] = score
  }

  /// The place whose code is nearest the row: by score, or by distance among those within `margin` of the best.
  private func nearest(_ row: Int, _ live: Int, within margin: Float) -> Int {
    guard live > 0 else { return beam }
    let limit = bases[0] + margin
    let near = (0..<live).prefix { bases[$0] <= limit }.count
    let greedy = bases[beam] <= limit
    if near == 1, !greedy || isSame(0, beam) { return 0 }
    var choice = beam
    var least = Float.infinity
    for place in 0...beam where place < near || (place == beam && greedy) {
      let distance = distance(place, of: row)
      if distance < least || (distance == least && precedes(place, choice)) { (least, choice) = (distance, place) }
    }
    return choice
  }

  private func distance(_ place: Int, of row: Int) -> Float {
    let codes = codes + place * encoder.levels
    var distance = subtract(codes, count: encoder.levels, of: row)
    for level in 0..<encoder.levels { distance += price(level, Int(codes[level])) }
    return distance
  }

  private func price(_ level: Int, _ code: Int) -> Float {
    encoder.prices.count > 0 ? encoder.prices[encoder.starts[level] + code] : 0
  }

  /// Leaves in `residual` what the first `count` codes leave of a row; returns its squared length, when there are any.
  @discardableResult
  private func subtract(_ codes: UnsafePointer<UInt16>, count: Int, of row: Int) -> Float {
    let d = encoder.dimension
    residual.update(from: rows.row(row), count: d)
    var square: Float = 0
    for level in 0..<count {
      encoder.codebooks[level].withUnsafeBufferPointer { codewords in
        if let codewords = codewords.baseAddress {
          square = semid_subtract(residual, codewords + Int(codes[level]) * d, d)
        }
      }
    }
    return square
  }

  private func isSame(_ first: Int, _ second: Int) -> Bool {
    let levels = encoder.levels
    return (0..<levels).allSatisfy { codes[first * levels + $0] == codes[second * levels + $0] }
  }

  private func precedes(_ first: Int, _ second: Int) -> Bool {
    let levels = encoder.levels
    return UnsafeBufferPointer(start: codes + first * levels, count: levels)
      .lexicographicallyPrecedes(UnsafeBufferPointer(start: codes + second * levels, count: levels))
  }
}

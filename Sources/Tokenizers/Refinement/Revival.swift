import Vectors

/// Moves codewords that no row has to the rows with the largest error: each becomes what the other levels leave of such
/// a row.
struct Revival {
  let rows: Matrix
  let membership: Membership
  /// The squared error of every row.
  let errors: [Float]

  func revived(_ levels: [Matrix]) -> [Matrix] {
    let d = rows.columns
    var first = 0
    let dead = levels.map { level in
      defer { first += level.rows }
      return (0..<level.rows).filter { membership.size(first + $0) == 0 }
    }
    let count = dead.reduce(0) { $0 + $1.count }
    guard count > 0 else { return levels }
    var worst = errors.indices.filter { errors[$0] > 0 }
      .sorted { (errors[$1], $0) < (errors[$0], $1) }.prefix(count).makeIterator()
    let starts = levels.indices.map { level in levels[..<level].reduce(0) { $0 + $1.rows } }
    return levels.enumerated().map { level, codewords in
      guard !dead[level].isEmpty else { return codewords }
      var values = codewords.values.array
      for codeword in dead[level] {
        guard let row = worst.next() else { break }
        var rest = rows.row(row)
        for other in levels.indices where other != level {
          let code = Int(membership.codewords[row * membership.levels + other]) - starts[other]
          let codeword = levels[other].row(code)
          for column in 0..<d { rest[column] -= codeword[column] }
        }
        values.replaceSubrange(codeword * d..<(codeword + 1) * d, with: rest)
      }
      return Matrix(rows: codewords.rows, columns: d, values: values)
    }
  }
}

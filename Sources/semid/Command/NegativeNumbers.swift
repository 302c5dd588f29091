/// Words of a command line in which negative numbers are values.
///
/// The parser takes whatever begins with a dash for an option, and says of `--levels -3` that a value is missing.
/// `--levels=-3` it reads, and says what is wrong with it.
enum NegativeNumbers {
  /// Joins an option and the negative number behind it.
  static func joined(_ words: some Sequence<String>) -> [String] {
    var joined: [String] = []
    var isOpen = true
    for word in words {
      if word == "--" { isOpen = false }
      if isOpen, isNegativeNumber(word), let option = joined.last, option.hasPrefix("--"), !option.contains("=") {
        joined[joined.count - 1] = option + "=" + word
      } else {
        joined.append(word)
      }
    }
    return joined
  }

  private static func isNegativeNumber(_ word: String) -> Bool {
    guard word.first == "-", let second = word.dropFirst().first else { return false }
    return (second.isNumber || second == ".") && Double(word) != nil
  }
}

/// numpy's `RandomState(seed)`: MT19937 (Matsumoto and Nishimura 1998), and the two draws that metrics of Python
/// packages use. The numbers are numpy's, whose legacy stream is frozen.
struct NumPyRandom {
  private var state: [UInt32]
  private var position = 624

  init(seed: UInt32) {
    state = [seed]
    for index in 1..<624 {
      let last = state[index - 1]
      state.append(1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(index))
    }
  }

  /// The next 32 bits.
  mutating func next() -> UInt32 {
    if position == 624 { regenerate() }
    var bits = state[position]
    position += 1
    bits ^= bits >> 11
    bits ^= (bits << 7) & 0x9D2C_5680
    bits ^= (bits << 15) & 0xEFC6_0000
    return bits ^ (bits >> 18)
  }

  private mutating func regenerate() {
    for index in 0..<624 {
      let joined = (state[index] & 0x8000_0000) | (state[(index + 1) % 624] & 0x7FFF_FFFF)
      state[index] = state[(index + 397) % 624] ^ (joined >> 1) ^ (joined & 1 == 0 ? 0 : 0x9908_B0DF)
    }
    position = 0
  }

  /// Uniform in 0 ... largest: the low bits of the next words, until they do not exceed it. 0 draws nothing.
  private mutating func masked(atMost largest: UInt32) -> UInt32 {
    guard largest > 0 else { return 0 }
    let mask = UInt32.max >> UInt32(largest.leadingZeroBitCount)
    while true {
      let value = next() & mask
      if value <= largest { return value }
    }
  }

  /// `randint(0, bound, count)`.
  ///
  /// - Precondition: `bound` is 1 to 2³² − 1.
  mutating func integers(below bound: Int, count: Int) -> [Int] {
    let largest = UInt32(bound - 1)
    return (0..<count).map { _ in Int(masked(atMost: largest)) }
  }

  /// `choice(population, count, replace=False)`: the head of a permutation by Fisher and Yates, from the back.
  ///
  /// - Precondition: `count` ≤ `population` ≤ 2³² − 1.
  mutating func choice(_ count: Int, of population: Int) -> [Int] {
    precondition(count <= population, "a sample without replacement cannot be larger than its source")
    var permutation = Array(0..<population)
    for index in stride(from: population - 1, to: 0, by: -1) {
      permutation.swapAt(index, Int(masked(atMost: UInt32(index))))
    }
    return Array(permutation[..<count])
  }
}

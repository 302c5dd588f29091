import Formats

/// Tokens and their ids, found by their bytes.
struct TokenVocabulary: Sendable {
  private var table = StringTable()
  private var ids: [Int32] = []
  /// One more than the largest id.
  private(set) var size = 0

  var count: Int { ids.count }

  /// Gives a token its id; of two equal tokens the last one counts.
  mutating func set(_ token: UnsafeBufferPointer<UInt8>, _ id: Int32) {
    let number = table.number(of: token)
    if number == ids.count { ids.append(id) } else { ids[number] = id }
    size = max(size, Int(id) + 1)
  }

  mutating func set(_ token: String, _ id: Int32) {
    var token = token
    token.withUTF8 { set($0, id) }
  }

  func id(_ token: UnsafeBufferPointer<UInt8>) -> Int32? { table.find(token).map { ids[$0] } }

  func id(_ token: String) -> Int32? { table.find(token).map { ids[$0] } }
}

/// Turns a piece of text into token ids.
protocol SubwordModel: Sendable {
  func append(_ piece: ArraySlice<Unicode.Scalar>, to ids: inout [Int32])
  /// The id of a token of its vocabulary.
  func id(_ token: String) -> Int32?
  /// One more than the largest id that it gives.
  var size: Int { get }
  /// The id of what it has no token for.
  var unknownID: Int32? { get }
}

/// A piece as UTF-8, and where its characters begin.
struct UTF8Piece {
  var bytes: [UInt8] = []
  /// Of each character, and the end.
  var starts: [Int] = []

  init(_ piece: ArraySlice<Unicode.Scalar>) {
    bytes.reserveCapacity(piece.count + 8)
    starts.reserveCapacity(piece.count + 1)
    for scalar in piece {
      starts.append(bytes.count)
      if scalar.value < 0x80 {
        bytes.append(UInt8(scalar.value))
      } else {
        bytes.append(contentsOf: UTF8.encode(scalar) ?? .init())
      }
    }
    starts.append(bytes.count)
  }
}

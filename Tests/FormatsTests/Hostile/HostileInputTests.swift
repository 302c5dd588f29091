import Testing
import Vectors

@testable import Formats

/// Inputs made to break readers, each with a part of the error that it must give.
@Suite struct HostileInputTests {
  @Test(arguments: [
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1152921504606846976, 4)}", "2⁶³ bytes or more"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1152921504606846976,)}", "4611686018427387904 bytes of data"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 0, 9)}", "2⁶³ bytes or more"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 4)}", "expected a length below 2⁶³"),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 4)}", "expected a length of at least 0, found \"-1, 4)}\""
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 5)}",
      "expected 40 bytes of data for shape (2, 5), found 24"
    ),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (5,)}", "expected 20 bytes of data"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (6)}", "expected a comma after the only number"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': 6}", "expected '('"),
    ("{'descr': '<f4', 'fortran_order': 0, 'shape': (6,)}", "expected True or False"),
    ("{'descr': '<f4', 'fortran_order': False}", "expected the keys descr, fortran_order and shape, found fewer"),
    ("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (6,)}", "once each, found 'descr'"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (6,), 'x': 1}", "once each, found 'x'"),
    ("{'descr': __import__('os').system('id'), 'fortran_order': False, 'shape': (6,)}", "expected a string in quotes"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (6,)} + {}", "expected the end of the header"),
    ("{'descr': '<f4", "expected the closing quote"),
    ("{'descr': '<\\x664'}", "expected a plain character"),
    ("{'descr': '<f3', 'fortran_order': False, 'shape': (8,)}", "found type '<f3'"),
    ("{'descr': '|f4', 'fortran_order': False, 'shape': (6,)}", "found '|f4'"),
    ("{'descr': 'f4', 'fortran_order': False, 'shape': (6,)}", "found 'f4'"),
    ("{'descr': '', 'fortran_order': False, 'shape': (6,)}", "found ''"),
    ("{'descr': '|O', 'fortran_order': False, 'shape': (3,)}", "Python objects"),
    ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,)}", "structured type"),
    ("{'descr': '<U0', 'fortran_order': False, 'shape': (1152921504606846976,)}", "found 24 bytes"),
    ("{'descr': '<U9223372036854775807', 'fortran_order': False, 'shape': (1,)}", "found type '<U9223372036854775807'"),
    ("", "expected '{', found the end of the header"),
  ])
  func npyHeaders(dictionary: String, expected: String) {
    let error = #expect(throws: InputError.self) {
      try NPYArray(bytes: NPYTests.file(dictionary, data: 24), source: "x.npy")
    }
    #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
    #expect(error?.description.hasPrefix("x.npy: ") == true)
  }

  @Test func npyFiles() throws {
    for (bytes, expected): ([UInt8], String) in [
      ([], "found an empty file"),
      (Array("PK\u{3}\u{4}".utf8), "the six bytes"),
      ([0x93] + Array("NUMPY".utf8), "expected a header, found the end of the file"),
      ([0x93] + Array("NUMPY".utf8) + [4, 0, 0, 0], "expected version 1, 2 or 3, found version 4.0"),
      ([0x93] + Array("NUMPY".utf8) + [1, 0, 255, 255], "expected a header of 65535 bytes, found 0 bytes"),
      ([0x93] + Array("NUMPY".utf8) + [2, 0, 255, 255], "expected a header, found the end of the file"),
      ([0x93] + Array("NUMPY".utf8) + [2, 0, 255, 255, 255, 255], "expected a header of 4294967295 bytes"),
    ] {
      let error = #expect(throws: InputError.self) { try NPYArray(bytes: Buffer(bytes), source: "x.npy") }
      #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
    }
    // Elements of no bytes: 2⁶⁰ rows in no data at all.
    let none = "{'descr': '<U0', 'fortran_order': False, 'shape': (1152921504606846976,)}"
    let error = #expect(throws: InputError.self) { try NPYArray(bytes: NPYTests.file(none), source: "x") }
    #expect(error?.description.contains("at least one byte") == true)
  }

  /// Shapes that are fine for an array and not for a matrix of vectors.
  @Test(arguments: ["(6,)", "()", "(1, 2, 3)", "(0, 1152921504606846976)", "(1152921504606846976, 0)"])
  func shapesThatAreNoMatrix(shape: String) throws {
    let data = shape == "()" ? 4 : shape.contains("0") ? 0 : 24
    let array = try NPYArray(
      bytes: NPYTests.file("{'descr': '<f4', 'fortran_order': False, 'shape': \(shape)}", data: data), source: "x")
    let error = #expect(throws: InputError.self) { try array.matrix() }
    #expect(error?.expected == "an array of 2 dimensions, rows × columns, each at least 1")
    #expect(error?.found == "shape \(shape)")
  }

  @Test(arguments: [
    ("[]", 0, "expected '{'"),
    ("{", 0, "expected a string, found the end of the text"),
    ("{}x", 0, "expected the end of the text"),
    ("{}", 8, "expected 0 bytes of tensors, found 8"),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4, "expected bytes from 0, at most to 4, found 0 to 8"
    ),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 12, "expected 8 bytes of tensors, found 12"),
    (
      #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8,
      "tensor a: expected 12 bytes of data for shape (3,)"
    ),
    (#"{"a":{"dtype":"F32","shape":[1152921504606846976,4],"data_offsets":[0,8]}}"#, 8, "2⁶³ bytes or more"),
    (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8, "a whole number from 0 to 2⁶³ − 1"),
    (#"{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}"#, 8, "expected a whole number"),
    (#"{"a":{"dtype":"F32","shape":[2e0],"data_offsets":[0,8]}}"#, 8, "expected a whole number"),
    (#"{"a":{"dtype":"F32","shape":[02],"data_offsets":[0,8]}}"#, 8, "expected a whole number"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8, "found 8 to 0"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, 8, "two data_offsets for tensor a, found fewer"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4,8]}}"#, 8, "expected at most 2 numbers"),
    (#"{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}"#, 8, "found F8_E4M3"),
    (#"{"a":{"dtype":"F32","shape":[2]}}"#, 8, "found fewer"),
    (
      #"{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 8,
      "once each, for tensor a, found dtype"
    ),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":{}}}"#, 8, "found x"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551624]}}"#, 8, "2⁶³ − 1"),
    (#"{"__metadata__":{"a":1}}"#, 0, "expected a string"),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
      8,
      "each name once, found a again"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
      12,
      "tensor b: expected bytes from 8"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}"#,
      16,
      "tensor b: expected bytes from 8"
    ),
  ])
  func safetensorsHeaders(header: String, data: Int, expected: String) {
    let text = Array(header.utf8)
    let size = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    let error = #expect(throws: InputError.self) {
      try SafetensorsFile(bytes: Buffer(size + text + [UInt8](repeating: 0, count: data)), source: "x.safetensors")
    }
    #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
  }

  @Test func safetensorsFiles() {
    for (bytes, expected): ([UInt8], String) in [
      ([], "8 bytes with the header's size"),
      ([2, 0, 0, 0, 0, 0, 0], "8 bytes with the header's size"),
      ([255, 255, 255, 255, 255, 255, 255, 255, 0], "found a claim of 18446744073709551615"),
      ([3, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D], "at most 2 bytes, found a claim of 3"),
    ] {
      let error = #expect(throws: InputError.self) { try SafetensorsFile(bytes: Buffer(bytes), source: "x") }
      #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
    }
  }

  @Test(arguments: [
    ("", "expected '['"), ("[", "an id of row 0"), ("[1,]", "an id of row 1"), ("[1 2]", "expected ',' or ']'"),
    ("[null]", "an id of row 0 (from 0): a string or a whole number, found \"null]\""), ("[[1]]", "an id of row 0"),
    ("[1.5]", "a whole number, found \"1.5]\""), ("[01]", "a whole number"), ("[-]", "a whole number"),
    ("[-0]", "a whole number"), (#"["a", ""]"#, "row 1 (from 0): expected an id, found an empty text"),
    (#"["a"] x"#, "the end of the text"), (#"{"a": 1}"#, "expected '['"), (#"["a", "a"]"#, "the id of row 0 too"),
    ("[1, \"1\"]", "the id of row 0 too"),
  ])
  func jsonIds(text: String, expected: String) {
    let error = #expect(throws: InputError.self) {
      try Identifiers.read(json: Buffer(Array(text.utf8)), source: "ids.json")
    }
    #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
  }

  @Test func archives() {
    for bytes: [UInt8] in [
      [], [1, 2, 3], Array("PK\u{5}\u{6}".utf8), Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 0, count: 60),
    ] {
      let error = #expect(throws: InputError.self) { try NPZFile(bytes: Buffer(bytes), source: "x.npz") }
      #expect(error?.kind == .malformed)
    }
  }
}

import Foundation
import TestSupport
import Testing
import Vectors

@testable import Server

@Suite struct SettingsTests {
  @Test func tokensHaveRoles() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("tokens")
    try
      "# who may do what\nread aaaaaaaaaaaaaaaa\n\n  write bbbbbbbbbbbbbbbb  # searches, too\nadmin cccccccccccccccc\n"
      .write(toFile: path, atomically: true, encoding: .utf8)
    let tokens = try AccessTokens(opening: path)
    #expect(tokens.role(of: "aaaaaaaaaaaaaaaa") == .read)
    #expect(tokens.role(of: "bbbbbbbbbbbbbbbb") == .write)
    #expect(tokens.role(of: "cccccccccccccccc") == .admin)
    for other in ["", "aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaa", "AAAAAAAAAAAAAAAA", "read"] {
      #expect(tokens.role(of: other) == .none)
    }
  }

  @Test func badTokenFilesAreRefusedWithoutShowingTokens() throws {
    let folder = try TemporaryFolder()
    for (text, place) in [
      ("read short\n", "line 1"), ("owner aaaaaaaaaaaaaaaa\n", "line 1"), ("\nread\n", "line 2"),
      ("read aaaaaaaaaaaaaaaa more\n", "line 1"),
    ] {
      let path = folder.file("tokens")
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let error = #expect(throws: InputError.self) { try AccessTokens(opening: path) }
      #expect(error?.place == place)
      #expect(error?.description.contains("aaaaaaaa") == false)
    }
    try "# none\n".write(toFile: folder.file("empty"), atomically: true, encoding: .utf8)
    #expect(throws: InputError.self) { try AccessTokens(opening: folder.file("empty")) }
    #expect(throws: InputError.self) { try AccessTokens(opening: folder.file("nowhere")) }
  }

  @Test func listeningBeyondTheMachineNeedsTokens() throws {
    var options = ServerOptions()
    options.indexes = [.init(name: "a", path: "index")]
    try options.check()
    for host in ["0.0.0.0", "::", "192.168.1.5", "example.org", "127.evil.example", "127.0.0", "127.0.0.1.example"] {
      options.host = host
      #expect(throws: InputError.self) { try options.check() }
    }
    options.allowsAnonymous = true
    try options.check()
    options.certificate = "cert.pem"
    #expect(throws: InputError.self) { try options.check() }
  }

  @Test func namesOfIndexesAreParts() {
    for name in ["", "a/b", "ä", "a b", ".", ".hidden", String(repeating: "a", count: 101)] {
      var options = ServerOptions()
      options.indexes = [.init(name: name, path: "index")]
      #expect(throws: InputError.self, "\(name)") { try options.check() }
    }
    var options = ServerOptions()
    options.indexes = [.init(name: "a", path: "x"), .init(name: "a", path: "y")]
    #expect(throws: InputError.self) { try options.check() }
  }
}

import Foundation
import Formats
import TestSupport
import Testing
import Vectors

@testable import Corpora

@Suite struct TokenizerFolderTests {
  private static let vocabulary = Result {
    try TokenVocabulary(levelSizes: [2, 1], specials: ["<|rec|>"])
  }
  private static let tokenizer = #"""
    {"version": "1.0", "added_tokens": [
      {"id": 0, "content": "<pad>", "special": true}, {"id": 3, "content": "<eos>", "special": true}
    ], "model": {"type": "WordLevel", "vocab": {"<pad>": 0, "a": 1, "b": 2}, "unk_token": "a"}}
    """#
  private static let config = #"""
    {
      "added_tokens_decoder": {
        "0": {"content": "<pad>", "special": true},
        "3": {"content": "<eos>", "special": true}
      },
      "chat_template": "{{ 'é' }}",   "eos_token": "<eos>", "pad_token": {"content": "<pad>"}
    }
    """#

  /// A folder of files, by their names.
  private static func folder(_ files: [String: String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.file("in"), withIntermediateDirectories: false)
    for (name, text) in files { try AtomicFile.write(text, to: folder.file("in/" + name)) }
    return folder
  }

  private static func merge(_ folder: TemporaryFolder, existing: TokenizerJSON.Existing = .error) throws
    -> TokenizerFolder.Report
  {
    try TokenizerFolder.merge(
      vocabulary.get(), into: folder.file("in"), output: .folder(folder.file("out")), existing: existing)
  }

  private static func text(_ folder: TemporaryFolder, _ name: String) throws -> String {
    try String(contentsOfFile: folder.file(name), encoding: .utf8)
  }

  @Test func everyFileGetsTheTokensAndKeepsItsBytes() throws {
    let files = [
      "tokenizer.json": Self.tokenizer, "tokenizer_config.json": Self.config,
      "special_tokens_map.json": #"{"eos_token": "<eos>", "additional_special_tokens": ["<pad>"]}"#,
      "added_tokens.json": #"{"<eos>": 3}"#, "merges.txt": "#version\n",
    ]
    let folder = try Self.folder(files)
    let report = try Self.merge(folder)
    #expect(report.tokenizer.ids == [4, 5, 6, 7] && report.tokenizer.vocabularySize == 8)
    #expect(
      report.changed == ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"])
    for (name, before) in files {
      let after = try Self.text(folder, "out/" + name)
      // What is new lies in one piece or several; without it the text is as it was.
      var rest = after[...]
      var kept = ""
      for character in before {
        guard let place = rest.firstIndex(of: character) else { break }
        rest = rest[rest.index(after: place)...]
        kept.append(character)
      }
      #expect(kept == before, "\(name)")
      #expect((after == before) == (name == "merges.txt"), "\(name)")
    }
    let config = try Self.text(folder, "out/tokenizer_config.json")
    #expect(config.contains("\"4\": {\"content\": \"<a_0>\"") && config.contains("{{ 'é' }}\",   \"eos_token\""))
    #expect(config.contains("\"additional_special_tokens\": [\"<|rec|>\"]"))
    #expect(try Self.text(folder, "out/special_tokens_map.json").contains("\"<|rec|>\""))
    #expect(try Self.text(folder, "out/added_tokens.json").contains("\"<b_0>\": 6"))

    let found = try TokenizerFolder.verify(Self.vocabulary.get(), in: folder.file("out"))
    #expect(found.ids == [4, 5, 6, 7] && found.files.count == 3)
    // Once more changes nothing, in place or beside.
    let before = try files.keys.map { try Self.text(folder, "out/" + $0) }
    let again = try TokenizerFolder.merge(
      Self.vocabulary.get(), into: folder.file("out"), output: .inPlace, existing: .keep)
    #expect(again.changed == [] && again.tokenizer.kept == 4)
    #expect(try files.keys.map { try Self.text(folder, "out/" + $0) } == before)
    let error = #expect(throws: InputError.self) {
      _ = try TokenizerFolder.merge(Self.vocabulary.get(), into: folder.file("out"), output: .inPlace)
    }
    #expect(error?.found == "it, with id 4")
  }

  /// Tokens that one file alone lists come before those of IDs, with the ids that they have.
  @Test func listsAreMadeOne() throws {
    let config =
      #"{"added_tokens_decoder": {"5": {"content": "<y>"}, "0": {"content": "<pad>"}, "4": {"content": "<x>"}}}"#
    let folder = try Self.folder(["tokenizer.json": Self.tokenizer, "tokenizer_config.json": config])
    #expect(try Self.merge(folder).tokenizer.ids == [6, 7, 8, 9])
    let tokenizer = try TokenizerFile(MappedFile(path: folder.file("out/tokenizer.json")))
    #expect(tokenizer.added.map(\.id) == [0, 3, 4, 5, 6, 7, 8, 9])
    #expect(tokenizer.added[2].content.text == "<x>" && tokenizer.added[3].content.text == "<y>")
    #expect(try Self.text(folder, "out/tokenizer_config.json").contains("\"3\": {\"content\": \"<eos>\""))
    #expect(try TokenizerFolder.verify(Self.vocabulary.get(), in: folder.file("out")).ids == [6, 7, 8, 9])
  }

  @Test(arguments: [
    // Another id than the library gives; one that is taken; a gap; a token that is numbered only when it is loaded.
    (#"{"added_tokens_decoder": {"9": {"content": "<eos>"}}}"#, "<eos>", "id 3", "id 9"),
    (#"{"added_tokens_decoder": {"3": {"content": "<x>"}}}"#, "<x>", "id 4", "id 3"),
    (#"{"added_tokens_decoder": {"6": {"content": "<x>"}}}"#, "<x>", "id 4", "id 6"),
    (#"{"added_tokens_decoder": {}, "pad_token": "[PAD]"}"#, "pad_token", "a token of", "[PAD]"),
    (#"{"extra_special_tokens": ["<z>"]}"#, "extra_special_tokens", "a token of", "<z>"),
  ]) func filesThatContradictEachOtherAreRefused(
    _ config: String, _ place: String, _ expected: String, _ found: String
  ) throws {
    let folder = try Self.folder(["tokenizer.json": Self.tokenizer, "tokenizer_config.json": config])
    let error = #expect(throws: InputError.self) { _ = try Self.merge(folder) }
    #expect(error?.source.hasSuffix("tokenizer_config.json") == true && error?.place?.hasSuffix(place) == true)
    #expect(error?.expected?.hasPrefix(expected) == true && error?.found == found, "\(error as Any)")
    #expect(error?.remedy?.contains("save_pretrained") == true)
    #expect(!FileManager.default.fileExists(atPath: folder.file("out")))
  }

  @Test func whatIsThereIsNotReplaced() throws {
    let folder = try Self.folder(["tokenizer.json": Self.tokenizer])
    for name in ["tokenizer.json", "model.safetensors"] {
      try? FileManager.default.removeItem(atPath: folder.file("out"))
      try FileManager.default.createDirectory(atPath: folder.file("out"), withIntermediateDirectories: false)
      try AtomicFile.write("mine", to: folder.file("out/" + name))
      #expect(throws: InputError.self) { _ = try Self.merge(folder) }
      #expect(try Self.text(folder, "out/" + name) == "mine")
    }
    #expect(throws: InputError.self) {
      _ = try TokenizerFolder.merge(Self.vocabulary.get(), into: folder.file("none"), output: .inPlace)
    }
  }

  /// As in the folders of a download cache, where every file is a link.
  @Test func linksToFilesAreFollowed() throws {
    let folder = try Self.folder(["tokenizer.json": Self.tokenizer])
    let manager = FileManager.default
    try manager.createDirectory(atPath: folder.file("cache"), withIntermediateDirectories: false)
    try AtomicFile.write("weights", to: folder.file("in/w.bin"))
    for name in ["tokenizer.json", "w.bin"] {
      try manager.createSymbolicLink(atPath: folder.file("cache/" + name), withDestinationPath: "../in/" + name)
    }
    _ = try TokenizerFolder.merge(
      Self.vocabulary.get(), into: folder.file("cache"), output: .folder(folder.file("out")))
    try manager.removeItem(atPath: folder.file("in/w.bin"))
    #expect(try Self.text(folder, "out/w.bin") == "weights")
    // In place, links stay links, but for the files that got entries; what they led to is as it was.
    _ = try TokenizerFolder.merge(Self.vocabulary.get(), into: folder.file("cache"), output: .inPlace)
    #expect(try manager.destinationOfSymbolicLink(atPath: folder.file("cache/w.bin")) == "../in/w.bin")
    #expect(try Self.text(folder, "cache/tokenizer.json").contains("<a_1>"))
    #expect(try Self.text(folder, "in/tokenizer.json") == Self.tokenizer)
    try manager.createSymbolicLink(atPath: folder.file("cache/loop"), withDestinationPath: ".")
    let error = #expect(throws: InputError.self) {
      _ = try TokenizerFolder.merge(
        Self.vocabulary.get(), into: folder.file("cache"), output: .folder(folder.file("o2")), existing: .keep)
    }
    #expect(error?.found == "a link to a folder")
  }

  @Test func verifyNamesTheFirstFault() throws {
    let files = [
      "tokenizer.json": Self.tokenizer, "tokenizer_config.json": Self.config, "added_tokens.json": #"{"<eos>": 3}"#,
    ]
    func fault(_ change: (TemporaryFolder) throws -> Void) throws -> InputError? {
      let folder = try Self.folder(files)
      _ = try Self.merge(folder)
      try change(folder)
      return #expect(throws: InputError.self) {
        _ = try TokenizerFolder.verify(Self.vocabulary.get(), in: folder.file("out"))
      }
    }
    func replace(_ name: String, _ old: String, _ new: String) throws -> InputError? {
      try fault { folder in
        let text = try Self.text(folder, "out/" + name)
        try #require(text.contains(old))
        try AtomicFile.write(text.replacingOccurrences(of: old, with: new), to: folder.file("out/" + name))
      }
    }
    func unmerged(_ name: String) throws -> InputError? {
      try fault { try AtomicFile.write(files[name] ?? "", to: $0.file("out/" + name)) }
    }
    #expect(try unmerged("tokenizer.json")?.expected == "the added token <a_0>")
    // What transformers 5 would drop.
    #expect(try unmerged("tokenizer_config.json")?.expected?.hasPrefix("the token <a_0>, id 4") == true)
    #expect(try unmerged("added_tokens.json")?.expected == "the token <a_0>, id 4")
    #expect(try replace("tokenizer.json", "\"id\": 5", "\"id\": 9")?.place == "added_tokens, <a_1>")
    #expect(try replace("tokenizer_config.json", "\"5\": {", "\"9\": {")?.found == "id 9")
    #expect(try replace("added_tokens.json", "\"<a_1>\": 5", "\"<a_1>\": 9")?.found == "id 9")
    #expect(
      try replace("tokenizer.json", "\"<b_0>\", \"single_word\": false", "\"<b_0>\", \"single_word\": true")?.place
        == "<b_0>")
    #expect(
      try replace("tokenizer_config.json", "\"<b_0>\", \"single_word\": false", "\"<b_0>\", \"single_word\": true")?
        .place == "<b_0>")
    #expect(
      try replace("tokenizer_config.json", "\"4\": {", "\"8\": {\"content\": \"<z>\"}, \"4\": {")?.found == "none there"
    )
  }

  @Test func aConstraintHasTheFoldersIDs() throws {
    let vocabulary = try TokenVocabulary(spelling: .openOneRec, levelSizes: [3, 4])
    let folder = try Self.folder(["tokenizer.json": Self.tokenizer, "tokenizer_config.json": Self.config])
    _ = try TokenizerFolder.merge(vocabulary, into: folder.file("in"), output: .inPlace)
    let found = try TokenizerFolder.verify(vocabulary, in: folder.file("in"))
    let (tokens, told) = try TokenNames().resolved(
      vocabulary, tokenizer: TokenizerTokens(path: folder.file("in")), firstToken: nil)
    #expect(tokens.begin == [11] && tokens.end == [12, 3] && tokens.padding == [0] && told.count == 2)
    func check(_ tokens: ConstraintTokens) throws -> [Int] {
      let constraint = try DecodingConstraint(ids: [[0, 1], [2, 1], [2, 3]], levelSizes: [3, 4], tokens: tokens)
      try constraint.write(arrays: folder.file("c.npz"))
      try constraint.write(prefixes: folder.file("c.json"))
      return try ["c.npz", "c.json"].map { try found.check(constraint: folder.file($0), vocabulary) }
    }
    #expect(try check(tokens) == [4, 4])
    var others = tokens
    others.codes = .offset(from: 5)
    let error = #expect(throws: InputError.self) { _ = try check(others) }
    #expect(error?.place == "level 0 (from 0)" && error?.found == "7")
  }

  @Test func aLoneFileIsToldOfTheFileThatRules() throws {
    let folder = try Self.folder(["tokenizer.json": Self.tokenizer, "tokenizer_config.json": Self.config])
    let (path, vocabulary) = (folder.file("in/tokenizer.json"), try Self.vocabulary.get())
    #expect(TokenizerFolder.neighborThatRules(path, vocabulary)?.hasSuffix("tokenizer_config.json") == true)
    #expect(TokenizerFolder.neighborThatRules(folder.file("x.json"), vocabulary) == nil)
    _ = try Self.merge(folder)
    #expect(TokenizerFolder.neighborThatRules(folder.file("out/tokenizer.json"), vocabulary) == nil)
    try AtomicFile.write(#"{"eos_token": "<eos>"}"#, to: folder.file("in/tokenizer_config.json"))
    #expect(TokenizerFolder.neighborThatRules(path, vocabulary) == nil)
    try AtomicFile.write(#"{"<eos>": 3}"#, to: folder.file("in/added_tokens.json"))
    #expect(TokenizerFolder.neighborThatRules(path, vocabulary)?.hasSuffix("added_tokens.json") == true)
    // The list that the verb itself writes under this name is no such object.
    try vocabulary.write(addedTokens: folder.file("in/added_tokens.json"), firstID: 9)
    #expect(TokenizerFolder.neighborThatRules(path, vocabulary) == nil)
  }

  /// Damage anywhere is an error, or a folder that holds.
  @Test(arguments: ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"])
  func damagedFilesAreRefused(_ name: String) throws {
    let files = [
      "tokenizer.json": Self.tokenizer, "tokenizer_config.json": Self.config,
      "special_tokens_map.json": #"{"eos_token": "<eos>", "additional_special_tokens": ["<pad>"]}"#,
      "added_tokens.json": #"{"<eos>": 3}"#,
    ]
    let bytes = Array((files[name] ?? "").utf8)
    for cut in bytes.indices {
      var damaged = files
      damaged[name] = String(decoding: bytes[..<cut], as: UTF8.self)
      let folder = try Self.folder(damaged)
      #expect(throws: InputError.self, "\(name) cut at \(cut)") { _ = try Self.merge(folder) }
      #expect(!FileManager.default.fileExists(atPath: folder.file("out")))
    }
  }
}

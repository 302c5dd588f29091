public import Interactions
public import Vectors

/// The files that LC-Rec opens: `NAME.inter.json` (users and the numbers of their items, in order), `NAME.index.json`
/// and `NAME.item.json`.
///
/// LC-Rec takes each user's last item for its test and the one before for validation. So only users with such parts are
/// written; the others are counted. Its tasks itemsearch and preferenceobtain read a `NAME.user.json` of texts that a
/// language model wrote about users, which cannot be made from interactions: run it with `--tasks
/// seqrec,item2index,index2item,fusionseqrec`. Its tests allow tokens by their place, and generate ten at most. So IDs
/// must have one length, and at most nine levels.
public enum LCRecFiles {
  /// - Parameter allowsAnyLevels: whether IDs that its tests cannot generate are written.
  /// - Throws: `InputError` for such IDs, unless they are allowed; when no user has one target of validation and one of
  ///   the test; as `MiniOneRecFiles.write`.
  @discardableResult
  public static func write(
    _ histories: Histories, items: ItemCodes, texts: ItemTexts? = nil, vocabulary: TokenVocabulary, name: String,
    isAudited: Bool = true, allowsAnyLevels: Bool = false, sources: [CorpusManifest.Source] = [], to path: String,
    pool: ThreadPool = ThreadPool()
  ) throws -> CorpusManifest {
    try DialectFiles.check(name: name, vocabulary)
    let maps = try ItemMaps(items, vocabulary: vocabulary)
    let texts = texts ?? .none(items.count)
    let fault = DialectLevels.faultOfLCRec(items)
    if let fault, !allowsAnyLevels {
      throw InputError(
        .unsupported, items.source, expected: "IDs of one length and of at most nine levels, which LC-Rec generates",
        found: fault,
        remedy: "resolve collisions with the default strategy, which keeps the length, or change the tests and say "
          + "--any-levels")
    }
    let users = histories.users.indices.filter { user in
      histories.range(of: user, .valid).count == 1 && histories.range(of: user, .test).count == 1
        && !histories.range(of: user, .train).isEmpty
    }
    guard !users.isEmpty else {
      throw InputError(
        .mismatch, "interactions", expected: "users with one item for validation and one for the test",
        found: "none", remedy: "split by leaving the last items out")
    }
    var manifest = CorpusManifest(
      kind: "lc-rec", form: "json", histories, items, vocabulary, sources: sources)
    manifest.texts = texts.report
    let folder = path.split(separator: "/").last.map(String.init) ?? path
    manifest.warnings = [
      fault.map { "LC-Rec generates IDs of one length and of at most nine levels: " + $0 },
      folder == name
        ? nil : "LC-Rec opens DATA_PATH/\(name)/\(name).inter.json: the folder \(folder) has another name",
      DialectFiles.warning(texts, "LC-Rec trains on all of the answers"),
    ].compactMap(\.self)
    return try CorpusDirectory.write(to: path, manifest, pool: pool) { directory in
      try DialectFiles.writeItems(maps, texts, name: name, into: directory)
      if isAudited {
        var audit = AuditReport()
        let auditor = LeakageAudit(histories, items: items)
        for (row, user) in users.enumerated() {
          try auditor.check(events: histories.range(of: user, .train), user: user, row: row)
        }
        audit.trainingRows = users.count
        directory.manifest.audit = audit
      }
      var leftOut = WindowReport()
      leftOut.usersWithoutTargets = histories.users.count - users.count
      directory.manifest.leftOut = leftOut
      try directory.write(name + ".inter.json") { writer in
        for (place, user) in users.enumerated() {
          let own = histories.starts[user]..<histories.starts[user + 1]
          let numbers = own.map { String(histories.items[$0]) }.joined(separator: ", ")
          try writer.write((place == 0 ? "{\n" : ",\n") + "  \"\(place)\": [\(numbers)]")
        }
        try writer.write("\n}\n")
        return users.count
      }
      try directory.write("\(name).users.json") { writer in
        for (place, user) in users.enumerated() {
          let id = JSONBytes.escaped(histories.users[user])
          try writer.write((place == 0 ? "[\n  \"" : ",\n  \""))
          try writer.write(id)
          try writer.write("\"")
        }
        try writer.write("\n]\n")
        return users.count
      }
    }
  }
}

import Evaluation
import Retrieval
import Tokenizers
import Vectors

/// Looking at items, IDs and the tree of prefixes.
enum BrowseRoutes {
  static let all: [Route] = [
    Route("GET", "/v1/indexes", "listIndexes", on: .atOnce, list),
    Route("GET", "/v1/indexes/{index}", "describeIndex", on: .atOnce) { call in
      let served = try call.index()
      return Answer.result(since: call.started) { describe(served, to: &$0) }
    },
    Route("GET", "/v1/indexes/{index}/items/{item}", "describeItem", item),
    Route("GET", "/v1/indexes/{index}/ids/{semanticID}", "itemsOfID", itemsOfID),
    Route("GET", "/v1/indexes/{index}/tree", "treeRoot") { try tree($0, prefix: []) },
    Route("GET", "/v1/indexes/{index}/tree/{semanticID}", "tree") { call in
      let index = try call.index().state.index
      return try tree(call, prefix: IDRequest.prefix(call.parameters[1], at: "path", index))
    },
    Route("GET", "/v1/indexes/{index}/map", "map", map),
  ]

  private static func list(_ call: Call) throws -> Answer {
    Answer.result(since: call.started) { json in
      json.object { json in
        json.key("indexes")
        json.array(call.server.indexes.values.sorted { $0.name < $1.name }) { describe($1, to: &$0) }
      }
    }
  }

  static func describe(_ served: ServedIndex, to json: inout JSONWriter) {
    let state = served.state
    let index = state.index
    json.object { json in
      json.member("name", served.name)
      json.member("items", index.count)
      json.member("levels", index.shape.levels)
      json.key("level_sizes")
      json.array(index.shape.levelSizes) { $0.integer($1) }
      json.member("metric", index.metric.rawValue)
      json.member("dimension", index.manifest.dimension)
      json.key("attributes")
      json.array(index.attributes) { json, attribute in
        json.object { json in
          json.member("name", attribute.name)
          json.member("type", attribute.kind.rawValue)
        }
      }
      json.member("segments", index.manifest.segments.count)
      json.member("deleted", index.deletedCount)
      json.member("bytes", index.bytes.total)
      json.member("generation", state.generation)
      json.member("model", index.manifest.model)
      json.member("has_vectors", index.manifest.faiss != nil)
      json.member("has_ids", index.hasIDs)
      json.member("has_model", index.manifest.hasTokenizer == true)
      json.member("has_encoder", served.attachments.encoder != nil)
      json.member("has_titles", served.attachments.hasTitles(index))
      json.member("writable", served.isWritable)
      json.member("rolled_back", served.isRolledBack)
      json.member("can_roll_back", served.canRollBack)
    }
  }

  /// The levels of a prefix: for each the items below it, and the words that set it apart.
  private static func levels(
    _ codes: [UInt16], _ served: ServedIndex, _ state: ServedState, to json: inout JSONWriter
  ) {
    let trie = state.index.trie
    let words = state.prefixWords(served.attachments)
    json.array { json in
      for level in codes.indices {
        let prefix = Array(codes[...level])
        guard let node = trie.node(prefix: prefix) else { break }
        // The code that stands for the end of an ID is no code.
        guard state.index.shape.spelled(prefix).count == prefix.count else { break }
        json.object { json in
          json.member("level", level + 1)
          json.member("code", codes[level])
          json.member("prefix", state.index.shape.text(prefix))
          json.member("items", trie.items(of: node).count)
          json.member("children", trie.children(of: node).count)
          write(words, node, to: &json)
        }
      }
    }
  }

  private static func write(_ words: [[[String]]], _ node: CodeTrie.Node, to json: inout JSONWriter) {
    guard node.level < words.count, !words[node.level][node.index].isEmpty else { return }
    json.key("words")
    json.array(words[node.level][node.index]) { $0.string($1) }
  }

  private static func item(_ call: Call) throws -> Answer {
    let served = try call.index()
    let state = served.state
    let index = state.index
    let row = try QueryRequest.row(of: call.parameters[1], in: index)
    let writer = try ItemWriter(served, state)
    let vector = try call.queryFlag("vector") ? try index.vector(ofRow: row) : nil
    return Answer.result(since: call.started) { json in
      json.object { json in
        writer.item(row, to: &json)
        let codes = index.codes(ofRow: row)
        writer.id(codes, to: &json)
        json.key("levels")
        levels(codes, served, state, to: &json)
        writer.writeAttributes(row, names: nil, to: &json)
        if let vector {
          json.key("vector")
          json.array(vector) { $0.number($1) }
        }
      }
    }
  }

  private static func itemsOfID(_ call: Call) throws -> Answer {
    let served = try call.index()
    let state = served.state
    let codes = try IDRequest.id(call.parameters[1], at: "path", state.index)
    let rows = state.index.rows(prefix: codes)
    let (offset, limit) = try call.page()
    let writer = try ItemWriter(served, state)
    return try Answer.result(since: call.started) { json in
      try json.object { json in
        json.key("items")
        try json.array(rows.dropFirst(offset).prefix(limit)) { try writer.hit($1, to: &$0) }
        json.member("total", rows.count)
      }
    }
  }

  private static func tree(_ call: Call, prefix: [UInt16]) throws -> Answer {
    let served = try call.index()
    let state = served.state
    let index = state.index
    let trie = index.trie
    let (offset, limit) = try call.page()
    let writer = try ItemWriter(served, state)
    let node = trie.node(prefix: prefix)
    guard prefix.isEmpty || node != nil else {
      throw ServerFault(
        .missing, "path", expected: "a prefix of an ID of the index", found: index.shape.text(prefix))
    }
    let words = state.prefixWords(served.attachments)
    let items = node.map { trie.items(of: $0) } ?? 0..<trie.count
    let children = node.map { trie.children(of: $0) } ?? 0..<(trie.levels.first?.count ?? 0)
    let isWhole = prefix.count == trie.levels.count
    return Answer.result(since: call.started) { json in
      json.object { json in
        json.member("prefix", prefix.isEmpty ? "" : index.shape.text(prefix))
        json.member("level", prefix.count)
        json.member("items", items.count)
        json.key("path")
        levels(prefix, served, state, to: &json)
        json.key("children")
        json.array(children.dropFirst(offset).prefix(limit)) { json, child in
          let child = CodeTrie.Node(level: prefix.count, index: child)
          let own = trie.items(of: child)
          json.object { json in
            let code = trie.levels[child.level].codes[child.index]
            json.member("code", code)
            json.member("prefix", index.shape.text(prefix + [code]))
            json.member("items", own.count)
            json.member("children", trie.children(of: child).count)
            json.key("examples")
            json.array(index.rows(at: own.prefix(3))) { writer.bare($1, to: &$0) }
            write(words, child, to: &json)
          }
        }
        json.member("total", isWhole ? items.count : children.count)
        if isWhole {
          json.key("members")
          json.array(index.rows(at: items.dropFirst(offset).prefix(limit))) { writer.bare($1, to: &$0) }
        }
      }
    }
  }

  /// Points of the map, and the most vectors that its axes are found from.
  private static let points = 5000

  private static func map(_ call: Call) throws -> Answer {
    let served = try call.index()
    let state = served.state
    let index = state.index
    guard index.manifest.faiss != nil else {
      throw InputError(.unsupported, served.name, expected: "an index with vectors", found: "one without")
    }
    let body = try state.map {
      let trie = index.trie
      let count = min(points, trie.count)
      let rows = (0..<count).map { Int(trie.rows[$0 * trie.count / count]) }
      let vectors = Matrix(
        rows: count, columns: index.manifest.dimension, values: try rows.flatMap { try index.vector(ofRow: $0) })
      var options = CatalogueMap.Options()
      options.method = .pca
      options.metric = index.metric == .cosine ? .cosine : .l2
      let map = count > 1 ? CatalogueMap(vectors, options: options, pool: call.pool) : nil
      var json = JSONWriter(capacity: count * 80)
      json.object { json in
        json.key("points")
        json.array(rows.indices) { json, place in
          json.object { json in
            let id = index.id(ofRow: rows[place])
            json.member("item", id)
            json.member("title", served.attachments.title(ofRow: rows[place], in: index))
            json.member("code", index.codes(ofRow: rows[place])[0])
            json.key("x")
            json.number(map?.x[place] ?? 0.5)
            json.key("y")
            json.number(map?.y[place] ?? 0.5)
          }
        }
        json.member("total", index.count)
      }
      return json.bytes
    }
    return Answer.result(since: call.started) { $0.json(body) }
  }
}

import Foundation
import Retrieval
import TestSupport
import Testing
import Vectors

@testable import Server

@Suite struct BrowseTests {
  /// Walking all pages of all nodes meets every item once, and counts agree.
  @Test func theTreeHoldsEveryItem() throws {
    let server = try TestServer()
    func children(_ target: String, _ name: String) throws -> [[String: Any]] {
      var all: [[String: Any]] = []
      while true {
        let page = try server.result("GET", "/v1/indexes/things/tree\(target)?limit=3&offset=\(all.count)")
        let part = try #require(page[name] as? [[String: Any]])
        all += part
        let total = try #require(page["total"] as? Int)
        if part.isEmpty || all.count == total {
          #expect(all.count == total)
          return all
        }
      }
    }
    var items: [String] = []
    func walk(_ target: String, depth: Int) throws -> Int {
      if depth == 3 {
        let members = try children(target, "members").compactMap { $0["item"] as? String }
        items += members
        return members.count
      }
      var sum = 0
      for child in try children(target, "children") {
        let prefix = try #require(
          (child["prefix"] as? String)?.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        let below = try walk("/" + prefix, depth: depth + 1)
        #expect(child["items"] as? Int == below)
        #expect((child["examples"] as? [Any])?.count == min(3, below))
        sum += below
      }
      return sum
    }
    #expect(try walk("", depth: 0) == 400)
    #expect(items.count == 400 && Set(items) == Set(server.ids))
    #expect(try server.refusal("GET", "/v1/indexes/things/tree/9-9-9")["source"] == "path")
  }

  @Test func anItemKnowsItsLevels() throws {
    let server = try TestServer()
    let index = try #require(server.core.indexes["things"]).state.index
    let item = try server.result("GET", "/v1/indexes/things/items/item-12?vector=true")
    let levels = try #require(item["levels"] as? [[String: Any]])
    let codes = index.codes(ofRow: 12)
    #expect(levels.count == 3 && item["codes"] as? [Int] == codes.map(Int.init))
    for (number, level) in levels.enumerated() {
      #expect(level["items"] as? Int == index.rows(prefix: codes.prefix(number + 1)).count)
    }
    #expect((item["vector"] as? [Any])?.count == 8)
    let same = try server.result("GET", "/v1/indexes/things/ids/\(codes.map { "\($0)" }.joined(separator: "-"))")
    #expect(same["total"] as? Int == index.rows(prefix: codes).count)
  }

  @Test func idsOfAnyCharactersAreFound() throws {
    let hostile = [
      "a/b", "a b", "%41", "<img src=x onerror=alert(1)>", "é", "e\u{301}", "\"", "..", "?x=1", "a\nb", "\u{202E}x",
    ]
    let server = try TestServer(count: 60) { $0 < 11 ? hostile[$0] : "item-\($0)" }
    for id in hostile {
      let target = try #require(id.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
      let item = try server.result("GET", "/v1/indexes/things/items/\(target)")
      #expect((item["item"] as? String).map { Array($0.utf8) } == Array(id.utf8))
    }
  }

  @Test func theMapHasAPlaceForEachItem() throws {
    let server = try TestServer()
    let map = try server.result("GET", "/v1/indexes/things/map")
    let points = try #require(map["points"] as? [[String: Any]])
    #expect(Set(points.compactMap { $0["item"] as? String }) == Set(server.ids) && map["total"] as? Int == 400)
    for point in points {
      for axis in ["x", "y"] {
        let place = try #require(point[axis] as? Double)
        #expect((0...1).contains(place))
      }
    }
  }

  @Test func anIndexSaysWhatItIs() throws {
    let server = try TestServer()
    let info = try server.result("GET", "/v1/indexes/things")
    #expect(
      info["items"] as? Int == 400 && info["level_sizes"] as? [Int] == [8, 8, 8] && info["dimension"] as? Int == 8)
    let attributes = try #require(info["attributes"] as? [[String: String]])
    #expect(attributes.map { $0["type"] } == ["string", "float", "boolean", "list", "time"])
    let list = try server.result("GET", "/v1/indexes")
    #expect((list["indexes"] as? [Any])?.count == 1)
  }
}

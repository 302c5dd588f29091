import Foundation
import Synchronization
import TestSupport
import Testing
import Vectors

@testable import Server

@Suite struct OperationTests {
  /// The document describes every route, and no other.
  @Test func theDocumentDescribesTheRoutes() throws {
    let bytes = try OpenAPIDocument.json()
    let document = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    let paths = try #require(document["paths"] as? [String: [String: Any]])
    var described = Set<String>()
    for (path, item) in paths {
      for method in ["get", "put", "post", "delete"] {
        guard let operation = item[method] as? [String: Any] else { continue }
        described.insert("\(method.uppercased()) \(path) \(operation["operationId"] as? String ?? "")")
        #expect(operation["summary"] is String && operation["tags"] is [String], "\(path)")
      }
    }
    let routes = RouteTable.all.routes.filter { !OperationRoutes.pageFiles.contains($0.operation) }
    #expect(described == Set(routes.map { "\($0.method) \($0.template) \($0.operation)" }))
    #expect(Set(routes.map(\.operation)).count == routes.count)
    // Every reference leads somewhere.
    let text = String(decoding: bytes, as: UTF8.self)
    let components = try #require(document["components"] as? [String: [String: Any]])
    for reference in text.matches(of: /"\$ref":"#\/components\/([A-Za-z]+)\/([A-Za-z]+)"/) {
      #expect(components[String(reference.1)]?[String(reference.2)] != nil, "\(reference.0)")
    }
  }

  @Test func pathsAndMethodsThatAreUnknown() throws {
    guard case .methods(let methods) = RouteTable.all.find("DELETE", ["v1", "indexes", "things", "query"]) else {
      Issue.record("a path that is known")
      return
    }
    #expect(methods == ["POST"])
    guard case .methods(let deleting) = RouteTable.all.find("PATCH", ["v1", "indexes", "things", "items", "delete"])
    else {
      Issue.record("a path that is known")
      return
    }
    #expect(deleting == ["POST"])
    guard case .route(let item, _) = RouteTable.all.find("GET", ["v1", "indexes", "things", "items", "delete"]) else {
      Issue.record("an item of that name")
      return
    }
    #expect(item.operation == "describeItem")
    guard case .none = RouteTable.all.find("GET", ["v1", "nothing"]) else {
      Issue.record("a path that is not known")
      return
    }
    guard case .route(let route, _) = RouteTable.all.find("HEAD", ["livez"]) else {
      Issue.record("HEAD of what GET takes")
      return
    }
    #expect(route.operation == "livez")
  }

  @Test func aFullQueueSaysSo() async throws {
    let queue = WorkQueue(threads: 1, limit: 2, name: "test")
    let isHeld = DispatchSemaphore(value: 0)
    let begun = DispatchSemaphore(value: 0)
    let holder = Task {
      try await queue.run(until: .now + .seconds(60)) {
        begun.signal()
        isHeld.wait()
        return 0
      }
    }
    await withCheckedContinuation { continuation in
      Thread {
        begun.wait()
        continuation.resume()
      }.start()
    }
    let waiting = (1...2).map { number in Task { try await queue.run(until: .now + .seconds(60)) { number } } }
    while queue.load.waiting < 2 { try await Task.sleep(for: .milliseconds(2)) }
    do {
      _ = try await queue.run(until: .now + .seconds(60)) { 3 }
      Issue.record("a fourth was taken")
    } catch let fault as ServerFault {
      #expect(fault.kind == .busy && fault.kind.status == 503)
    }
    isHeld.signal()
    #expect(try await holder.value == 0)
    var done: [Int] = []
    for task in waiting { done.append(try await task.value) }
    #expect(done == [1, 2])
    queue.close()
  }

  @Test func metricsAreInTheFormOfPrometheus() throws {
    let server = try TestServer(count: 60)
    server.core.metrics.begin()
    server.core.metrics.end("query", status: 200, seconds: 0.0003)
    server.core.metrics.begin()
    server.core.metrics.end("query", status: 400, seconds: 20)
    let text = server.core.metricsText()
    #expect(text.contains("semid_requests_total{operation=\"query\",status=\"200\"} 1\n"))
    #expect(text.contains("semid_request_seconds_bucket{operation=\"query\",le=\"0.0005\"} 1\n"))
    #expect(text.contains("semid_request_seconds_bucket{operation=\"query\",le=\"+Inf\"} 2\n"))
    #expect(text.contains("semid_index_items{index=\"things\"} 60\n"))
    var families = Set<String>()
    for line in text.split(separator: "\n") {
      if line.hasPrefix("#") {
        if line.hasPrefix("# TYPE") { #expect(families.insert(String(line.split(separator: " ")[2])).inserted) }
        continue
      }
      #expect(line.wholeMatch(of: /[a-z_]+(\{[^{}]*\})? [0-9.e+-]+/) != nil, "\(line)")
    }
  }

  @Test func faultsHidePaths() {
    let fault = ServerFault(.io, "/srv/index/manifest.json", at: "byte 3", found: "/srv/index is gone")
    let clean = fault.hiding("/srv/index", as: "things")
    #expect(clean.message == "things/manifest.json: byte 3: things is gone")
    // Words stay words, whatever the directory is called.
    let words = ServerFault(
      .mismatch, "body", at: "items[0].vector", expected: "3 numbers, the dimension of the index", found: "a/index2",
      remedy: "make it again: POST /v1/indexes/shop/constraints, /srv/index2, /srv/index/x, (/srv/index)")
    for path in ["index", "a", "o", "/", ""] { #expect(words.hiding(path, as: "shop") == words) }
    #expect(
      words.hiding("/srv/index", as: "shop").remedy
        == "make it again: POST /v1/indexes/shop/constraints, /srv/index2, shop/x, (shop)")
    #expect(ServerFault(.io, "index/manifest.json").hiding("index", as: "shop").source == "shop/manifest.json")
    #expect(ServerFault(.io, "index2/manifest.json").hiding("index", as: "shop").source == "index2/manifest.json")
  }
}

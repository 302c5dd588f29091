extension FaissFileReader {
  /// A graph in layers, and the index that holds the vectors of its nodes.
  ///
  /// FAISS's search goes from neighbor to neighbor without checks. So every node must have a place in each of its
  /// layers, and every neighbor that it names in a layer must be in that layer itself.
  mutating func graph(_ header: FaissIndexHeader, _ type: FaissTypeCode) throws {
    let layers = try array(Double.self, "layers").count
    let start = offset
    let ends = try array(Int32.self, "places of layers", count: layers + 1)
    // Where the neighbors of each layer begin, within those of a node.
    let places = (0...layers).map { Int(ends[$0]) }
    guard places[0] == 0, zip(places, places.dropFirst()).allSatisfy(<=) else {
      throw fault("places of layers from 0 on, ascending", "others", at: start)
    }
    let levels = try array(Int32.self, "levels", count: header.count)
    for node in 0..<header.count where !(1...max(1, layers)).contains(Int(levels[node])) || layers == 0 {
      throw fault("nodes in 1 to \(layers) layers", "\(levels[node])", at: start)
    }
    let offsets = try array(UInt64.self, "places of nodes", count: header.count + 1)
    var place = 0
    for node in 0...header.count {
      guard offsets[node] == place else { throw fault("nodes one after another", "a gap or an overlap", at: start) }
      if node < header.count { place += places[Int(levels[node])] }
    }
    try neighbors(places, levels, offsets, count: place)
    try entry(header.count, levels)
    try number(Int32.self, "a beam in upper layers of", is: 1)
    let storage: FaissFamily = type == "IHNf" ? .flat : type == "IHNs" ? .scalarQuantizer : .productQuantizer
    _ = try index([storage], header, as: "vectors of a graph")
  }

  private mutating func neighbors(
    _ places: [Int], _ levels: FaissValues<Int32>, _ offsets: FaissValues<UInt64>, count: Int
  ) throws {
    let start = offset
    let neighbors = try array(Int32.self, "neighbors", count: count)
    for node in 0..<levels.count {
      let first = Int(offsets[node])
      for layer in 0..<Int(levels[node]) {
        for index in first + places[layer]..<first + places[layer + 1] {
          let neighbor = Int(neighbors[index])
          guard neighbor == -1 || (0..<levels.count).contains(neighbor) && Int(levels[neighbor]) > layer else {
            throw fault("neighbors among the nodes of their layer", "\(neighbor)", at: start)
          }
        }
      }
    }
  }

  /// The node to begin with, and how far a search goes.
  private mutating func entry(_ count: Int, _ levels: FaissValues<Int32>) throws {
    let start = offset
    let entry = try number(Int32.self, "an entry node of", in: count == 0 ? -1...(-1) : 0...count - 1)
    let top = Int(try number(Int32.self, "highest layer"))
    guard count == 0 ? top == -1 : top >= 0 && Int(levels[entry]) > top else {
      throw fault("an entry node in the highest layer", "node \(entry), layer \(top)", at: start)
    }
    for name in ["a width of construction of", "a width of searches of"] {
      _ = try number(Int32.self, name, in: 1...1 << 20)
    }
  }
}

import CKernels
import Vectors

extension Sketch {
  /// Sketches the items of a trie: O(N · d · log N), and the same bits for any number of threads.
  ///
  /// - Parameters:
  ///   - byInnerProduct: estimates −⟨q, x⟩ instead of |q − x|².
  ///   - vectors: N×d, by row.
  ///   - isUnit: whether vectors are to be brought to length 1.
  init(
    _ trie: CodeTrie, _ vectors: VectorRows, byInnerProduct: Bool, isUnit: Bool, cells: SketchCells.Options,
    pool: ThreadPool
  ) {
    let isUnit = isUnit && !vectors.isStored
    let dimension = vectors.columns
    let cells = vectors.withRows { row in
      SketchCells(count: trie.count, dimension: dimension, options: cells, pool: pool) { position, target in
        UnitVector.copy(row(Int(trie.rows[position])), count: dimension, isToBeUnit: isUnit, into: target)
      }
    }
    let layout = SketchLayout(starts: cells.starts)
    let rotation = FastRotation(dimension: vectors.columns)
    let form = SketchBlockForm(rotation)
    var centers = Matrix(rows: 0, columns: 0) { _ in }
    let bytes = Buffer<UInt8>(count: layout.blockCount * form.size) { bytes in
      let memory = SketchMemory(form: form, bytes: UnsafeMutableRawBufferPointer(bytes))
      centers = Matrix(rows: layout.cellCount + 1, columns: vectors.columns) { centers in
        vectors.withRows { row in
          guard let centers = centers.baseAddress else { return }
          let passes = SketchPasses(
            trie: trie, items: cells.items, layout: layout, rotation: rotation, row: row, centers: centers,
            memory: memory, isUnit: isUnit, byInnerProduct: byInnerProduct)
          passes.run(pool)
        }
      }
    }
    self.init(
      rotation: rotation, layout: layout, centers: centers, blocks: SketchBlocks(form: form, bytes: bytes))
  }
}

/// The arrays of a sketch while they are written; each task writes a part of its own.
private struct SketchMemory {
  let form: SketchBlockForm
  let bytes: UnsafeMutableRawBufferPointer

  func setPosition(_ slot: Int, _ position: Int) {
    bytes.storeBytes(
      of: UInt32(truncatingIfNeeded: position), toByteOffset: form.position(slot), as: UInt32.self)
  }

  func position(_ slot: Int) -> Int { Int(bytes.load(fromByteOffset: form.position(slot), as: UInt32.self)) }

  func set(_ slot: Int, scale: Float, offset: Float) {
    bytes.storeBytes(of: scale, toByteOffset: form.scale(slot), as: Float.self)
    bytes.storeBytes(of: offset, toByteOffset: form.offset(slot), as: Float.self)
  }

  func raiseOffset(_ slot: Int, by more: Float) {
    let place = form.offset(slot)
    bytes.storeBytes(of: bytes.load(fromByteOffset: place, as: Float.self) + more, toByteOffset: place, as: Float.self)
  }

  /// - Parameter pattern: the signs of four dimensions; the slot has none there yet.
  func setSigns(_ slot: Int, group: Int, _ pattern: UInt8) {
    bytes[form.signs(group: group, slot: slot)] |= slot % SketchLayout.blockSize < 16 ? pattern : pattern << 4
  }
}

/// The passes over the vectors that make a sketch.
private struct SketchPasses {
  /// A leaf counts as farther by this share of the spread of its items, which is their mean squared distance from the
  /// leaf's mean. Most items of a leaf are farther than the mean by the whole spread, but the nearest items of a wide
  /// leaf are nearer. With a share in between, fewer leaves have to be scanned.
  private static let spreadShare: Float = 0.35

  let trie: CodeTrie
  let items: Buffer<UInt32>
  let layout: SketchLayout
  let rotation: FastRotation
  let row: (Int) -> UnsafePointer<Float>
  let centers: UnsafeMutablePointer<Float>
  let memory: SketchMemory
  let isUnit: Bool
  let byInnerProduct: Bool

  private var d: Int { rotation.dimension }
  private var origin: UnsafeMutablePointer<Float> { centers + layout.cellCount * d }

  func run(_ pool: ThreadPool) {
    pool.run(tasks: layout.cellCount) { cell in
      mean(of: layout.items(cell).map { Int(items[$0]) }, into: centers + cell * d)
    }
    findOrigin()
    pool.run(tasks: layout.cellCount) { sketchItems(ofCell: $0) }
    let size = SketchLayout.blockSize
    pool.run(over: layout.leafCount, inPiecesOf: size) { sketchLeaves($0) }
    pool.run(over: layout.cellCount, inPiecesOf: size) { cells in
      let writer = writer()
      for cell in cells {
        writer.write(centers + cell * d, center: origin, slot: layout.cellBlock * size + cell)
      }
    }
  }

  private func read(_ position: Int, _ target: UnsafeMutablePointer<Float>) {
    UnitVector.copy(row(Int(trie.rows[position])), count: d, isToBeUnit: isUnit, into: target)
  }

  private func mean(of positions: some Collection<Int>, into center: UnsafeMutablePointer<Float>) {
    var sum = [Double](repeating: 0, count: d)
    var vector = [Float](repeating: 0, count: d)
    for position in positions {
      read(position, &vector)
      semid_accumulate(&sum, vector, d, 1)
    }
    for column in 0..<d { center[column] = Float(sum[column] / Double(max(positions.count, 1))) }
  }

  private func spread(of positions: [Int], around center: [Float]) -> Float {
    var vector = [Float](repeating: 0, count: d)
    var sum: Float = 0
    for position in positions {
      read(position, &vector)
      var square: Float = 0
      semid_l2_rows(center, vector, d, 1, &square)
      sum += square
    }
    return sum / Float(max(positions.count, 1))
  }

  /// The mean of all cells' vectors, from the cells' means.
  private func findOrigin() {
    for column in 0..<d {
      var sum = 0.0
      for cell in 0..<layout.cellCount {
        sum += Double(centers[cell * d + column]) * Double(layout.items(cell).count)
      }
      origin[column] = Float(sum / Double(max(layout.itemCount, 1)))
    }
  }

  private func writer() -> ResidualWriter {
    ResidualWriter(rotation: rotation, origin: origin, byInnerProduct: byInnerProduct, memory: memory)
  }

  private func sketchItems(ofCell cell: Int) {
    var positions = layout.items(cell).map { Int(items[$0]) }
    let order = LeafOrder(dimension: d) { read($0, $1) }
    order.sort(&positions)
    let writer = writer()
    var vector = [Float](repeating: 0, count: d)
    let first = Int(layout.leaves[cell]) * SketchLayout.blockSize
    for (place, position) in positions.enumerated() {
      memory.setPosition(first + place, position)
      read(position, &vector)
      writer.write(vector, center: centers + cell * d, slot: first + place)
    }
  }

  private func sketchLeaves(_ leaves: Range<Int>) {
    let size = SketchLayout.blockSize
    let writer = writer()
    var center = [Float](repeating: 0, count: d)
    for leaf in leaves {
      let tag = layout.tags[leaf]
      let (cell, count) = (SketchLayout.cell(tag: tag), SketchLayout.count(tag: tag))
      let positions = (0..<count).map { memory.position(leaf * size + $0) }
      mean(of: positions, into: &center)
      let slot = layout.leafBlock * size + leaf
      writer.write(center, center: centers + cell * d, slot: slot)
      if !byInnerProduct { memory.raiseOffset(slot, by: Self.spreadShare * spread(of: positions, around: center)) }
    }
  }
}

/// Writes the sketches of residuals.
private final class ResidualWriter {
  private let rotation: FastRotation
  private let origin: UnsafePointer<Float>
  private let byInnerProduct: Bool
  private let memory: SketchMemory
  private var residual: [Float]
  private var rotated: [Float]

  init(rotation: FastRotation, origin: UnsafePointer<Float>, byInnerProduct: Bool, memory: SketchMemory) {
    self.rotation = rotation
    self.origin = origin
    self.byInnerProduct = byInnerProduct
    self.memory = memory
    residual = Array(repeating: 0, count: rotation.dimension)
    rotated = Array(repeating: 0, count: rotation.width)
  }

  func write(_ vector: UnsafePointer<Float>, center: UnsafePointer<Float>, slot: Int) {
    var square = 0.0
    var along = 0.0
    var atOrigin = 0.0
    for column in 0..<rotation.dimension {
      let value = vector[column] - center[column]
      residual[column] = value
      square += Double(value) * Double(value)
      along += Double(value) * (Double(center[column]) - Double(origin[column]))
      atOrigin += Double(value) * Double(origin[column])
    }
    rotated.withUnsafeMutableBufferPointer { rotated in
      residual.withUnsafeBufferPointer { residual in
        guard let rotated = rotated.baseAddress, let residual = residual.baseAddress else { return }
        rotation.apply(residual, to: rotated)
      }
    }
    let absolute = writeSigns(slot)
    // A vector at its center has no residual to estimate.
    let scale = absolute > 0 ? square / absolute : 0
    memory.set(
      slot, scale: Float(byInnerProduct ? scale : 2 * scale),
      offset: Float(byInnerProduct ? -atOrigin : square + 2 * along))
  }

  /// - Returns: Σ|r|, which is ⟨r, s⟩.
  private func writeSigns(_ slot: Int) -> Double {
    var absolute = 0.0
    for group in 0..<memory.form.groups {
      var pattern: UInt8 = 0
      for bit in 0..<4 {
        let value = rotated[4 * group + bit]
        absolute += Double(abs(value))
        if value > 0 { pattern |= 1 << UInt8(bit) }
      }
      memory.setSigns(slot, group: group, pattern)
    }
    return absolute
  }
}

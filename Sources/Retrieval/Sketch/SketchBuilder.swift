import CKernels
import Vectors

extension Sketch {
  /// Sketches the items of a trie: O(N · d log d), and the same bits for any number of threads.
  ///
  /// - Parameters:
  ///   - byInnerProduct: estimates −⟨q, x⟩ instead of |q − x|².
  ///   - vectors: N×d, by row.
  ///   - isUnit: whether vectors are to be brought to length 1.
  ///   - shared: means to sketch around, where they have the cell's code; others are taken from the vectors.
  init(
    _ trie: CodeTrie, _ vectors: VectorRows, byInnerProduct: Bool, isUnit: Bool, around shared: SketchCenters? = nil,
    pool: ThreadPool
  ) {
    let isUnit = isUnit && !vectors.isStored
    let d = vectors.columns
    let rotation = FastRotation(dimension: d)
    let groups = rotation.width / 4
    let blocks = Self.blocks(of: trie)
    let cells = blocks.count - 1
    let slots = (blocks.last ?? 0) * Self.blockSize
    var codes = UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)
    var scales = UnsafeMutableBufferPointer<Float>(start: nil, count: 0)
    var offsets = UnsafeMutableBufferPointer<Float>(start: nil, count: 0)
    let codeBuffer = Buffer<UInt8>(count: slots / Self.blockSize * groups * 16) { codes = $0 }
    let scaleBuffer = Buffer<Float>(count: slots) { scales = $0 }
    let offsetBuffer = Buffer<Float>(count: slots) { offsets = $0 }
    // The buffers outlive these writes, and nobody else has them yet.
    let centers = withExtendedLifetime((codeBuffer, scaleBuffer, offsetBuffer)) {
      Matrix(rows: cells, columns: d) { centers in
        let centers = centers
        vectors.withRows { row in
          guard let centers = centers.baseAddress else { return }
          pool.run(tasks: cells) { cell in
            let items = trie.items(of: .init(level: 0, index: cell))
            let worker = CellSketcher(
              rotation: rotation, groups: groups, isUnit: isUnit, byInnerProduct: byInnerProduct)
            let center = centers + cell * d
            if shared?.copy(of: trie.levels[0].codes[cell], to: center) != true {
              worker.mean(of: items.lazy.map { row(Int(trie.rows[$0])) }, into: center)
            }
            for (place, position) in items.enumerated() {
              let slot = blocks[cell] * Self.blockSize + place
              (scales[slot], offsets[slot]) = worker.sketch(
                row(Int(trie.rows[position])), center: center, slot: slot, codes: codes)
            }
          }
        }
      }
    }
    self.init(
      rotation: rotation, centers: centers, blocks: blocks, codes: codeBuffer, scales: scaleBuffer,
      offsets: offsetBuffer)
  }
}

/// Sketches the items of one cell.
private final class CellSketcher {
  let rotation: FastRotation
  let groups: Int
  let isUnit: Bool
  let byInnerProduct: Bool
  private var vector: [Float]
  private var residual: [Float]
  private var rotated: [Float]

  init(rotation: FastRotation, groups: Int, isUnit: Bool, byInnerProduct: Bool) {
    self.rotation = rotation
    self.groups = groups
    self.isUnit = isUnit
    self.byInnerProduct = byInnerProduct
    vector = Array(repeating: 0, count: rotation.dimension)
    residual = vector
    rotated = Array(repeating: 0, count: rotation.width)
  }

  private func read(_ source: UnsafePointer<Float>) {
    vector.withUnsafeMutableBufferPointer { vector in
      guard let vector = vector.baseAddress else { return }
      if isUnit {
        UnitVector.write(source, count: rotation.dimension, into: vector)
      } else {
        UnsafeMutableRawPointer(vector).copyMemory(from: source, byteCount: 4 * rotation.dimension)
      }
    }
  }

  func mean(of vectors: some Collection<UnsafePointer<Float>>, into center: UnsafeMutablePointer<Float>) {
    var sum = [Double](repeating: 0, count: rotation.dimension)
    for source in vectors {
      read(source)
      semid_accumulate(&sum, vector, rotation.dimension, 1)
    }
    for column in sum.indices { center[column] = Float(sum[column] / Double(max(vectors.count, 1))) }
  }

  /// Writes the item's signs; returns its scale and offset.
  func sketch(
    _ source: UnsafePointer<Float>, center: UnsafePointer<Float>, slot: Int, codes: UnsafeMutableBufferPointer<UInt8>
  ) -> (Float, Float) {
    read(source)
    let d = rotation.dimension
    var square = 0.0
    var along = 0.0
    for column in 0..<d {
      let value = vector[column] - center[column]
      residual[column] = value
      square += Double(value) * Double(value)
      along += Double(value) * Double(center[column])
    }
    rotated.withUnsafeMutableBufferPointer { rotated in
      residual.withUnsafeBufferPointer { residual in
        guard let rotated = rotated.baseAddress, let residual = residual.baseAddress else { return }
        rotation.apply(residual, to: rotated)
      }
    }
    let block = slot / Sketch.blockSize
    let place = slot % Sketch.blockSize
    var absolute = 0.0
    for group in 0..<groups {
      var pattern: UInt8 = 0
      for bit in 0..<4 {
        let value = rotated[4 * group + bit]
        absolute += Double(abs(value))
        if value > 0 { pattern |= 1 << UInt8(bit) }
      }
      codes[(block * groups + group) * 16 + place % 16] |= place < 16 ? pattern : pattern << 4
    }
    // An item at its cell's centre has no residual to estimate.
    let scale = absolute > 0 ? square / absolute : 0
    return byInnerProduct ? (Float(scale), 0) : (Float(2 * scale), Float(square + 2 * along))
  }
}

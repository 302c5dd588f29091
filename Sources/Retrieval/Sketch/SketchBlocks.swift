import CKernels
import Vectors

/// The layout of a block of 32 slots: the signs of all, then the factor and the summand of each sum, and the positions
/// of the items. So a scan reads a block as one stretch of memory.
struct SketchBlockForm: Hashable, Sendable {
  /// Of four dimensions, a multiple of 8.
  let groups: Int

  init(_ rotation: FastRotation) { groups = rotation.width / 4 }
  init(dimension: Int) { groups = FastRotation.width(dimension: dimension) / 4 }

  /// Bytes a block: whole lines of the cache.
  var size: Int { semid_sketch_block_size(groups) }
  private var scales: Int { 16 * groups }

  /// The byte of a slot's signs in a group; of slots 16 and up in its high bits.
  func signs(group: Int, slot: Int) -> Int { block(slot) + 16 * group + slot % 16 }
  func scale(_ slot: Int) -> Int { block(slot) + scales + 4 * (slot % SketchLayout.blockSize) }
  func offset(_ slot: Int) -> Int { scale(slot) + 4 * SketchLayout.blockSize }
  func position(_ slot: Int) -> Int { offset(slot) + 4 * SketchLayout.blockSize }

  private func block(_ slot: Int) -> Int { slot / SketchLayout.blockSize * size }
}

/// The blocks of a sketch: those of items, then of leaves, then of cells.
struct SketchBlocks: Sendable {
  let form: SketchBlockForm
  let bytes: Buffer<UInt8>

  /// The positions of the items in some slots; 0 in a slot without one.
  func positions(_ slots: Range<Int>) -> [UInt32] {
    bytes.withUnsafeBufferPointer { bytes in
      let bytes = UnsafeRawBufferPointer(bytes)
      return slots.map { bytes.load(fromByteOffset: form.position($0), as: UInt32.self) }
    }
  }

  /// Calls `body` with every slot that holds an item, and the item's position.
  func forEachItem(of layout: SketchLayout, _ body: (_ slot: Int, _ position: UInt32) -> Void) {
    bytes.withUnsafeBufferPointer { bytes in
      let bytes = UnsafeRawBufferPointer(bytes)
      for cell in 0..<layout.cellCount {
        for slot in layout.slots(cell) { body(slot, bytes.load(fromByteOffset: form.position(slot), as: UInt32.self)) }
      }
    }
  }
}

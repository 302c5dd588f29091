/// An immutable, contiguous, shared array of trivial elements: owned, or a window on a mapped file.
///
/// Every large array in the engine is one. Copies share the memory, and mapping a file copies nothing. Owned memory is
/// aligned to 64 bytes (a cache line and a vector register).
public struct Buffer<Element: BitwiseCopyable & Sendable>: Sendable {
  // One reference, so that keeping it alive while an element is read costs nothing.
  @usableFromInline let owner: any AnyObject & Sendable
  /// Number of elements.
  public let count: Int
  @usableFromInline let address: UInt

  /// Allocates `count` elements and has `body` set every one of them. Memory starts as zero bytes.
  package init(count: Int, initializingWith body: (UnsafeMutableBufferPointer<Element>) throws -> Void) rethrows {
    let memory = ZeroedMemory(bytes: count * MemoryLayout<Element>.stride)
    let typed = memory.start.bindMemory(to: Element.self, capacity: max(count, 1))
    try body(UnsafeMutableBufferPointer(start: typed, count: count))
    self.owner = memory
    self.count = count
    self.address = UInt(bitPattern: memory.start)
  }

  /// Copies the elements into memory of its own. Linear in their number.
  public init(_ elements: some Collection<Element>) {
    self.init(count: elements.count) { buffer in _ = buffer.initialize(fromContentsOf: elements) }
  }

  /// A window on memory that `owner` keeps alive and unchanged.
  ///
  /// - Precondition: `start` is aligned for `Element`.
  package init(unsafe start: UnsafeRawPointer?, count: Int, keeping owner: any Sendable) {
    precondition(UInt(bitPattern: start) % UInt(MemoryLayout<Element>.alignment) == 0, "misaligned buffer")
    self.owner = Kept(value: owner)
    self.count = count
    self.address = UInt(bitPattern: start)
  }

  /// `count` elements of a mapped file from byte `offset`; nil when they do not lie inside the file or are misaligned.
  package init?(mapping file: MappedFile, offset: Int, count: Int) {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard !overflow, count >= 0, offset >= 0, offset <= file.count, bytes <= file.count - offset else { return nil }
    let start = file.bytes.baseAddress.map { $0 + offset }
    guard UInt(bitPattern: start) % UInt(MemoryLayout<Element>.alignment) == 0 else { return nil }
    self.init(unsafe: start, count: count, keeping: file)
  }

  /// Whether it has no element.
  public var isEmpty: Bool { count == 0 }

  /// Elements `range` of the same memory.
  package subscript(slice range: Range<Int>) -> Buffer {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "slice out of bounds")
    return Buffer(
      owner: owner, count: range.count,
      address: address + UInt(range.lowerBound * MemoryLayout<Element>.stride))
  }

  private init(owner: any AnyObject & Sendable, count: Int, address: UInt) {
    self.owner = owner
    self.count = count
    self.address = address
  }

  // Inlinable: called as a function of its own, it would cost several times as much as the element's load.
  /// Element `index`, from 0. Constant time.
  @inlinable public subscript(index: Int) -> Element {
    precondition(index >= 0 && index < count, "index out of bounds")
    // The address alone keeps nothing alive: without this the memory may be gone before the last element is read.
    defer { withExtendedLifetime(owner) {} }
    return UnsafePointer<Element>(bitPattern: address).unsafelyUnwrapped[index]
  }

  /// Calls `body` with the elements; the pointer is valid inside the call only.
  public func withUnsafeBufferPointer<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeBufferPointer<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(owner) {} }
    return try body(UnsafeBufferPointer(start: UnsafePointer<Element>(bitPattern: address), count: count))
  }

  /// The elements as an array of their own.
  public var array: [Element] { withUnsafeBufferPointer { Array($0) } }
}

/// Holds a value of any type behind one reference.
private final class Kept: Sendable {
  private let value: any Sendable

  init(value: any Sendable) { self.value = value }
}

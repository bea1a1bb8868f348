/// Memory of fixed size that the threads of one training share, each writing its own elements. Freed with its last reference.
@safe final class Buffer<Element: BitwiseCopyable>: @unchecked Sendable {
  // Unchecked: the parallel loops that share a buffer give every element to one thread only.

  /// The number of elements.
  let count: Int
  /// The first element, for kernels; valid as long as the buffer is referenced.
  let start: UnsafeMutablePointer<Element>

  init(_ count: Int, filledWith value: Element) {
    self.count = count
    // Allocated here, freed in deinit, never handed out beyond calls.
    unsafe start = UnsafeMutablePointer<Element>.allocate(capacity: max(1, count))
    unsafe start.initialize(repeating: value, count: count)
  }

  convenience init(_ values: [Element], paddedTo count: Int, with value: Element) {
    self.init(count, filledWith: value)
    for (index, element) in values.enumerated() { self[index] = element }
  }

  deinit {
    // The allocation of init; elements are bitwise copyable and need no destruction.
    unsafe start.deallocate()
  }

  subscript(index: Int) -> Element {
    @inline(__always) get {
      precondition(index >= 0 && index < count, "index outside the buffer")
      // In bounds by the line above.
      return unsafe start[index]
    }
    @inline(__always) set {
      precondition(index >= 0 && index < count, "index outside the buffer")
      // In bounds by the line above.
      unsafe start[index] = newValue
    }
  }

  /// The address of an element, for kernels that work on a part.
  func at(_ index: Int) -> UnsafeMutablePointer<Element> {
    precondition(index >= 0 && index <= count, "index outside the buffer")
    // In bounds, or one past the end for an empty part.
    return unsafe start + index
  }

  /// A copy of a part.
  func array(_ range: Range<Int>) -> [Element] { range.map { self[$0] } }
}

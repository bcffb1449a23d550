extension ValueTable {
  /// The lists of a table while their memory stays where it is, for loops over millions of them.
  public struct Lists {
    @usableFromInline let entries: UnsafeBufferPointer<Entry>
    @usableFromInline let elements: UnsafeBufferPointer<ValueCode>

    @usableFromInline
    init(entries: UnsafeBufferPointer<Entry>, elements: UnsafeBufferPointer<ValueCode>) {
      self.entries = entries
      self.elements = elements
    }

    /// The elements' codes, when a code is a list's; valid only as long as this is.
    @inlinable
    @inline(__always)
    public subscript(code: ValueCode) -> UnsafeBufferPointer<ValueCode>? {
      guard code.raw & 1 == 1 else { return nil }
      let entry = entries[Int(UInt32(bitPattern: code.raw) >> 1)]
      guard entry.kind == .list else { return nil }
      return UnsafeBufferPointer(rebasing: elements[entry.start..<entry.start + Int(entry.count)])
    }
  }

  /// Lends the lists; they must not be used after the call.
  public func withLists<Result, Failure: Error>(
    _ body: (Lists) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try entries.withUnsafeBufferPointer { (entries) throws(Failure) -> Result in
      try elements.withUnsafeBufferPointer { (elements) throws(Failure) -> Result in
        try body(Lists(entries: entries, elements: elements))
      }
    }
  }
}

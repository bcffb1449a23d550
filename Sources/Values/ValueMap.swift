/// A map from values to values, held as entries sorted by key.
public struct ValueMap: Hashable, Sendable {
  /// One key and what it maps to.
  public struct Entry: Hashable, Comparable, Sendable {
    public var key: Value
    public var value: Value

    public init(key: Value, value: Value) {
      self.key = key
      self.value = value
    }

    public static func < (left: Entry, right: Entry) -> Bool {
      left.key == right.key ? left.value < right.value : left.key < right.key
    }
  }

  /// The entries in ascending order of their keys, each key once.
  public private(set) var entries: [Entry]

  /// A map of `entries`; of several with one key the last counts.
  ///
  /// - Complexity: O(*n* log *n*); O(*n*) when they come sorted.
  public init(_ entries: [Entry] = []) {
    self.entries = entries
    let isSorted = zip(entries, entries.dropFirst()).allSatisfy { $0.key < $1.key }
    guard !isSorted else { return }
    // Swift's sort is stable, so the last of equal keys ends last.
    let sorted = entries.sorted { $0.key < $1.key }
    self.entries = []
    self.entries.reserveCapacity(sorted.count)
    for entry in sorted {
      if self.entries.last?.key == entry.key { self.entries.removeLast() }
      self.entries.append(entry)
    }
  }

  /// A map of keys that are each followed by their value.
  package init(flat: [Value]) {
    self.init(
      stride(from: 0, to: flat.count - 1, by: 2).map { Entry(key: flat[$0], value: flat[$0 + 1]) })
  }

  public var count: Int { entries.count }
  public var isEmpty: Bool { entries.isEmpty }

  /// - Complexity: O(log *n*) to read and to replace, O(*n*) to insert and to remove.
  public subscript(key: Value) -> Value? {
    get {
      let position = position(of: key)
      guard position < entries.count, entries[position].key == key else { return nil }
      return entries[position].value
    }
    set {
      let position = position(of: key)
      let isPresent = position < entries.count && entries[position].key == key
      switch (isPresent, newValue) {
      case (true, let value?): entries[position].value = value
      case (true, nil): entries.remove(at: position)
      case (false, let value?): entries.insert(Entry(key: key, value: value), at: position)
      case (false, nil): break
      }
    }
  }

  /// The entries of both maps; where a key is in both, the other's counts.
  public func merging(_ other: ValueMap) -> ValueMap {
    other.isEmpty ? self : ValueMap(entries + other.entries)
  }

  /// The index of the first entry whose key is not below `key`.
  private func position(of key: Value) -> Int {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].key < key { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// A set of values, held as sorted elements.
public struct ValueSet: Hashable, Sendable {
  /// The elements in ascending order, each once.
  public let elements: [Value]

  /// - Complexity: O(*n* log *n*).
  public init(_ elements: [Value]) {
    var distinct: [Value] = []
    distinct.reserveCapacity(elements.count)
    for element in elements.sorted() where distinct.last != element { distinct.append(element) }
    self.elements = distinct
  }
}

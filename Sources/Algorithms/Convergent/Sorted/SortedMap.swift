import Values

/// A map in the ascending order of its keys, so that equal maps are told and stored alike.
struct SortedMap<
  Key: Comparable & Hashable & Sendable & StablyCodable, Element: Hashable & Sendable
>:
  Hashable, Sendable
{
  struct Entry: Hashable, Sendable {
    var key: Key
    var element: Element
  }

  private(set) var entries: [Entry] = []

  init() {}

  init(_ key: Key, _ element: Element) { entries = [Entry(key: key, element: element)] }

  var isEmpty: Bool { entries.isEmpty }
  var keys: [Key] { entries.map(\.key) }

  /// The place of a key, or where it would be.
  private func place(of key: Key) -> Int {
    if let last = entries.last, last.key < key { return entries.count }
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].key < key { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func isAt(_ place: Int, _ key: Key) -> Bool {
    place < entries.count && entries[place].key == key
  }

  /// - Complexity: O(log *n*) to read, to replace, and to insert at the end; O(*n*) to insert
  /// elsewhere and to remove.
  subscript(key: Key) -> Element? {
    get {
      let place = place(of: key)
      return isAt(place, key) ? entries[place].element : nil
    }
    set {
      let place = place(of: key)
      switch (isAt(place, key), newValue) {
      case (true, let element?): entries[place].element = element
      case (true, nil): entries.remove(at: place)
      case (false, let element?): entries.insert(Entry(key: key, element: element), at: place)
      case (false, nil): break
      }
    }
  }

  /// Changes the element of a key in place, where there is one.
  mutating func update(_ key: Key, _ change: (inout Element) -> Void) {
    let place = place(of: key)
    if isAt(place, key) { change(&entries[place].element) }
  }

  mutating func removeAll(where isGone: (Entry) -> Bool) { entries.removeAll(where: isGone) }

  /// Takes in another map's entries; where a key is in both, `combine` makes the element.
  ///
  /// - Complexity: O(*n* + *m* log *n*), less where few entries come.
  mutating func merge(_ other: SortedMap, _ combine: (inout Element, Element) -> Void) {
    join(other, combine: combine, admit: { $0 })
  }

  /// Takes in another map: where a key is in both, `combine` makes the element; an element that is
  /// only there comes as `admit` gives it, or not at all.
  ///
  /// - Complexity: O(*n* + *m* log *n*), less where few entries come.
  mutating func join(
    _ other: SortedMap, combine: (inout Element, Element) -> Void, admit: (Element) -> Element?
  ) {
    var coming: [Entry] = []
    for entry in other.entries {
      let place = place(of: entry.key)
      if isAt(place, entry.key) {
        combine(&entries[place].element, entry.element)
      } else if let element = admit(entry.element) {
        coming.append(Entry(key: entry.key, element: element))
      }
    }
    insert(coming)
  }

  /// Takes in another map, and lets elements go: in ascending order of the keys, an element is
  /// changed by `combine` where its key is in both maps, by `keep` where it is only here, and stays
  /// where that says so; an element that is only there comes as `admit` gives it, or not at all.
  ///
  /// - Complexity: O(*n* + *m*).
  mutating func join(
    _ other: SortedMap, combine: (inout Element, Element) -> Bool,
    keep: (Key, inout Element) -> Bool, admit: (Element) -> Element?
  ) {
    var coming: [Entry] = []
    var gone: [Int] = []
    var next = 0
    for place in entries.indices {
      while next < other.entries.count && other.entries[next].key < entries[place].key {
        if let element = admit(other.entries[next].element) {
          coming.append(Entry(key: other.entries[next].key, element: element))
        }
        next += 1
      }
      let stays: Bool
      if next < other.entries.count && other.entries[next].key == entries[place].key {
        stays = combine(&entries[place].element, other.entries[next].element)
        next += 1
      } else {
        stays = keep(entries[place].key, &entries[place].element)
      }
      if !stays { gone.append(place) }
    }
    for entry in other.entries[next...] {
      if let element = admit(entry.element) {
        coming.append(Entry(key: entry.key, element: element))
      }
    }
    drop(gone)
    insert(coming)
  }

  /// Removes the entries at ascending places.
  private mutating func drop(_ gone: [Int]) {
    guard let first = gone.first else { return }
    var next = 0
    var end = first
    for place in first..<entries.count {
      if next < gone.count && gone[next] == place {
        next += 1
      } else {
        entries.swapAt(end, place)
        end += 1
      }
    }
    entries.removeLast(entries.count - end)
  }

  /// Inserts ascending entries of keys that are not here.
  private mutating func insert(_ coming: [Entry]) {
    if coming.count < 8 {
      for entry in coming { entries.insert(entry, at: place(of: entry.key)) }
      return
    }
    var all: [Entry] = []
    all.reserveCapacity(entries.count + coming.count)
    var place = 0
    for entry in coming {
      while place < entries.count && entries[place].key < entry.key {
        all.append(entries[place])
        place += 1
      }
      all.append(entry)
    }
    all += entries[place...]
    entries = all
  }
}

extension SortedMap {
  /// Reads what `encode(into:)` wrote, each element by `read`.
  init?(from source: inout ByteSource, _ read: (inout ByteSource) -> Element?) {
    guard let count = source.integer(), count >= 0, count <= source.remaining else { return nil }
    entries.reserveCapacity(count)
    for _ in 0..<count {
      guard let key = Key(from: &source), let element = read(&source) else { return nil }
      if let last = entries.last, last.key >= key { return nil }
      entries.append(Entry(key: key, element: element))
    }
  }
}

extension SortedMap: StablyEncodable where Element: StablyEncodable {
  func encode(into sink: inout some ByteSink) {
    sink.put(entries.count)
    for entry in entries {
      entry.key.encode(into: &sink)
      entry.element.encode(into: &sink)
    }
  }
}

extension SortedMap: StablyCodable where Element: StablyCodable {
  init?(from source: inout ByteSource) { self.init(from: &source) { Element(from: &$0) } }
}

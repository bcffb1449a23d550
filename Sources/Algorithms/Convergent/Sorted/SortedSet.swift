import Values

/// A set in the ascending order of its elements, so that equal sets are told and stored alike.
struct SortedSet<Element: Comparable & Hashable & Sendable & StablyCodable>: Hashable, Sendable {
  private(set) var elements: [Element] = []

  init() {}

  init(_ element: Element) { elements = [element] }

  var isEmpty: Bool { elements.isEmpty }

  /// The place of an element, or where it would be.
  private func place(of element: Element) -> Int {
    if let last = elements.last, last < element { return elements.count }
    var low = 0
    var high = elements.count
    while low < high {
      let middle = (low + high) / 2
      if elements[middle] < element { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// - Complexity: O(log *n*).
  func contains(_ element: Element) -> Bool {
    let place = place(of: element)
    return place < elements.count && elements[place] == element
  }

  /// - Complexity: O(log *n*) at the end, O(*n*) elsewhere.
  mutating func insert(_ element: Element) {
    let place = place(of: element)
    if place == elements.count || elements[place] != element {
      elements.insert(element, at: place)
    }
  }

  mutating func remove(_ element: Element) {
    let place = place(of: element)
    if place < elements.count && elements[place] == element { elements.remove(at: place) }
  }

  mutating func removeAll(where isGone: (Element) -> Bool) { elements.removeAll(where: isGone) }

  /// - Complexity: O(*n* + *m*), less where few elements come.
  mutating func formUnion(_ other: SortedSet) {
    if other.elements.count < 8 {
      for element in other.elements { insert(element) }
      return
    }
    var union: [Element] = []
    union.reserveCapacity(elements.count + other.elements.count)
    var place = 0
    for element in other.elements {
      while place < elements.count && elements[place] < element {
        union.append(elements[place])
        place += 1
      }
      if place < elements.count && elements[place] == element { place += 1 }
      union.append(element)
    }
    union += elements[place...]
    elements = union
  }

  /// Takes all elements of another set in as they are, those that are here already a second time:
  /// no set any more, for planted bugs only.
  ///
  /// No element is there more than twice, so that states don't grow with every merge.
  mutating func append(_ other: SortedSet) {
    let all = (elements + other.elements).sorted()
    elements = all.enumerated().filter { $0 < 2 || all[$0 - 2] != $1 }.map(\.element)
  }
}

extension SortedSet: StablyCodable {
  func encode(into sink: inout some ByteSink) { sink.put(elements) }

  init?(from source: inout ByteSource) {
    guard let elements = source.elements(Element.self) else { return nil }
    self.elements = elements
    guard zip(elements, elements.dropFirst()).allSatisfy({ $0 <= $1 }) else { return nil }
  }
}

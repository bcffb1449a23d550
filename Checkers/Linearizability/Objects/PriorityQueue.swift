/// A priority queue: the element of the least priority leaves first, of several any.
public struct PriorityQueue: NondeterministicObject {
  public struct Element: Hashable, Comparable, Sendable {
    /// The least leaves first.
    public var priority: Int32
    public var value: Int32

    public init(priority: Int32, value: Int32) {
      self.priority = priority
      self.value = value
    }

    public static func < (left: Element, right: Element) -> Bool {
      (left.priority, left.value) < (right.priority, right.value)
    }
  }

  public enum Operation: Hashable, Sendable {
    case insert(Element)
    case removeMin(Element)
    /// Answered that the queue was empty.
    case removeEmpty
    /// Never answered: took one of the least elements, or found none.
    case removeUnknown
  }

  public init() {}

  /// The elements, ascending.
  public var initial: [Element] { [] }

  public func successors(of state: [Element], _ operation: Operation) -> [[Element]] {
    switch operation {
    case .insert(let element): return [(state + [element]).sorted()]
    case .removeMin(let element):
      guard let place = state.firstIndex(of: element), state[0].priority == element.priority
      else { return [] }
      return [removing(place, from: state)]
    case .removeEmpty: return state.isEmpty ? [state] : []
    case .removeUnknown:
      let least = state.prefix { $0.priority == state[0].priority }
      return least.isEmpty ? [state] : least.indices.map { removing($0, from: state) }
    }
  }

  private func removing(_ place: Int, from state: [Element]) -> [Element] {
    var rest = state
    rest.remove(at: place)
    return rest
  }
}

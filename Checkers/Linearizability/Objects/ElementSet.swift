/// A set whose elements are added, removed, asked for, and read all together.
public struct ElementSet: SequentialObject {
  public enum Operation: Hashable, Sendable {
    case add(Int32)
    case remove(Int32)
    case contains(Int32, Bool)
    /// Answered the set with this number.
    case read(Int32)
  }

  /// The sets that reads answered, by number, each ascending.
  public let sets: [[Int32]]

  public init(sets: [[Int32]] = []) { self.sets = sets }

  /// The elements, ascending.
  public var initial: [Int32] { [] }

  public func step(_ state: [Int32], _ operation: Operation) -> [Int32]? {
    switch operation {
    case .add(let element):
      state.contains(element) ? state : (state + [element]).sorted()
    case .remove(let element): state.filter { $0 != element }
    case .contains(let element, let answer):
      state.contains(element) == answer ? state : nil
    case .read(let set): sets[Int(set)] == state ? state : nil
    }
  }

  /// Elements come and go each for itself; who reads them all touches more than can be said.
  public func touches(of operation: Operation) -> [Touch]? {
    switch operation {
    case .add(let element), .remove(let element):
      [Touch(part: element, looks: false, sets: true)]
    case .contains(let element, _): [Touch(part: element, looks: true, sets: false)]
    case .read: nil
    }
  }

  public func mayLead(_ state: [Int32], to operation: Operation, part: Int32) -> Bool {
    guard case .contains(let element, let answer) = operation else { return true }
    return state.contains(element) == answer
  }

  public func isPure(_ operation: Operation) -> Bool {
    switch operation {
    case .contains, .read: true
    case .add, .remove: false
    }
  }
}

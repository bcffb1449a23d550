/// A register: read, write and compare-and-set, each an ``Action`` on the number of a value.
public struct Register: SequentialObject {
  public let initial: Int32

  public init(initial: Int32) { self.initial = initial }

  public func step(_ state: Int32, _ operation: Action) -> Int32? {
    switch operation {
    case .observe(let seen): seen == state ? state : nil
    case .differ(let other): other != state ? state : nil
    case .set(let new): new
    case .move(let from, let to): from == state ? to : nil
    case .apply, .inspect: nil
    }
  }

  public func isPure(_ operation: Action) -> Bool { operation.isPure }

  public func numbered(_ history: ObjectHistory<Action>) -> NumberedHistory<Int32> {
    NumberedHistory(history, Transitions(initial: initial)) { $0 }
  }
}

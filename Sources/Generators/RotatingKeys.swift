/// A few keys in use at a time, each replaced by a fresh one after a bounded amount of work.
///
/// An operation whose outcome is unknown stays open for ever, and what a checker must search grows
/// with every one on the same key. So a key is given up not only after so many operations but also
/// before more than so many distinct processes used it: each crash makes a new process.
public struct RotatingKeys: Sendable {
  /// One key in use.
  private struct Slot: Sendable {
    var key: Int
    var operations = 0
    var processes: [Int] = []
  }

  private var slots: [Slot]
  private var fresh: Int
  public let operationsPerKey: Int

  /// Keys 0 ..< `count` to begin with, and the integers from there on later.
  public init(count: Int, operationsPerKey: Int) {
    precondition(
      count > 0 && operationsPerKey > 0,
      "\(count) keys of \(operationsPerKey) operations leave nothing to do")
    slots = (0..<count).map { Slot(key: $0) }
    fresh = count
    self.operationsPerKey = operationsPerKey
  }

  public var count: Int { slots.count }

  /// The key of a slot, for an operation of a process; where it has had its share of operations or
  /// of processes, the slot's next key.
  ///
  /// - Complexity: O(`processesPerKey`).
  public mutating func use(slot: Int, by process: Int?, processesPerKey: Int) -> Int {
    let isNew = process.map { !slots[slot].processes.contains($0) } ?? false
    let isFull = isNew && slots[slot].processes.count >= processesPerKey
    if isFull || slots[slot].operations >= operationsPerKey {
      slots[slot] = Slot(key: fresh)
      fresh += 1
    }
    slots[slot].operations += 1
    if let process, isNew || slots[slot].processes.isEmpty { slots[slot].processes.append(process) }
    return slots[slot].key
  }

  /// The slot that a key is in use in.
  public func slot(of key: Int) -> Int? { slots.firstIndex { $0.key == key } }
}

internal import Histories
internal import Values

/// A set, by how it decides between adds and removes of one element.
struct SetSpecification: Specification {
  private let history: ReplicaHistory
  private let elements: Elements
  /// Adds that no remove has seen, or, where removes win, removes that no add has seen.
  private var contributions: LiveContributions
  private var isAdded: [Bool]
  private var isRemoved: [Bool]
  /// The greatest stamp of each element's updates.
  private var stamps: [ReplicaHistory.Stamp?]
  private var isPresent: [Bool]
  private var presentCount = 0
  /// For each element the last answer that had it.
  private var answers: [Int]
  private var answerCount = 0

  private static let addition: UInt8 = 0

  init(_ history: ReplicaHistory) {
    self.history = history
    elements = Elements(history)
    contributions = LiveContributions(history, slotCount: elements.count)
    isAdded = Array(repeating: false, count: elements.count)
    isRemoved = isAdded
    isPresent = isAdded
    stamps = Array(repeating: nil, count: elements.count)
    answers = Array(repeating: 0, count: elements.count)
  }

  mutating func reset() {
    contributions.reset()
    presentCount = 0
    for element in 0..<elements.count {
      isAdded[element] = false
      isRemoved[element] = false
      isPresent[element] = false
      stamps[element] = nil
    }
  }

  mutating func see(_ update: Int) {
    let slot = elements.slots[update]
    let element = Int(slot)
    let isAddition = history.functions[update] == SetSpecification.addition
    switch history.type {
    case .addWinsSet:
      if isAddition {
        contributions.contribute(1, to: slot, by: update)
      } else {
        contributions.take(slot, by: update)
      }
      set(element, !contributions[slot].isEmpty)
    case .removeWinsSet:
      if isAddition {
        isAdded[element] = true
        contributions.take(slot, by: update)
      } else {
        contributions.contribute(1, to: slot, by: update)
      }
      set(element, isAdded[element] && contributions[slot].isEmpty)
    case .lastWriterSet:
      guard let stamp = history.stamps[update], stamps[element].map({ $0 < stamp }) ?? true else {
        return
      }
      stamps[element] = stamp
      set(element, isAddition)
    default:
      if isAddition { isAdded[element] = true } else { isRemoved[element] = true }
      set(element, isAdded[element] && !isRemoved[element])
    }
  }

  private mutating func set(_ element: Int, _ isIn: Bool) {
    guard isPresent[element] != isIn else { return }
    isPresent[element] = isIn
    presentCount += isIn ? 1 : -1
  }

  mutating func allows(_ answer: ValueCode) -> Bool {
    guard let read = history.table.elements(of: answer) else { return false }
    guard read.count == presentCount else { return false }
    answerCount += 1
    for code in read {
      guard let element = elements.number(of: code).map({ Int($0) }), isPresent[element],
        answers[element] < answerCount
      else { return false }
      answers[element] = answerCount
    }
    return true
  }

  var value: Value {
    .list((0..<elements.count).filter { isPresent[$0] }.map { elements.value($0) }.sorted())
  }
}

/// What updates of sets and of carts are about: elements and items, as small numbers.
struct Elements {
  private let table: ValueTable
  private var known: CodeNumbers
  /// For each update its element.
  let slots: [Int32]

  /// - Parameter key: The code of what an update is about.
  init(_ history: ReplicaHistory, key: (Int) -> ValueCode) {
    table = history.table
    var known = CodeNumbers(bound: history.history.count)
    slots = (0..<history.updateCount).map { known.number(of: key($0)) }
    self.known = known
  }

  init(_ history: ReplicaHistory) { self.init(history) { history.operands[$0] } }

  var count: Int { known.count }
  func number(of code: ValueCode) -> Int32? { known.number(ofKnown: code) }
  func value(_ element: Int) -> Value { table.value(of: known.codes[element]) }
}

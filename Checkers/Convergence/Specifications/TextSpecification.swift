internal import Histories
internal import Values

/// The elements of a text: what was inserted and not deleted.
///
/// Their order is judged for all reads together, by ``TextOrder``.
struct TextSpecification: Specification {
  private let history: ReplicaHistory
  private let elements: Elements
  private var isInserted: [Bool]
  private var isDeleted: [Bool]
  private var presentCount = 0
  private var answers: [Int]
  private var answerCount = 0

  private static let insert: UInt8 = 0

  init(_ history: ReplicaHistory) {
    self.history = history
    elements = Elements(history) { TextSpecification.element(of: $0, history) }
    isInserted = Array(repeating: false, count: elements.count)
    isDeleted = isInserted
    answers = Array(repeating: 0, count: elements.count)
  }

  /// The element that an update inserted or deleted.
  static func element(of update: Int, _ history: ReplicaHistory) -> ValueCode {
    let result = history.results[update]
    guard history.functions[update] == insert else { return result }
    let parts = history.table.elements(of: result)
    return parts.flatMap { $0.count == 2 || $0.count == 3 ? $0[$0.startIndex + 1] : nil } ?? result
  }

  mutating func reset() {
    presentCount = 0
    for element in 0..<elements.count {
      isInserted[element] = false
      isDeleted[element] = false
    }
  }

  mutating func see(_ update: Int) {
    let element = Int(elements.slots[update])
    let wasPresent = isPresent(element)
    if history.functions[update] == TextSpecification.insert {
      isInserted[element] = true
    } else {
      isDeleted[element] = true
    }
    presentCount += (isPresent(element) ? 1 : 0) - (wasPresent ? 1 : 0)
  }

  private func isPresent(_ element: Int) -> Bool { isInserted[element] && !isDeleted[element] }

  mutating func allows(_ answer: ValueCode) -> Bool {
    guard let read = history.table.elements(of: answer), read.count == presentCount else {
      return false
    }
    answerCount += 1
    for code in read {
      guard let element = elements.number(of: code).map({ Int($0) }), isPresent(element),
        answers[element] < answerCount
      else { return false }
      answers[element] = answerCount
    }
    return true
  }

  var value: Value {
    .list((0..<elements.count).filter { isPresent($0) }.map { elements.value($0) }.sorted())
  }
}

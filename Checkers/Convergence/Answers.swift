internal import Histories
internal import Values

/// What is wrong with an answer whatever its replica had seen.
enum Fault: String {
  /// A value that nobody wrote.
  case phantom
  /// An element twice.
  case duplicated
  /// A counter below its bound.
  case belowBound = "below-bound"
  /// Nodes with two parents, or below themselves.
  case malformedTree = "malformed-tree"
  /// No answer of this type at all.
  case unreadable
}

/// Looks at the answers of reads one by one.
struct Answers {
  private let history: ReplicaHistory
  private let table: ValueTable
  /// What updates that did not certainly fail may have written: elements, items, values, nodes.
  private var written: Set<ValueCode> = []
  /// Whether somebody may have enabled a flag.
  private var isEnabled = false

  init(_ history: ReplicaHistory) {
    self.history = history
    table = history.table
    for attempt in history.attempts.keys {
      switch (history.type, attempt.function) {
      case (.growOnlySet, _), (.lastWriterRegister, _), (.multiValueRegister, _), (.tree, _): break
      case (.enableWinsFlag, 0), (.disableWinsFlag, 0): isEnabled = true
      case (.twoPhaseSet, 0), (.lastWriterSet, 0), (.addWinsSet, 0), (.removeWinsSet, 0): break
      case (.text, 0):
        if let pair = table.pair(of: attempt.operand) { written.insert(pair.1) }
        continue
      case (.cart, 0...1):
        if let pair = table.pair(of: attempt.operand) { written.insert(pair.0) }
        continue
      default: continue
      }
      written.insert(attempt.operand)
    }
  }

  /// The first thing that is wrong with an answer, and where.
  ///
  /// - Complexity: O(*n*) for an answer of *n* elements.
  func fault(in answer: ValueCode) -> (fault: Fault, place: Value)? {
    switch history.type {
    case .growOnlyCounter, .counter, .boundedCounter:
      guard let number = table.value(of: answer).integer else { return unreadable(answer) }
      return history.type == .boundedCounter && number < 0
        ? (.belowBound, .integer(number)) : nil
    case .enableWinsFlag, .disableWinsFlag:
      guard case .bool(let isOn) = table.value(of: answer) else { return unreadable(answer) }
      return isOn && !isEnabled ? (.phantom, true) : nil
    case .lastWriterRegister:
      return answer == .null || written.contains(answer)
        ? nil : (.phantom, table.value(of: answer))
    case .map:
      return table.isList(answer) ? nil : unreadable(answer)
    case .cart: return pairs(answer) { item, _ in item }
    case .tree: return strangeMove(answer) ?? circle(answer)
    case .multiValueRegister:
      // Writes of one value that had not seen each other may both be kept.
      guard let values = table.elements(of: answer) else { return unreadable(answer) }
      return repeatedValue(values) ?? elementFault(Set(values).sorted { $0.raw < $1.raw })
    default:
      guard let elements = table.elements(of: answer) else { return unreadable(answer) }
      return elementFault(elements)
    }
  }

  private func unreadable(_ answer: ValueCode) -> (fault: Fault, place: Value) {
    (.unreadable, table.value(of: answer))
  }

  private func elementFault(
    _ elements: some Collection<ValueCode>
  ) -> (fault: Fault, place: Value)? {
    elementFault(elements, from: written)
  }

  private func elementFault(
    _ elements: some Collection<ValueCode>, from written: Set<ValueCode>?
  ) -> (fault: Fault, place: Value)? {
    var seen: Set<ValueCode> = []
    seen.reserveCapacity(elements.count)
    for element in elements {
      guard written?.contains(element) ?? true else { return (.phantom, table.value(of: element)) }
      guard seen.insert(element).inserted else { return (.duplicated, table.value(of: element)) }
    }
    return nil
  }

  /// A value that is there more often than it was written.
  private func repeatedValue(
    _ values: some Collection<ValueCode>
  ) -> (fault: Fault, place: Value)? {
    var counts: [ValueCode: Int] = [:]
    for value in values {
      let count = counts[value, default: 0] + 1
      counts[value] = count
      let writes = history.attempts[ReplicaHistory.Attempt(function: 0, operand: value)] ?? 1
      guard count <= max(writes, 1) else { return (.duplicated, table.value(of: value)) }
    }
    return nil
  }

  /// A node below a parent to which nobody moved it, or below two.
  private func strangeMove(_ answer: ValueCode) -> (fault: Fault, place: Value)? {
    if let fault = pairs(answer, { node, _ in node }, from: nil) { return fault }
    let moves = table.elements(of: answer) ?? []
    return moves.first { !written.contains($0) }.map { (.phantom, table.value(of: $0)) }
  }

  private func pairs(
    _ answer: ValueCode, _ part: (ValueCode, ValueCode) -> ValueCode
  ) -> (fault: Fault, place: Value)? {
    pairs(answer, part, from: written)
  }

  /// - Parameter written: What the parts may be; nothing where that is judged elsewhere.
  private func pairs(
    _ answer: ValueCode, _ part: (ValueCode, ValueCode) -> ValueCode, from written: Set<ValueCode>?
  ) -> (fault: Fault, place: Value)? {
    guard let elements = table.elements(of: answer) else { return unreadable(answer) }
    var parts: [ValueCode] = []
    for element in elements {
      guard let pair = table.pair(of: element) else { return unreadable(element) }
      parts.append(part(pair.0, pair.1))
    }
    guard let fault = elementFault(parts, from: written) else { return nil }
    return fault.fault == .duplicated && history.type == .tree
      ? (.malformedTree, fault.place) : fault
  }

  /// A node of a tree that is below itself.
  private func circle(_ answer: ValueCode) -> (fault: Fault, place: Value)? {
    var parents: [ValueCode: ValueCode] = [:]
    for element in table.elements(of: answer) ?? [] {
      guard let (node, parent) = table.pair(of: element) else { continue }
      parents[node] = parent
    }
    // The walk that passed a node; one that comes to its own trace goes in a circle.
    var walks: [ValueCode: Int] = [:]
    for (walk, start) in parents.keys.sorted(by: { $0.raw < $1.raw }).enumerated() {
      var node = start
      while let parent = parents[node], walks[node] == nil {
        walks[node] = walk
        node = parent
      }
      if walks[node] == walk, parents[node] != nil {
        return (.malformedTree, table.value(of: node))
      }
    }
    return nil
  }
}

import Isolation

extension DefinitionSearch {
  struct Axioms {
    var isTransitive = false
    var isPrefix = false
    var isTotal = false
    var hasNoConflict = false
    var order = SerialSearch.Precedence.none
  }

  func precedes(_ a: Int, _ b: Int, _ order: SerialSearch.Precedence) -> Bool {
    let (first, second) = (transactions[a], transactions[b])
    guard a != b, !first.isOptional else { return false }
    return switch order {
    case .none: false
    case .sessions: first.process == second.process && first.begin < second.begin
    case .realtime: first.end < second.begin
    }
  }

  func hasVisibility(_ axioms: Axioms) -> Bool { place([], [], axioms) }

  /// - Parameter visible: For each transaction in order the set of the places that it sees.
  func place(_ order: [Int], _ visible: [Int], _ axioms: Axioms) -> Bool {
    if transactions.indices.allSatisfy({ order.contains($0) || transactions[$0].isOptional }) {
      return true
    }
    for next in transactions.indices where !order.contains(next) {
      var needed = 0
      var isReady = true
      for other in transactions.indices where precedes(other, next, axioms.order) {
        guard let place = order.firstIndex(of: other) else {
          isReady = false
          continue
        }
        needed |= 1 << place
      }
      guard isReady else { continue }
      if axioms.hasNoConflict {
        for (place, other) in order.enumerated() where haveConflict(other, next) {
          needed |= 1 << place
        }
      }
      let whole = (1 << order.count) - 1
      // To see less is never worse for those that come later.
      var tried: [Int] = []
      for seen in 0...whole
      where seen & needed == needed && !tried.contains(where: { seen & $0 == $0 }) {
        if axioms.isTotal, seen != whole { continue }
        if axioms.isPrefix, seen & (seen + 1) != 0 { continue }
        if axioms.isTransitive,
          order.indices.contains(where: { seen >> $0 & 1 == 1 && visible[$0] & ~seen != 0 })
        {
          continue
        }
        guard explains(next, order, seen) else { continue }
        tried.append(seen)
        if place(order + [next], visible + [seen], axioms) { return true }
        if !axioms.isTransitive { break }
      }
    }
    return false
  }

  private func haveConflict(_ a: Int, _ b: Int) -> Bool {
    (0..<keyCount).contains {
      !transactions[a].writes[$0].isEmpty && !transactions[b].writes[$0].isEmpty
    }
  }

  /// Whether what a transaction sees explains all that it read.
  func explains(_ next: Int, _ order: [Int], _ seen: Int) -> Bool {
    guard !transactions[next].isOptional else { return true }
    var state = [[Int]?](repeating: nil, count: keyCount)
    for step in transactions[next].steps {
      var current = state[step.key] ?? snapshot(of: step.key, order, seen)
      if step.isRead {
        if current != step.values { return false }
      } else {
        current = kind == .listAppend ? current + step.values : step.values
      }
      state[step.key] = current
    }
    return true
  }

  private func snapshot(of key: Int, _ order: [Int], _ seen: Int) -> [Int] {
    let last = order.indices.last {
      seen >> $0 & 1 == 1 && !transactions[order[$0]].writes[key].isEmpty
    }
    guard let last else { return [] }
    return version(of: key, after: order[...last])
  }

  func version(of key: Int, after order: ArraySlice<Int>) -> [Int] {
    let writes = order.flatMap { transactions[$0].writes[key] }
    return kind == .listAppend ? writes : Array(writes.suffix(1))
  }
}

import Values

extension Dependencies {
  /// One step of a cycle: from a transaction to the next, over joints.
  private struct Step {
    var from: Int32
    var to: Int32
    var label: Dependency
  }

  /// A cycle as Elle tells it: each transaction, and why it comes before the next.
  func incident(_ cycle: [LabelledGraph.Edge], in graph: LabelledGraph) -> Incidents.Incident {
    var steps: [Step] = []
    for edge in cycle {
      let (from, to) = (graph.transactions[Int(edge.from)], graph.transactions[Int(edge.to)])
      if from >= 0 {
        steps.append(Step(from: from, to: to, label: edge.label))
      } else if let last = steps.indices.last {
        steps[last].to = to
      }
    }
    var names: [Int32: String] = [:]
    for (place, step) in steps.enumerated() where names[step.from] == nil {
      names[step.from] = "T\(place + 1)"
    }
    let reasons = steps.enumerated().map { place, step in
      let (from, to) = (names[step.from] ?? "", names[step.to] ?? "")
      let isLast = place == steps.count - 1
      return "\(isLast ? "However, " : "")\(from) < \(to), because "
        + reason((Int(step.from), from), (Int(step.to), to), step.label)
        + (isLast ? ": a contradiction!" : ".")
    }
    return Incidents.Incident(transactions: steps.map { Int($0.from) }, reasons: reasons)
  }

  private typealias Named = (transaction: Int, name: String)

  private func reason(_ from: Named, _ to: Named, _ label: Dependency) -> String {
    if label.contains(.wr) { return reasonOfRead(from, to) }
    if label.contains(.ww) { return reasonOfWrite(from, to) }
    if label.contains(.rw) { return reasonOfMissed(from, to) }
    if label.contains(.process) {
      return "process \(transactions.process(of: from.transaction)) executed \(from.name) before "
        + to.name
    }
    return transactions.textOfPrecedence(from, to)
  }

  private func text(_ slot: Int32) -> String {
    transactions.text(of: chains.versions[Int(slot)])
  }

  private func keyText(_ slot: Int32) -> String {
    transactions.keyText(chains.keys[Int(chains.chains[Int(slot)])])
  }

  private func reasonOfRead(_ from: Named, _ to: Named) -> String {
    for step in transactions.steps(of: to.transaction)
    where transactions.kinds[step] != .write {
      let slot = chains.slots[step]
      let key = transactions.keyText(transactions.keys[step])
      if slot < 0 {
        guard transactions.kinds[step] == .externalRead,
          transactions.looseWriter(of: step) == Int32(from.transaction)
        else { continue }
        return "\(to.name) read \(transactions.text(observedBy: step)) from \(key), which "
          + "\(from.name) wrote"
      }
      guard chains.writers[Int(slot)] == Int32(from.transaction) else { continue }
      return transactions.kind == .listAppend
        ? "\(to.name) observed \(from.name)'s append of \(text(slot)) to \(key)"
        : "\(from.name) wrote \(key) = \(text(slot)), which was read by \(to.name)"
    }
    return "\(to.name) read from \(from.name)"
  }

  private func reasonOfWrite(_ from: Named, _ to: Named) -> String {
    for step in transactions.steps(of: to.transaction) where transactions.kinds[step] == .write {
      let slot = chains.slots[step]
      guard slot >= 0,
        let before = slotsBefore(slot).first(where: {
          chains.writers[Int($0)] == Int32(from.transaction)
        })
      else { continue }
      let key = keyText(slot)
      return transactions.kind == .listAppend
        ? "\(to.name) appended \(text(slot)) after \(from.name) appended \(text(before)) to \(key)"
        : "\(from.name) set \(key) to \(text(before)), and \(to.name) set it to \(text(slot)), "
          + "which came later in the version order"
    }
    return "\(to.name) wrote over what \(from.name) wrote"
  }

  private func reasonOfMissed(_ from: Named, _ to: Named) -> String {
    for step in transactions.steps(of: from.transaction)
    where transactions.kinds[step] != .write && chains.slots[step] >= 0 {
      let slot = chains.slots[step]
      let next = transactions.steps(of: to.transaction).lazy.filter {
        transactions.kinds[$0] == .write && chains.slots[$0] >= 0
      }.map { chains.slots[$0] }.first { isLater($0, than: slot) }
      guard let next else { continue }
      let key = keyText(slot)
      switch (transactions.kind, chains.writers[Int(slot)] < 0) {
      case (.listAppend, true):
        return "\(from.name) observed the initial (nil) state of \(key), which \(to.name) "
          + "created by appending \(text(next))"
      case (.listAppend, false):
        return "\(from.name) did not observe \(to.name)'s append of \(text(next)) to \(key)"
      case (.register, true):
        return "\(from.name) read the initial (nil) state of \(key), and \(to.name) set it to "
          + text(next)
      case (.register, false):
        return "\(from.name) read \(key) = \(text(slot)), and \(to.name) set it to "
          + "\(text(next)), which came later in the version order"
      }
    }
    return reasonOfWrite(from, to)
  }

  /// The slots that come right before one.
  private func slotsBefore(_ slot: Int32) -> [Int32] {
    guard chains.isFirst(slot) else { return [slot - 1] }
    let chain = chains.chains[Int(slot)]
    let key = chains.keys[Int(chain)]
    let all = chains.firstChains[Int(key)]..<chains.firstChains[Int(key) + 1]
    return all.filter { $0 != chain }.map { chains.starts[Int($0) + 1] - 1 }
  }

  /// Whether a slot is known to come after another one of its key.
  private func isLater(_ slot: Int32, than other: Int32) -> Bool {
    let (chain, first) = (chains.chains[Int(slot)], chains.chains[Int(other)])
    guard chains.keys[Int(chain)] == chains.keys[Int(first)] else { return false }
    return chain == first ? slot > other : !chains.isInitial(chain)
  }
}

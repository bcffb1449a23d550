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
    var incident = Incidents.Incident(transactions: steps.map { Int($0.from) }, reasons: [])
    for (place, step) in steps.enumerated() {
      let (from, to) = (names[step.from] ?? "", names[step.to] ?? "")
      let ground = ground((Int(step.from), from), (Int(step.to), to), step.label)
      let isLast = place == steps.count - 1
      incident.reasons.append(
        "\(isLast ? "However, " : "")\(from) < \(to), because \(ground.reason)"
          + (isLast ? ": a contradiction!" : "."))
      incident.witness.edges.append(
        Witness.Edge(
          from: place, to: isLast ? 0 : place + 1, kind: kind(of: step.label, ground),
          ground: ground))
    }
    return incident
  }

  /// What an edge is: one that stands for a missed write, but rests on no read, is shown as what it
  /// rests on.
  private func kind(of label: Dependency, _ ground: Witness.Ground) -> Witness.Kind {
    let kind = Witness.Kind(label)
    guard kind == .rw, let step = ground.fromStep, transactions.kinds[step] == .write else {
      return kind
    }
    return .ww
  }

  private typealias Named = (transaction: Int, name: String)

  private func ground(_ from: Named, _ to: Named, _ label: Dependency) -> Witness.Ground {
    switch Witness.Kind(label) {
    case .wr: groundOfRead(from, to)
    case .ww: groundOfWrite(from, to)
    case .rw: groundOfMissed(from, to)
    case .process:
      Witness.Ground(
        reason: "process \(transactions.process(of: from.transaction)) executed \(from.name) "
          + "before \(to.name)")
    case .realtime: Witness.Ground(reason: transactions.textOfPrecedence(from, to))
    }
  }

  /// The step that wrote a slot's version.
  private func writeStep(_ slot: Int32) -> Int? {
    let version = chains.versions[Int(slot)]
    return version < 0 ? nil : Int(transactions.writeSteps[Int(version)])
  }

  private func text(_ slot: Int32) -> String {
    transactions.text(of: chains.versions[Int(slot)])
  }

  private func keyText(_ slot: Int32) -> String {
    transactions.keyText(chains.keys[Int(chains.chains[Int(slot)])])
  }

  private func groundOfRead(_ from: Named, _ to: Named) -> Witness.Ground {
    for step in transactions.steps(of: to.transaction)
    where transactions.kinds[step] != .write {
      let slot = chains.slots[step]
      let key = transactions.keyText(transactions.keys[step])
      if slot < 0 {
        guard transactions.showsOthers(step),
          transactions.looseWriter(of: step) == Int32(from.transaction)
        else { continue }
        return Witness.Ground(
          reason: "\(to.name) read \(transactions.text(observedBy: step)) from \(key), which "
            + "\(from.name) wrote",
          fromStep: transactions.looseVersion(of: step).map {
            Int(transactions.writeSteps[Int($0)])
          },
          toStep: step, key: transactions.keys[step])
      }
      guard chains.writers[Int(slot)] == Int32(from.transaction) else { continue }
      let version = version(readBy: step, of: from.transaction) ?? chains.versions[Int(slot)]
      let text = transactions.text(of: version)
      return Witness.Ground(
        reason: transactions.kind == .listAppend
          ? "\(to.name) observed \(from.name)'s append of \(text) to \(key)"
          : "\(from.name) wrote \(key) = \(text), which was read by \(to.name)",
        fromStep: Int(transactions.writeSteps[Int(version)]), toStep: step,
        key: transactions.keys[step], versions: [version])
    }
    return Witness.Ground(reason: "\(to.name) read from \(from.name)")
  }

  /// The last version of a transaction's that a step read, which may be an intermediate one.
  private func version(readBy step: Int, of writer: Int) -> Int32? {
    guard transactions.kind == .listAppend else { return transactions.operands[step] }
    return transactions.observed(by: step).lazy.reversed().compactMap {
      transactions.versions.find($0, transactions.keys[step])
    }.first { $0 >= 0 && transactions.writers[Int($0)] == Int32(writer) }
  }

  private func groundOfWrite(_ from: Named, _ to: Named) -> Witness.Ground {
    for step in transactions.steps(of: to.transaction) where transactions.kinds[step] == .write {
      let slot = chains.slots[step]
      guard slot >= 0,
        let before = slotsBefore(slot).first(where: {
          chains.writers[Int($0)] == Int32(from.transaction)
        })
      else { continue }
      let (key, next) = (keyText(slot), transactions.text(of: transactions.operands[step]))
      return Witness.Ground(
        reason: transactions.kind == .listAppend
          ? "\(to.name) appended \(next) after \(from.name) appended \(text(before)) to \(key)"
          : "\(from.name) set \(key) to \(text(before)), and \(to.name) set it to \(next), "
            + "which came later in the version order",
        fromStep: writeStep(before), toStep: step, key: transactions.keys[step],
        versions: [chains.versions[Int(before)], transactions.operands[step]])
    }
    return Witness.Ground(reason: "\(to.name) wrote over what \(from.name) wrote")
  }

  private func groundOfMissed(_ from: Named, _ to: Named) -> Witness.Ground {
    for step in transactions.steps(of: from.transaction)
    where transactions.kinds[step] != .write && chains.slots[step] >= 0 {
      let slot = chains.slots[step]
      let write = transactions.steps(of: to.transaction).first {
        transactions.kinds[$0] == .write && chains.slots[$0] >= 0
          && isLater(chains.slots[$0], than: slot)
      }
      guard let write else { continue }
      return Witness.Ground(
        reason: reason(ofMissing: write, by: step, from, to), fromStep: step, toStep: write,
        key: transactions.keys[step],
        versions: [versionRead(by: step), transactions.operands[write]])
    }
    return groundOfMissedLater(from, to)
  }

  /// The version that a step read, as far as others wrote it.
  func versionRead(by step: Int) -> Int32 {
    let slot = chains.slots[step]
    guard chains.writers[Int(slot)] >= 0 else { return Transactions.initial }
    return version(readBy: step, of: Int(chains.writers[Int(slot)])) ?? chains.versions[Int(slot)]
  }

  /// A write that came after the one that a transaction made right upon its read of the key.
  private func groundOfMissedLater(_ from: Named, _ to: Named) -> Witness.Ground {
    var ground = groundOfWrite(from, to)
    guard let key = ground.key else { return ground }
    let read = transactions.steps(of: from.transaction).first {
      transactions.keys[$0] == key && transactions.kinds[$0] != .write && chains.slots[$0] >= 0
    }
    guard let read, let next = ground.versions.last else { return ground }
    (ground.fromStep, ground.versions) = (read, [versionRead(by: read), next])
    return ground
  }

  private func reason(
    ofMissing write: Int, by read: Int, _ from: Named, _ to: Named
  ) -> String {
    let slot = chains.slots[read]
    let (key, next) = (keyText(slot), transactions.text(of: transactions.operands[write]))
    return switch (transactions.kind, chains.writers[Int(slot)] < 0) {
    case (.listAppend, true):
      "\(from.name) observed the initial (nil) state of \(key), which \(to.name) "
        + "created by appending \(next)"
    case (.listAppend, false):
      "\(from.name) did not observe \(to.name)'s append of \(next) to \(key)"
    case (.register, true):
      "\(from.name) read the initial (nil) state of \(key), and \(to.name) set it to "
        + next
    case (.register, false):
      "\(from.name) read \(key) = \(transactions.text(of: versionRead(by: read))), and \(to.name) set it to "
        + "\(next), which came later in the version order"
    }
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

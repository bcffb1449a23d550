// What of a successor differs from the state that it follows, part by part.

extension Expander {
  @inline(never)
  func pay(
    _ candidate: inout Candidate, _ outcome: UnsafePointer<OutcomeTable.Outcome>,
    of state: StateList.State
  ) {
    let before = state.words[Layout.budgets]
    candidate.fingerprint &+= Fingerprint(part: Part.budgets, UInt64(candidate.budgets))
    candidate.fingerprint = candidate.fingerprint &- Fingerprint(part: Part.budgets, UInt64(before))
    guard isBare(candidate.budgets) != isBare(before) else { return }
    // It was the last crash: what all disks hold does not matter any more.
    for node in 0..<nodeCount {
      let process =
        node == candidate.node ? outcome.pointee.process : state.words[Layout.processes + node]
      let facts = table.processes[Int(process)]
      candidate.fingerprint &+= facts.bare &- facts.whole
    }
  }

  @inline(__always)
  func changeNetwork(
    _ candidate: inout Candidate, _ outcome: UnsafePointer<OutcomeTable.Outcome>?,
    of state: StateList.State
  ) {
    if network == .fifo { return changeQueues(&candidate, of: state) }
    let first = Layout.processes + nodeCount
    if network == .multiset && candidate.touchesMessage {
      let touched = table.messages[Int(state.words[first + candidate.subject])].fingerprint
      candidate.fingerprint =
        candidate.action == .duplicate
        ? candidate.fingerprint &+ touched : candidate.fingerprint &- touched
    }
    guard let outcome else { return }
    let sends = table.numbers.base + Int(outcome.pointee.sends)
    for place in 0..<Int(outcome.pointee.sendCount) {
      let message = Int(sends[place])
      if network == .set && message < stamps.count && stamps[message] == stamp { continue }
      candidate.fingerprint &+= table.messages[message].fingerprint
    }
  }

  @inline(never)
  func changeQueues(_ candidate: inout Candidate, of state: StateList.State) {
    let first = Layout.processes + nodeCount
    let before = networkFingerprint(state.words + first, count: state.count - first)
    scratch.removeAll(keepingCapacity: true)
    let limit = limit(of: candidate, state)
    scratch.append(contentsOf: repeatElement(0, count: limit))
    let after = scratch.withUnsafeMutableBufferPointer { buffer -> Fingerprint in
      guard let base = buffer.baseAddress else { return .zero }
      let count = writeNetwork(candidate, of: state, to: base)
      return networkFingerprint(base, count: count)
    }
    candidate.fingerprint = candidate.fingerprint &- before &+ after
  }

  @inline(never)
  func changeClients(
    _ candidate: inout Candidate, _ outcome: UnsafePointer<OutcomeTable.Outcome>,
    of state: StateList.State
  ) {
    if candidate.action == .request {
      candidate.clients = table.clients(
        candidate.clients, after: table.beginning(of: candidate.subject, at: candidate.node))
    }
    for place in 0..<Int(outcome.pointee.clientEventCount) {
      let event = table.numbers[Int(outcome.pointee.clientEvents) + place]
      candidate.clients = table.clients(candidate.clients, after: event)
    }
    let before = table.clients[Int(state.words[Layout.clients])]
    let after = table.clients[Int(candidate.clients)]
    candidate.fingerprint &+= after.fingerprint &- before.fingerprint
    if candidate.violation < 0 { candidate.violation = after.violation }
  }

  @inline(never)
  func changeMarks(
    _ candidate: inout Candidate, _ outcome: UnsafePointer<OutcomeTable.Outcome>
  ) {
    candidate.fingerprint =
      candidate.fingerprint
      &- Fingerprint(part: Part.marks, UInt64(candidate.marks))
    candidate.marks |= outcome.pointee.marks
    candidate.fingerprint &+= Fingerprint(part: Part.marks, UInt64(candidate.marks))
  }

  @inline(never)
  func changeMemory(
    _ candidate: inout Candidate, _ outcome: UnsafePointer<OutcomeTable.Outcome>,
    of state: StateList.State
  ) {
    let changed = candidate.node
    var key = table.processes[Int(outcome.pointee.witness)].node
    for node in 0..<nodeCount where node != changed {
      key &+= table.processes[Int(state.words[Layout.processes + node])].node
    }
    let found = table.memory(candidate.memory, after: changed, key) {
      var processes: [UInt32] = []
      for node in 0..<nodeCount {
        processes.append(
          node == changed ? outcome.pointee.witness : state.words[Layout.processes + node])
      }
      return processes
    }
    candidate.violation = found.violation
    guard found.memory != candidate.memory else { return }
    candidate.fingerprint &+=
      table.memories[Int(found.memory)] &- table.memories[Int(candidate.memory)]
    candidate.memory = found.memory
  }

  /// What is wrong with a successor; -1 for nothing.
  ///
  /// Invariants without a memory have not been asked when it is handed to a sink: once for each new
  /// state is enough, and most successors are not new.
  @inline(__always)
  func violation(of candidate: Candidate, _ state: StateList.State) -> Int32 {
    guard table.hasInvariants, !table.invariantsRemember, candidate.violation < 0,
      candidate.outcome >= 0
    else { return candidate.violation }
    let outcome = table.outcomes.base + candidate.outcome
    guard outcome.pointee.isChanged else { return -1 }
    var copy = candidate
    changeMemory(&copy, outcome, of: state)
    return copy.violation
  }
}

/// Finds the successors of states, in numbers.
///
/// A successor is judged before it is built: its fingerprint is that of the state with the changed
/// parts exchanged, and most successors turn out to be known.
final class Expander {
  typealias Layout = StateList.Layout

  let table: OutcomeTable
  let nodeCount: Int
  let network: NetworkKind
  let bounds: ExplorationBounds
  let canonicalizer: Canonicalizer?
  private let countsTimeouts: Bool
  private let followsDisks: Bool

  /// For each message the last state that had it on its way, so that one look says whether this has.
  @exclusivity(unchecked) var stamps = GrowingBuffer<UInt32>()
  @exclusivity(unchecked) var stamp: UInt32 = 0
  @exclusivity(unchecked) var scratch: [UInt32] = []

  /// Whether successors that are the state itself are handed over, too.
  @exclusivity(unchecked) var keepsStill = false

  // What `expand` found out about the state.
  /// How many successors there were.
  @exclusivity(unchecked) private(set) var generated = 0
  /// Whether a successor was other than the state itself.
  @exclusivity(unchecked) private(set) var hasMoved = false
  /// Whether bounds suppressed what no fault has to happen for.
  @exclusivity(unchecked) private(set) var isCut = false

  init(
    _ table: OutcomeTable, nodeCount: Int, network: NetworkKind, bounds: ExplorationBounds
  ) {
    self.table = table
    self.nodeCount = nodeCount
    self.network = network
    self.bounds = bounds
    canonicalizer = Canonicalizer(table.shared, nodeCount: nodeCount)
    countsTimeouts = bounds.timeouts != nil
    followsDisks = bounds.crashes > 0
  }

  deinit { stamps.deallocate() }

  var bytes: Int { table.bytes + stamps.bytes + (canonicalizer?.bytes ?? 0) }

  // MARK: Fingerprints

  /// The fingerprint of a state, from nothing.
  func fingerprint(_ words: UnsafePointer<UInt32>, count: Int) -> Fingerprint {
    var sum = table.clients[Int(words[Layout.clients])].fingerprint
    sum &+= table.memories[Int(words[Layout.memory])]
    sum &+= Fingerprint(part: Part.budgets, UInt64(words[Layout.budgets]))
    sum &+= Fingerprint(part: Part.marks, UInt64(words[Layout.marks]))
    let isBare = isBare(words[Layout.budgets])
    for node in 0..<nodeCount {
      let facts = table.processes[Int(words[Layout.processes + node])]
      sum &+= isBare ? facts.bare : facts.whole
    }
    let first = Layout.processes + nodeCount
    return sum &+ networkFingerprint(words + first, count: count - first)
  }

  func networkFingerprint(
    _ network: UnsafePointer<UInt32>, count: Int
  ) -> Fingerprint {
    var sum = Fingerprint.zero
    for place in 0..<count {
      let facts = table.messages[Int(network[place])]
      guard self.network == .fifo else {
        sum &+= facts.fingerprint
        continue
      }
      var position: UInt64 = 0
      for earlier in 0..<place where table.messages[Int(network[earlier])].link == facts.link {
        position += 1
      }
      sum &+= Fingerprint(
        part: facts.fingerprint.low, facts.fingerprint.high &+ position &* 0x9e37_79b9)
    }
    return sum
  }

  /// Whether no node can crash any more, so that what disks hold does not matter.
  @inline(__always)
  func isBare(_ budgets: UInt32) -> Bool {
    followsDisks && Budget.used(Budget.crash, of: budgets) >= bounds.crashes
  }

  // MARK: Expanding

  /// Hands all successors of a state to a sink.
  @inline(__always)
  func expand(
    _ state: StateList.State, into sink: inout some CandidateSink
  ) throws(ExplorationError) {
    generated = 0
    hasMoved = false
    isCut = false
    try expandMessages(state, into: &sink)
    try expandTimers(state, into: &sink)
    try expandClients(state, into: &sink)
    try expandCrashes(state, into: &sink)
  }

  @inline(__always)
  private func expandMessages(
    _ state: StateList.State, into sink: inout some CandidateSink
  ) throws(ExplorationError) {
    let first = Layout.processes + nodeCount
    nextStamp()
    if network == .set {
      for place in first..<max(first, state.count) {
        stamps.base[Int(state.words[place])] = stamp
      }
    }
    for place in first..<max(first, state.count) {
      let message = state.words[place]
      let facts = table.messages[Int(message)]
      if network == .multiset {
        // Equal messages make equal successors.
        if stamps[Int(message)] == stamp { continue }
        stamps.base[Int(message)] = stamp
      }
      let isHead =
        network != .fifo
        || !(first..<place).contains {
          table.messages[Int(state.words[$0])].link == facts.link
        }
      let node = Int(facts.destination)
      if isHead {
        let process = state.words[Layout.processes + node]
        if table.processes[Int(process)].isUp {
          try take(.deliver, place - first, message, at: node, cost: 0, of: state, into: &sink)
        } else if network == .fifo {
          takeLoss(.lose, place - first, cost: 0, of: state, into: &sink)
        }
      }
      if bounds.drops > 0 {
        takeLoss(.drop, place - first, cost: Budget.drop, of: state, into: &sink)
      }
      if bounds.duplicates > 0 {
        takeLoss(.duplicate, place - first, cost: Budget.duplicate, of: state, into: &sink)
      }
    }
  }

  @inline(__always)
  private func expandTimers(
    _ state: StateList.State, into sink: inout some CandidateSink
  ) throws(ExplorationError) {
    let used = Budget.used(Budget.timeout, of: state.words[Layout.budgets])
    let mayTimeOut = bounds.timeouts.map { used < $0 } ?? true
    for node in 0..<nodeCount {
      let facts = table.processes[Int(state.words[Layout.processes + node])]
      var armed = facts.armed
      while armed != 0 {
        let timer = UInt32(armed.trailingZeroBitCount)
        armed &= armed - 1
        let isFree = facts.due >> timer & 1 == 1
        guard isFree || mayTimeOut else {
          isCut = true
          continue
        }
        try take(
          .timer, Int(timer), EventNumber.timer | timer, at: node,
          cost: countsTimeouts && !isFree ? Budget.timeout : 0, of: state, into: &sink)
      }
    }
  }

  @inline(__always)
  private func expandClients(
    _ state: StateList.State, into sink: inout some CandidateSink
  ) throws(ExplorationError) {
    let clients = table.clients[Int(state.words[Layout.clients])]
    for place in Int(clients.ready)..<Int(clients.ready + clients.readyCount) {
      let ready = table.ready[place]
      let process = state.words[Layout.processes + Int(ready.node)]
      guard table.processes[Int(process)].isUp else { continue }
      try take(
        .request, Int(ready.client), ready.event, at: Int(ready.node), cost: 0, of: state,
        into: &sink)
    }
  }

  @inline(__always)
  private func expandCrashes(
    _ state: StateList.State, into sink: inout some CandidateSink
  ) throws(ExplorationError) {
    guard followsDisks else { return }
    for node in 0..<nodeCount {
      let process = state.words[Layout.processes + node]
      if !table.processes[Int(process)].isUp {
        try take(.restart, 0, EventNumber.restart, at: node, cost: 0, of: state, into: &sink)
      } else if !isBare(state.words[Layout.budgets]) {
        try take(.crash, 0, EventNumber.crash, at: node, cost: 0, of: state, into: &sink)
      }
    }
  }

  private func nextStamp() {
    stamp &+= 1
    if stamp == 0 || stamps.count < table.messages.count {
      stamps.removeAll()
      let count = max(1024, table.messages.count * 2)
      stamps.extend(by: count).initialize(repeating: 0, count: count)
      stamp = 1
    }
  }

  /// What one event makes of one node.
  @inline(__always)
  private func take(
    _ action: Candidate.Action, _ subject: Int, _ event: UInt32, at node: Int, cost: UInt32,
    of state: StateList.State, into sink: inout some CandidateSink
  ) throws(ExplorationError) {
    let outcomes = try table.outcomes(of: state.words[Layout.processes + node], on: event)
    let isBare = isBare(state.words[Layout.budgets])
    for place in Int(outcomes.first)..<Int(outcomes.second) {
      let outcome = table.outcomes.base + place
      if outcome.pointee.isCrash && isBare { continue }
      if outcome.pointee.isBeyond {
        isCut = true
        continue
      }
      var candidate = Candidate(
        fingerprint: state.fingerprint
          &+ (isBare ? outcome.pointee.bareGain : outcome.pointee.gain),
        action: action, subject: subject, node: node, outcome: place,
        clients: state.words[Layout.clients], memory: state.words[Layout.memory],
        budgets: state.words[Layout.budgets] &+ cost, marks: state.words[Layout.marks])
      candidate.violation = outcome.pointee.violation
      if outcome.pointee.isCrash { candidate.budgets &+= Budget.crash }
      if candidate.budgets != state.words[Layout.budgets] { pay(&candidate, outcome, of: state) }
      changeNetwork(&candidate, outcome, of: state)
      if action == .request || outcome.pointee.clientEventCount > 0 {
        changeClients(&candidate, outcome, of: state)
      }
      if outcome.pointee.marks & ~candidate.marks != 0 { changeMarks(&candidate, outcome) }
      if table.invariantsRemember && outcome.pointee.isChanged && candidate.violation < 0 {
        changeMemory(&candidate, outcome, of: state)
      }
      hand(candidate, of: state, to: &sink)
    }
  }

  @inline(__always)
  private func hand(
    _ candidate: Candidate, of state: StateList.State, to sink: inout some CandidateSink
  ) {
    generated += 1
    guard candidate.fingerprint != state.fingerprint || candidate.violation >= 0 else {
      if keepsStill { sink.take(candidate, of: state, self) }
      return
    }
    hasMoved = true
    sink.take(candidate, of: state, self)
  }

  /// A message is dropped, lost or duplicated.
  private func takeLoss(
    _ action: Candidate.Action, _ place: Int, cost: UInt32, of state: StateList.State,
    into sink: inout some CandidateSink
  ) {
    let before = state.words[Layout.budgets]
    if action == .drop, Budget.used(Budget.drop, of: before) >= bounds.drops { return }
    if action == .duplicate, Budget.used(Budget.duplicate, of: before) >= bounds.duplicates {
      return
    }
    var candidate = Candidate(
      fingerprint: state.fingerprint, action: action, subject: place, node: 0, outcome: -1,
      clients: state.words[Layout.clients], memory: state.words[Layout.memory],
      budgets: before &+ cost, marks: state.words[Layout.marks])
    candidate.fingerprint &+= Fingerprint(part: Part.budgets, UInt64(candidate.budgets))
    candidate.fingerprint = candidate.fingerprint &- Fingerprint(part: Part.budgets, UInt64(before))
    changeNetwork(&candidate, nil, of: state)
    hand(candidate, of: state, to: &sink)
  }
}

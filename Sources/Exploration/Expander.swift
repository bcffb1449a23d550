/// Finds the successors of states, in numbers.
///
/// A successor is judged before it is built: its fingerprint is that of the state with the changed
/// parts exchanged, and most successors turn out to be known.
final class Expander {
  private typealias Layout = StateList.Layout

  let table: OutcomeTable
  let nodeCount: Int
  let network: NetworkKind
  let bounds: ExplorationBounds
  private let canonicalizer: Canonicalizer?
  private let countsTimeouts: Bool
  private let followsDisks: Bool

  /// For each message the last state that had it on its way, so that one look says whether this has.
  @exclusivity(unchecked) private var stamps = GrowingBuffer<UInt32>()
  @exclusivity(unchecked) private var stamp: UInt32 = 0
  @exclusivity(unchecked) private var scratch: [UInt32] = []

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

  var bytes: Int { table.bytes + stamps.bytes }

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

  private func networkFingerprint(
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
  private func isBare(_ budgets: UInt32) -> Bool {
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
    guard candidate.fingerprint != state.fingerprint || candidate.violation >= 0 else { return }
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

  // MARK: Parts of a candidate

  @inline(never)
  private func pay(
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
  private func changeNetwork(
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
  private func changeQueues(_ candidate: inout Candidate, of state: StateList.State) {
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
  private func changeClients(
    _ candidate: inout Candidate, _ outcome: UnsafePointer<OutcomeTable.Outcome>,
    of state: StateList.State
  ) {
    if candidate.action == .request {
      candidate.clients = table.clients(
        candidate.clients, after: table.beginning(of: candidate.subject))
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
  private func changeMarks(
    _ candidate: inout Candidate, _ outcome: UnsafePointer<OutcomeTable.Outcome>
  ) {
    candidate.fingerprint =
      candidate.fingerprint
      &- Fingerprint(part: Part.marks, UInt64(candidate.marks))
    candidate.marks |= outcome.pointee.marks
    candidate.fingerprint &+= Fingerprint(part: Part.marks, UInt64(candidate.marks))
  }

  @inline(never)
  private func changeMemory(
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

  // MARK: Symmetry

  /// Whether one state stands for all that differ from it in names only.
  var usesSymmetry: Bool { canonicalizer != nil }

  /// Exchanges names in a state so that it is the one that stands for it.
  ///
  /// - Returns: Its fingerprint.
  func canonicalize(_ words: UnsafeMutablePointer<UInt32>, count: Int) -> Fingerprint {
    canonicalizer?.canonicalize(words, count: count, table)
    return fingerprint(words, count: count)
  }

  /// The fingerprint of the state that stands for a successor.
  func canonicalFingerprint(_ candidate: Candidate, of state: StateList.State) -> Fingerprint {
    guard usesSymmetry else { return candidate.fingerprint }
    let limit = limit(of: candidate, state)
    return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: limit) { buffer in
      guard let words = buffer.baseAddress else { return candidate.fingerprint }
      return canonicalize(words, count: write(candidate, of: state, to: words))
    }
  }

  // MARK: Building

  /// The most words that a successor has.
  @inline(__always)
  func limit(of candidate: Candidate, _ state: StateList.State) -> Int {
    candidate.outcome < 0
      ? state.count + 1 : state.count + Int(table.outcomes[candidate.outcome].sendCount)
  }

  /// Adds a successor of the state that was expanded last to a list.
  @inline(__always)
  func build(_ candidate: Candidate, of state: StateList.State, into list: StateList) {
    let limit = limit(of: candidate, state)
    let words = list.begin(limit)
    let count = write(candidate, of: state, to: words)
    list.end(
      count, of: limit,
      usesSymmetry ? canonicalize(words, count: count) : candidate.fingerprint)
  }

  /// Adds a successor to a list without exchanging names.
  func buildAsIs(_ candidate: Candidate, of state: StateList.State, into list: StateList) {
    let limit = limit(of: candidate, state)
    let words = list.begin(limit)
    list.end(write(candidate, of: state, to: words), of: limit, candidate.fingerprint)
  }

  /// - Returns: How many words were written.
  @inline(__always)
  func write(
    _ candidate: Candidate, of state: StateList.State, to words: UnsafeMutablePointer<UInt32>
  ) -> Int {
    words[Layout.clients] = candidate.clients
    words[Layout.memory] = candidate.memory
    words[Layout.budgets] = candidate.budgets
    words[Layout.marks] = candidate.marks
    for node in Layout.processes..<Layout.processes + nodeCount { words[node] = state.words[node] }
    if candidate.outcome >= 0 {
      words[Layout.processes + candidate.node] = table.outcomes[candidate.outcome].process
    }
    let first = Layout.processes + nodeCount
    return first + writeNetwork(candidate, of: state, to: words + first)
  }

  @inline(__always)
  private func writeNetwork(
    _ candidate: Candidate, of state: StateList.State, to words: UnsafeMutablePointer<UInt32>
  ) -> Int {
    let first = Layout.processes + nodeCount
    var count = 0
    let consumed =
      network != .set && candidate.touchesMessage && candidate.action != .duplicate
      ? candidate.subject : -1
    for place in 0..<state.count - first where place != consumed {
      words[count] = state.words[first + place]
      count += 1
    }
    if candidate.action == .duplicate {
      words[count] = state.words[first + candidate.subject]
      return count + 1
    }
    guard candidate.outcome >= 0 else { return count }
    let outcome = table.outcomes[candidate.outcome]
    for place in 0..<Int(outcome.sendCount) {
      let message = table.numbers[Int(outcome.sends) + place]
      if network == .set && Int(message) < stamps.count && stamps[Int(message)] == stamp {
        continue
      }
      words[count] = message
      count += 1
    }
    return count
  }
}

extension Candidate {
  /// Whether ``subject`` is a message.
  @inline(__always)
  var touchesMessage: Bool {
    switch action {
    case .deliver, .drop, .duplicate, .lose: true
    case .timer, .request, .restart, .crash: false
    }
  }
}

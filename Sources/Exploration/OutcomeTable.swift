import Values

/// What is known of nodes' steps, of messages, clients and invariants, for one thread to read.
///
/// All of it is a copy of what the dynamics say; what is not known yet is asked for under the lock
/// that all threads share.
final class OutcomeTable {
  struct Outcome {
    var process: UInt32
    var witness: UInt32
    /// Where its messages and clients' events begin among all ``numbers``.
    var sends: UInt32
    var clientEvents: UInt32
    var sendCount: UInt16
    var clientEventCount: UInt16
    var marks: UInt32
    var violation: Int32
    var isCrash: Bool
    var isBeyond: Bool
    var isChanged: Bool
    /// How the node's part of a fingerprint changes, while it may still crash, and where not.
    var gain: Fingerprint
    var bareGain: Fingerprint
  }

  struct Clients {
    var fingerprint: Fingerprint
    var violation: Int32
    /// Where the clients that ask next begin among all ``ready``.
    var ready: Int32
    var readyCount: Int32
  }

  struct Ready {
    var client: Int32
    var node: Int32
    /// The node's event.
    var event: UInt32
  }

  private struct Memo {
    var key: Fingerprint
    var memory: UInt32
    var violation: Int32
  }

  private static let memoCount = 1 << 18

  let shared: SharedDynamics
  let hasInvariants: Bool
  let invariantsRemember: Bool
  @exclusivity(unchecked) private(set) var processes = GrowingBuffer<ProcessFacts>()
  @exclusivity(unchecked) private(set) var messages = GrowingBuffer<MessageFacts>()
  @exclusivity(unchecked) private(set) var clients = GrowingBuffer<Clients>()
  @exclusivity(unchecked) private(set) var ready = GrowingBuffer<Ready>()
  @exclusivity(unchecked) private(set) var memories = GrowingBuffer<Fingerprint>()
  @exclusivity(unchecked) private(set) var outcomes = GrowingBuffer<Outcome>()
  @exclusivity(unchecked) private(set) var numbers = GrowingBuffer<UInt32>()
  @exclusivity(unchecked) private var steps = NumberTable()
  @exclusivity(unchecked) private var clientSteps = NumberTable()
  @exclusivity(unchecked) private var memos = GrowingBuffer<Memo>()

  init(_ shared: SharedDynamics) {
    self.shared = shared
    hasInvariants = shared.withLock { $0.hasInvariants }
    invariantsRemember = shared.withLock { $0.invariantsRemember }
    if hasInvariants {
      memos.extend(by: OutcomeTable.memoCount).initialize(
        repeating: Memo(key: .zero, memory: 0, violation: -1), count: OutcomeTable.memoCount)
    }
    shared.withLock { learn($0) }
  }

  deinit {
    processes.deallocate()
    messages.deallocate()
    clients.deallocate()
    ready.deallocate()
    memories.deallocate()
    outcomes.deallocate()
    numbers.deallocate()
    steps.deallocate()
    clientSteps.deallocate()
    memos.deallocate()
  }

  var bytes: Int {
    processes.bytes + messages.bytes + clients.bytes + ready.bytes + memories.bytes
      + outcomes.bytes + numbers.bytes + steps.bytes + clientSteps.bytes + memos.bytes
  }

  /// Learns what other threads have found since this one last asked.
  func catchUp() { shared.withLock { learn($0) } }

  /// Copies what is new since the last time.
  func learn(_ dynamics: any Dynamics) {
    for number in processes.count..<max(processes.count, dynamics.processCount) {
      processes.append(dynamics.facts(ofProcess: number))
    }
    for number in messages.count..<max(messages.count, dynamics.messageCount) {
      messages.append(dynamics.facts(ofMessage: number))
    }
    for number in memories.count..<max(memories.count, dynamics.memoryCount) {
      memories.append(dynamics.fingerprint(ofMemory: number))
    }
    for number in clients.count..<max(clients.count, dynamics.clientsCount) {
      let facts = dynamics.facts(ofClients: number)
      clients.append(
        Clients(
          fingerprint: facts.fingerprint, violation: facts.violation, ready: Int32(ready.count),
          readyCount: Int32(facts.ready.count)))
      for (client, node) in facts.ready {
        let call = dynamics.nextCall(of: Int(client), in: UInt32(number))
        ready.append(
          Ready(
            client: client, node: node,
            event: ExploredRequest.number(client: Int(client), call: call)))
      }
    }
  }

  /// The places of what an event can make of a node.
  @inline(__always)
  func outcomes(
    of process: UInt32, on event: UInt32
  ) throws(ExplorationError) -> (first: UInt32, second: UInt32) {
    if let known = steps.find(process, event) { return known }
    return try ask(process, event)
  }

  private func ask(
    _ process: UInt32, _ event: UInt32
  ) throws(ExplorationError) -> (first: UInt32, second: UInt32) {
    let first = UInt32(outcomes.count)
    let answer = shared.withLock { dynamics in
      Result { () throws(ExplorationError) in
        let found = try dynamics.outcomes(of: process, on: event)
        learn(dynamics)
        return found
      }
    }
    for outcome in try answer.get() { append(outcome, of: process) }
    let end = UInt32(outcomes.count)
    steps.add(process, event, first, end)
    return (first, end)
  }

  private func append(_ outcome: LocalOutcome, of process: UInt32) {
    let before = processes[Int(process)]
    let after = processes[Int(outcome.process)]
    let sends = UInt32(numbers.count)
    for number in outcome.sends { numbers.append(number) }
    let clientEvents = UInt32(numbers.count)
    for number in outcome.clientEvents { numbers.append(number) }
    outcomes.append(
      Outcome(
        process: outcome.process, witness: outcome.witness, sends: sends,
        clientEvents: clientEvents, sendCount: UInt16(outcome.sends.count),
        clientEventCount: UInt16(outcome.clientEvents.count), marks: outcome.marks,
        violation: outcome.violation, isCrash: outcome.crash != nil, isBeyond: outcome.isBeyond,
        isChanged: outcome.isChanged, gain: after.whole &- before.whole,
        bareGain: after.bare &- before.bare))
  }

  func clients(_ state: UInt32, after event: UInt32) -> UInt32 {
    if let known = clientSteps.find(state, event) { return known.first }
    let after = shared.withLock { dynamics in
      let after = dynamics.clients(state, after: event)
      learn(dynamics)
      return after
    }
    clientSteps.add(state, event, after, 0)
    return after
  }

  func beginning(of client: Int, at node: Int) -> UInt32 {
    shared.withLock { $0.beginning(of: client, at: node) }
  }

  /// What the invariants remember after a node has handled an event, and what they found wrong.
  ///
  /// - Parameters:
  ///   - key: A fingerprint of the nodes' own states.
  ///   - states: The numbers of the nodes' states.
  @inline(__always)
  func memory(
    _ memory: UInt32, after changed: Int, _ key: Fingerprint,
    _ states: () -> [UInt32]
  ) -> (memory: UInt32, violation: Int32) {
    let whole = key &+ memories[Int(memory)] &+ Fingerprint(part: Part.place, UInt64(changed))
    let place = Int(truncatingIfNeeded: whole.low) & (OutcomeTable.memoCount - 1)
    if memos.base[place].key == whole {
      return (memos.base[place].memory, memos.base[place].violation)
    }
    let processes = states()
    let found = shared.withLock { dynamics in
      let found = dynamics.memory(memory, after: changed, in: processes)
      learn(dynamics)
      return found
    }
    memos.base[place] = Memo(key: whole, memory: found.memory, violation: found.violation)
    return found
  }
}

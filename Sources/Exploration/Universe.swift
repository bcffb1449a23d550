public import Nodes
public import Values

/// All states of nodes, messages, clients and invariants that an exploration has met, by number.
@usableFromInline
final class Universe<N: Node>: Dynamics {
  @usableFromInline let settings: ExplorationSettings<N>
  /// Whether what nodes have on their disks is followed.
  @usableFromInline let followsDisks: Bool
  @usableFromInline let timerCases: [N.Timer]
  @usableFromInline let fileCases: [N.File]

  @usableFromInline var processes: [ExploredProcess<N>] = []
  @usableFromInline var places: [Int] = []
  @usableFromInline var processFacts: [ProcessFacts] = []
  @usableFromInline var processNumbers: [Fingerprint: UInt32] = [:]
  @usableFromInline var messages: [SentMessage<N.Message>] = []
  @usableFromInline var messageNumbers: [SentMessage<N.Message>: UInt32] = [:]
  @usableFromInline var clientStates: [ExploredClients] = []
  @usableFromInline var clientsFacts: [ClientsFacts] = []
  @usableFromInline var clientNumbers: [ExploredClients: UInt32] = [:]
  @usableFromInline var clientEvents: [ExploredClients.Event] = []
  @usableFromInline var clientEventNumbers: [ExploredClients.Event: UInt32] = [:]
  @usableFromInline var memories: [[any Invariant<N>]] = []
  @usableFromInline var memoryFingerprints: [Fingerprint] = []
  @usableFromInline var memoryNumbers: [Fingerprint: UInt32] = [:]
  @usableFromInline var violations: [Violation] = []
  @usableFromInline var reached: Set<String> = []
  @usableFromInline let cells: ClusterStates<N>

  @inlinable
  init(_ settings: ExplorationSettings<N>) {
    self.settings = settings
    followsDisks = settings.bounds.crashes > 0
    timerCases = Array(N.Timer.allCases)
    fileCases = Array(N.File.allCases)
    cells = ClusterStates(settings.nodes.map { NodeCell(N($0), isUp: false) })
    _ = number(of: ExploredClients(count: settings.script.count))
    _ = number(of: settings.invariants)
  }

  // MARK: Numbers

  @inlinable
  func number(of process: ExploredProcess<N>, at place: Int) -> UInt32 {
    let bare = process.fingerprint(of: place)
    let whole = followsDisks ? bare &+ process.diskFingerprint(of: place) : bare
    if let number = processNumbers[whole] { return number }
    let number = UInt32(processes.count)
    processNumbers[whole] = number
    processes.append(process)
    places.append(place)
    var armed: UInt32 = 0
    var due: UInt32 = 0
    for (timer, state) in process.timers.enumerated() where state != .off {
      armed |= 1 << UInt32(timer)
      if state == .due { due |= 1 << UInt32(timer) }
    }
    processFacts.append(
      ProcessFacts(
        whole: whole, bare: process.isUp ? bare : whole,
        node: process.nodeFingerprint(of: place), armed: armed, due: due, isUp: process.isUp))
    return number
  }

  @inlinable
  func number(of message: SentMessage<N.Message>) -> UInt32 {
    if let number = messageNumbers[message] { return number }
    let number = UInt32(messages.count)
    messageNumbers[message] = number
    messages.append(message)
    return number
  }

  @inlinable
  func number(of clients: ExploredClients) -> UInt32 {
    if let number = clientNumbers[clients] { return number }
    let number = UInt32(clientStates.count)
    clientNumbers[clients] = number
    clientStates.append(clients)
    var sink = FingerprintSink(part: Part.clients)
    clients.encode(into: &sink)
    var ready: [(client: Int32, node: Int32)] = []
    for (client, script) in settings.script.enumerated()
    where !clients.isWaiting(client) && clients.calls[client].count < script.count {
      if let node = script[clients.calls[client].count].node {
        ready.append((Int32(client), node.rawValue))
      } else {
        ready += settings.nodes.map { (Int32(client), $0.id.rawValue) }
      }
    }
    var violation: Int32 = -1
    if let judge = settings.judge, let wrong = judge(clients.observed(settings.script)) {
      violation = note(Violation("nonlinearizable", wrong, nodes: []))
    }
    clientsFacts.append(
      ClientsFacts(fingerprint: sink.fingerprint, ready: ready, violation: violation))
    return number
  }

  @inlinable
  func number(of event: ExploredClients.Event) -> UInt32 {
    if let number = clientEventNumbers[event] { return number }
    let number = UInt32(clientEvents.count)
    clientEventNumbers[event] = number
    clientEvents.append(event)
    return number
  }

  @inlinable
  func number(of invariants: [any Invariant<N>]) -> UInt32 {
    var sink = FingerprintSink(part: Part.memory)
    for invariant in invariants {
      // What has no encoding has no memory.
      if let memory = invariant as? any StablyEncodable { memory.encode(into: &sink) }
      sink.put(UInt8(255))
    }
    let fingerprint = sink.fingerprint
    if let number = memoryNumbers[fingerprint] { return number }
    let number = UInt32(memories.count)
    memoryNumbers[fingerprint] = number
    memories.append(invariants)
    memoryFingerprints.append(fingerprint)
    return number
  }

  @inlinable
  func note(_ violation: Violation) -> Int32 {
    violations.append(violation)
    return Int32(violations.count - 1)
  }

  // MARK: Facts

  @inlinable var hasInvariants: Bool { !settings.invariants.isEmpty }
  @inlinable var invariantsRemember: Bool {
    func size<Promise: Invariant>(of _: Promise) -> Int { MemoryLayout<Promise>.size }
    return settings.invariants.contains { size(of: $0) > 0 }
  }
  @inlinable var processCount: Int { processes.count }
  @inlinable var messageCount: Int { messages.count }
  @inlinable var clientsCount: Int { clientStates.count }
  @inlinable var memoryCount: Int { memories.count }
  @inlinable func facts(ofProcess number: Int) -> ProcessFacts { processFacts[number] }
  @inlinable func facts(ofClients number: Int) -> ClientsFacts { clientsFacts[number] }
  @inlinable func fingerprint(ofMemory number: Int) -> Fingerprint { memoryFingerprints[number] }
  @inlinable func violation(_ number: Int32) -> Violation { violations[Int(number)] }
  @inlinable var reachedMarks: [String] { reached.sorted() }

  @inlinable
  func facts(ofMessage number: Int) -> MessageFacts {
    let message = messages[number]
    return MessageFacts(
      fingerprint: message.fingerprint, destination: message.destination.rawValue,
      link: message.source.rawValue * Int32(settings.nodes.count) + message.destination.rawValue)
  }

  // MARK: Clients and invariants

  @inlinable
  func beginning(of client: Int, at node: Int) -> UInt32 {
    number(of: .begins(client: client, at: NodeID(node)))
  }

  @inlinable
  func clients(_ clients: UInt32, after event: UInt32) -> UInt32 {
    number(
      of: clientStates[Int(clients)].after(
        clientEvents[Int(event)], settings.script, observes: settings.judge != nil,
        mayLose: followsDisks))
  }

  @inlinable
  func memory(
    _ memory: UInt32, after changed: Int, in processes: [UInt32]
  ) -> (memory: UInt32, violation: Int32) {
    for (place, number) in processes.enumerated() {
      cells.cells[place].node = self.processes[Int(number)].node
      cells.cells[place].isUp = self.processes[Int(number)].isUp
    }
    var invariants = memories[Int(memory)]
    for place in invariants.indices {
      if let violation = invariants[place].check(NodeID(changed), in: cells) {
        return (memory, note(violation))
      }
    }
    return (number(of: invariants), -1)
  }
}

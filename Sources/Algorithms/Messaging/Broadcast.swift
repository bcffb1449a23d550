public import Nodes
public import Values

/// Spreads values to all nodes along the links of a topology, each link retrying on its own.
///
/// A node's values are a durable list in the order in which it learned them. To each neighbour it
/// sends the part of its list that the neighbour has not acknowledged, in batches, and again when
/// an acknowledgement is overdue. A client's value is acknowledged when it is durable here, a share
/// when it is durable there; so neither loss, nor partitions, nor kills, nor power loss can lose a
/// value that a client knows to be accepted: it arrives once the faults are over.
///
/// After a restart a node does not know what its neighbours have, and offers them its whole list.
public struct Broadcast: Algorithm {
  public typealias Message = BroadcastMessage

  public enum Timer: UInt8, Hashable, Sendable, CaseIterable {
    /// The batch that was being gathered leaves.
    case batch
    /// Looks for acknowledgements that are overdue.
    case resend
  }

  public enum File: String, Hashable, Sendable, CaseIterable {
    case log
  }

  /// The most values in one message.
  static let shareLimit = 1_000
  /// The most values that are on their way to one neighbour.
  static let windowLimit = 8_000

  static let batch = AlgorithmOption(
    "batch", standard: "10ms", variants: ["1ms", "100ms"],
    "how long new values are gathered before they are sent on")
  static let resend = AlgorithmOption(
    "resend", standard: "1s", variants: ["200ms"],
    "how long an acknowledgement may take before values are sent again")
  static let overlay = AlgorithmOption(
    "overlay", standard: "given", variants: ["tree", "star", "total"],
    "who talks to whom: given (by the topology request), tree, star or total")

  public static let noRetry = PlantedBug(
    "no-retry", "values whose acknowledgement is overdue are not sent again",
    source: "Gossip Glomers 3c, fault-tolerant broadcast; Maelstrom's guide, chapter 3.",
    violates: ["lost", "diverging"])
  public static let noSync = PlantedBug(
    "no-sync", "values are acknowledged before they are durable",
    source: "Jepsen, Elasticsearch 1.5.0 (2015), which synced its log every five seconds.",
    violates: ["lost", "diverging"])
  public static let ackFirst = PlantedBug(
    "ack-first", "values are acknowledged when they come, and stored when the next batch leaves",
    source: "Jepsen, MongoDB (2013): writes with concern \"unacknowledged\", then the default.",
    violates: ["lost", "diverging"])
  public static let forgetsUnsent = PlantedBug(
    "forgets-unsent", "a node that restarts takes what it has for sent",
    source: "The dual write (Kleppmann, Designing data-intensive applications, 2017, chapter 11): "
      + "stored and not sent on.",
    violates: ["lost", "diverging"])
  public static let gapAck = PlantedBug(
    "gap-ack", "the acknowledgement of a share counts for an earlier one that was lost",
    source: "RFC 9293, section 3.4: an acknowledgement covers all before it, so it must not pass "
      + "a gap.",
    violates: ["lost", "diverging"])

  public static let description = AlgorithmDescription(
    name: "broadcast", summary: "Values that any node accepted reach all nodes.",
    promise: "An acknowledged value is eventually read from every node.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced.",
    paper: "Flooding along a spanning tree with a reliable channel a link (Gossip Glomers 3a-3e).",
    options: [batch, resend, overlay],
    bugs: [noRetry, noSync, ackFirst, forgetsUnsent, gapAck], workloads: ["broadcast"],
    messageTypes: ["share", "acknowledge"])

  /// What is known of a neighbour.
  private struct Neighbour: Hashable, Sendable {
    var id: NodeID
    /// It has the first so many of this node's values.
    var acknowledged = 0
    /// It was sent the first so many.
    var sent = 0
    /// `sent` when the resend timer last fired: what of it is not acknowledged yet is overdue.
    var sentBefore = 0
  }

  private let id: NodeID
  private let batchDelay: Nanoseconds
  private let resendDelay: Nanoseconds
  private let followsTopology: Bool
  private let retries: Bool
  private let syncs: Bool
  private let acknowledgesFirst: Bool
  private let forgetsUnsent: Bool
  private let passesGaps: Bool

  private var values: [Value] = []
  /// From whom each value came first; -1 for clients and values from before the last start.
  private var origins: [Int32] = []
  /// The same values, to recognize what is known; follows from `values`.
  private var known: Set<Value> = []
  private var neighbours: [Neighbour]
  private var records = RecordLog()
  private var isBatchArmed = false
  private var isResendArmed = false
  private var isHalted = false
  /// With ``ackFirst``: values that are acknowledged and not stored.
  private var unstored: [Value] = []

  public init(_ configuration: Configuration) {
    let overlay =
      BroadcastOverlay(rawValue: Broadcast.overlay.text(in: configuration)) ?? .given
    id = configuration.id
    batchDelay = Broadcast.batch.duration(in: configuration)
    resendDelay = Broadcast.resend.duration(in: configuration)
    followsTopology = overlay == .given
    retries = !configuration.bugs.contains(Broadcast.noRetry.name)
    syncs = !configuration.bugs.contains(Broadcast.noSync.name)
    acknowledgesFirst = configuration.bugs.contains(Broadcast.ackFirst.name)
    forgetsUnsent = configuration.bugs.contains(Broadcast.forgetsUnsent.name)
    passesGaps = configuration.bugs.contains(Broadcast.gapAck.name)
    neighbours = overlay.neighbours(in: configuration).map { Neighbour(id: $0) }
  }

  public mutating func handle(_ event: Event<Broadcast>, _ context: inout Context<Broadcast>) {
    guard !isHalted else { return }
    switch event {
    case .start(let files): recover(files[File.log], &context)
    case .request(let request, .topology(let topology)):
      accept(topology[id] ?? [], &context)
      context.reply(.topologyAccepted, to: request)
    case .request(let request, .broadcast(let value)) where acknowledgesFirst:
      unstored.append(value)
      gather(&context)
      context.reply(.broadcastAccepted, to: request)
    case .request(let request, .broadcast(let value)):
      learn([value], from: nil, &context)
      context.reply(.broadcastAccepted, to: request)
    case .request(let request, .readAll): context.reply(.messages(values), to: request)
    case .request(let request, _): context.reply(.notSupported, to: request)
    case .message(let peer, .share(let first, let end, let values)):
      learn(values, from: peer, &context)
      context.send(.acknowledge(first: first, end: end), to: peer)
    case .message(let peer, .acknowledge(let first, let end)):
      acknowledge(first, end, peer, &context)
    case .timer(.batch):
      isBatchArmed = false
      learn(unstored, from: nil, &context)
      unstored = []
      for place in neighbours.indices { share(with: place, &context) }
    case .timer(.resend): resendOverdue(&context)
    case .answered, .completed: break
    }
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(id)
    sink.put(Int(batchDelay))
    sink.put(Int(resendDelay))
    sink.put(followsTopology)
    sink.put(retries)
    sink.put(syncs)
    sink.put(acknowledgesFirst)
    sink.put(forgetsUnsent)
    sink.put(passesGaps)
    sink.put(unstored)
    sink.put(values)
    for origin in origins { sink.put(Int(origin)) }
    sink.put(neighbours.count)
    for neighbour in neighbours {
      sink.put(neighbour.id)
      sink.put(neighbour.acknowledged)
      sink.put(neighbour.sent)
      sink.put(neighbour.sentBefore)
    }
    sink.put(records.count)
    sink.put(isBatchArmed)
    sink.put(isResendArmed)
    sink.put(isHalted)
  }
}

// MARK: Sharing

extension Broadcast {
  /// Takes in values; those that are new are stored and will be sent on.
  private mutating func learn(
    _ offered: [Value], from peer: NodeID?, _ context: inout Context<Broadcast>
  ) {
    var bytes: [UInt8] = []
    for value in offered where known.insert(value).inserted {
      values.append(value)
      origins.append(peer?.rawValue ?? -1)
      bytes += records.frame(Record.value(value).encoded)
    }
    guard !bytes.isEmpty else { return }
    context.append(bytes, to: .log)
    if syncs { context.sync() }
    gather(&context)
  }

  /// Lets what is new leave, together with what else comes while a batch is gathered.
  private mutating func gather(_ context: inout Context<Broadcast>) {
    if batchDelay == 0 {
      for place in neighbours.indices { share(with: place, &context) }
    } else if !isBatchArmed {
      isBatchArmed = true
      context.setTimer(.batch, after: batchDelay)
    }
  }

  /// Sends a neighbour what it was not sent yet, as far as the window allows.
  private mutating func share(with place: Int, _ context: inout Context<Broadcast>) {
    skipOwn(place)
    while neighbours[place].sent < values.count,
      neighbours[place].sent - neighbours[place].acknowledged < Broadcast.windowLimit
    {
      let neighbour = neighbours[place]
      let end = min(values.count, neighbour.sent + Broadcast.shareLimit)
      let batch = (neighbour.sent..<end).filter { origins[$0] != neighbour.id.rawValue }
      neighbours[place].sent = end
      if !batch.isEmpty {
        context.send(
          .share(first: neighbour.sent, end: end, values: batch.map { values[$0] }),
          to: neighbour.id)
      }
    }
    if neighbours[place].acknowledged < neighbours[place].sent && !isResendArmed {
      isResendArmed = true
      context.setTimer(.resend, after: resendDelay)
    }
  }

  /// What came from a neighbour needs no acknowledgement by it.
  private mutating func skipOwn(_ place: Int) {
    let neighbour = neighbours[place]
    var acknowledged = neighbour.acknowledged
    while acknowledged < values.count, origins[acknowledged] == neighbour.id.rawValue {
      acknowledged += 1
    }
    neighbours[place].acknowledged = acknowledged
    neighbours[place].sent = max(neighbour.sent, acknowledged)
  }

  private mutating func acknowledge(
    _ first: Int, _ end: Int, _ peer: NodeID, _ context: inout Context<Broadcast>
  ) {
    // A share before this one may be lost: then this acknowledgement says nothing of a prefix.
    guard let place = neighbours.firstIndex(where: { $0.id == peer }),
      first <= neighbours[place].acknowledged || passesGaps,
      end > neighbours[place].acknowledged,
      end <= values.count
    else { return }
    let wasFull =
      neighbours[place].sent - neighbours[place].acknowledged >= Broadcast.windowLimit
    neighbours[place].acknowledged = end
    skipOwn(place)
    if wasFull { share(with: place, &context) }
  }

  private mutating func resendOverdue(_ context: inout Context<Broadcast>) {
    isResendArmed = false
    for place in neighbours.indices {
      if retries && neighbours[place].acknowledged < neighbours[place].sentBefore {
        neighbours[place].sent = neighbours[place].acknowledged
        share(with: place, &context)
      }
      neighbours[place].sentBefore = neighbours[place].sent
    }
    if !isResendArmed, neighbours.contains(where: { $0.acknowledged < $0.sent }) {
      isResendArmed = true
      context.setTimer(.resend, after: resendDelay)
    }
  }
}

// MARK: Durability

extension Broadcast {
  /// What the log holds: the values, and the neighbours that the last topology request named.
  private enum Record: StablyCodable {
    case value(Value)
    case neighbours([NodeID])

    func encode(into sink: inout some ByteSink) {
      switch self {
      case .value(let value):
        sink.put(UInt8(0))
        value.encode(into: &sink)
      case .neighbours(let nodes):
        sink.put(UInt8(1))
        sink.put(nodes)
      }
    }

    init?(from source: inout ByteSource) {
      switch source.byte() {
      case 0:
        guard let value = Value(from: &source) else { return nil }
        self = .value(value)
      case 1:
        guard let nodes = source.elements(NodeID.self) else { return nil }
        self = .neighbours(nodes)
      default: return nil
      }
    }
  }

  /// Takes in a topology, which is told once: it has to outlive a restart.
  private mutating func accept(_ nodes: [NodeID], _ context: inout Context<Broadcast>) {
    guard followsTopology, nodes != neighbours.map(\.id) else { return }
    replaceNeighbours(nodes)
    context.append(records.frame(Record.neighbours(nodes).encoded), to: .log)
    context.sync()
    gather(&context)
  }

  private mutating func replaceNeighbours(_ nodes: [NodeID]) {
    neighbours = nodes.filter { $0 != id }.map { node in
      neighbours.first { $0.id == node } ?? Neighbour(id: node)
    }
  }

  private mutating func recover(_ bytes: [UInt8], _ context: inout Context<Broadcast>) {
    guard let resumed = RecordLog.resume(bytes, of: .log, in: &context) else {
      isHalted = true
      return
    }
    records = resumed.log
    if records.count < bytes.count {
      context.mark(Mark(.sometimes, "broadcast: a torn tail was cut"))
    }
    for record in resumed.records {
      var source = ByteSource(record)
      switch Record(from: &source) {
      case .value(let value)?:
        guard known.insert(value).inserted else { continue }
        values.append(value)
        origins.append(-1)
      case .neighbours(let nodes)?: if followsTopology { replaceNeighbours(nodes) }
      case nil:
        isHalted = true
        return context.log("log: a record that no version of this system wrote; not serving")
      }
    }
    if forgetsUnsent {
      for place in neighbours.indices {
        neighbours[place].acknowledged = values.count
        neighbours[place].sent = values.count
      }
    }
    if !values.isEmpty { gather(&context) }
  }
}

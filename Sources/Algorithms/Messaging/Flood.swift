public import Nodes
public import Values

/// Spreads each value by a message of its own to every neighbour: the broadcast of Maelstrom's
/// third chapter.
///
/// A node that gets a value which it has not seen stores it and sends it to all neighbours but the
/// one that it came from. On a graph with *m* links and *n* nodes that is exactly 2*m* − (*n* − 1)
/// messages a value, whatever the order in which they travel. With `retry` a neighbour confirms each
/// value, and what is not confirmed is sent again; without it a lost message may be lost for good.
public struct Flood: Algorithm {
  public enum Timer: UInt8, Hashable, Sendable, CaseIterable {
    /// Sends again what was not confirmed.
    case retry
    /// Handles the next event of a node that is kept busy; see ``noDedup``.
    case work
  }

  public enum File: String, Hashable, Sendable, CaseIterable {
    case values
    case neighbours
  }

  /// What nodes tell each other.
  public enum Message: NodeMessage {
    case value(Value)
    /// A value is stored.
    case received(Value)
  }

  static let skipSender = AlgorithmOption(
    "skip-sender", standard: "true", variants: ["false"],
    "values are not sent back to where they came from")
  static let retry = AlgorithmOption(
    "retry", standard: "false", variants: ["true"],
    "values are confirmed, and sent again until they are")
  static let retryInterval = AlgorithmOption(
    "retry-interval", standard: "1s", variants: ["200ms"], "how long a confirmation may take")

  public static let noGossip = PlantedBug(
    "no-gossip", "values are not sent on",
    source: "Gossip Glomers 3b, multi-node broadcast; Maelstrom's guide, chapter 3.",
    violates: ["lost", "diverging"])
  public static let noDedup = PlantedBug(
    "no-dedup",
    "values that were seen before are sent on again, for ever, by nodes that handle one event a "
      + "millisecond",
    source:
      "Maelstrom's guide, chapter 3; Tanenbaum, Computer networks: flooding needs a memory of "
      + "what was seen.",
    violates: ["unmet-expectation", "lost", "diverging"])

  public static let description = AlgorithmDescription(
    name: "flood", summary: "A broadcast that floods a topology, a message a value and link.",
    promise: "A value reaches every node while no message is lost; with retry, whatever is lost.",
    assumptions:
      "The topology is connected; nodes that fail come back; a disk keeps what was synced.",
    paper: "Maelstrom's broadcast, chapter 3 of its guide.",
    options: [skipSender, retry, retryInterval], bugs: [noGossip, noDedup],
    workloads: ["broadcast"],
    // Without `retry`, which is not the standard, a message that is lost is a value that is lost.
    survives: ["pause", "delay", "duplicate", "reorder", "clog", "clock"], quorum: .all,
    messageTypes: ["value", "received"])

  /// A value that a neighbour has not confirmed.
  private struct Unconfirmed: Hashable, Sendable {
    var neighbour: NodeID
    /// The value's place in the log.
    var place: Int
    /// It was not confirmed when the timer fired last.
    var isOverdue = false
  }

  private let id: NodeID
  private let skipsSender: Bool
  private let retries: Bool
  private let retryDelay: Nanoseconds
  private let sendsOn: Bool
  private let deduplicates: Bool

  private var log = ValueLog()
  private var neighbours: [NodeID] = []
  private var unconfirmed: [Unconfirmed] = []
  private var isRetryArmed = false
  private var backlog = FloodBacklog()
  private var isHalted = false

  public init(_ configuration: Configuration) {
    id = configuration.id
    skipsSender = Flood.skipSender.isOn(in: configuration)
    retries = Flood.retry.isOn(in: configuration)
    retryDelay = max(.milliseconds(1), Flood.retryInterval.duration(in: configuration))
    sendsOn = !configuration.bugs.contains(Flood.noGossip.name)
    deduplicates = !configuration.bugs.contains(Flood.noDedup.name)
  }

  public mutating func handle(_ event: Event<Flood>, _ context: inout Context<Flood>) {
    guard !isHalted else { return }
    switch event {
    case .start(let files): recover(files, &context)
    case .request(let request, let body): take(.request(request, body), &context)
    case .message(let peer, let message): take(.message(from: peer, message), &context)
    case .timer(.retry): resend(&context)
    case .timer(.work):
      if let work = backlog.next() { perform(work, &context) }
      if !backlog.isEmpty { context.setTimer(.work, after: FloodBacklog.pause) }
    case .answered, .completed: break
    }
  }

  private mutating func take(_ work: FloodBacklog.Work, _ context: inout Context<Flood>) {
    guard !deduplicates else { return perform(work, &context) }
    if backlog.isEmpty { context.setTimer(.work, after: FloodBacklog.pause) }
    backlog.add(work)
  }

  private mutating func perform(_ work: FloodBacklog.Work, _ context: inout Context<Flood>) {
    switch work {
    case .request(let request, .topology(let topology)):
      accept(topology[id] ?? [], &context)
      context.reply(.topologyAccepted, to: request)
    case .request(let request, .broadcast(let value)):
      learn(value, from: nil, &context)
      context.reply(.broadcastAccepted, to: request)
    case .request(let request, .readAll): context.reply(.messages(log.values), to: request)
    case .request(let request, _): context.reply(.notSupported, to: request)
    case .message(let peer, .value(let value)):
      learn(value, from: peer, &context)
      if retries { context.send(.received(value), to: peer) }
    case .message(let peer, .received(let value)):
      unconfirmed.removeAll { $0.neighbour == peer && log.values[$0.place] == value }
    }
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(id)
    sink.put(skipsSender)
    sink.put(retries)
    sink.put(Int(retryDelay))
    sink.put(sendsOn)
    sink.put(deduplicates)
    log.encode(into: &sink)
    sink.put(neighbours)
    sink.put(unconfirmed.count)
    for message in unconfirmed {
      sink.put(message.neighbour)
      sink.put(message.place)
      sink.put(message.isOverdue)
    }
    sink.put(isRetryArmed)
    backlog.encode(into: &sink)
    sink.put(isHalted)
  }
}

// MARK: Spreading

extension Flood {
  private mutating func learn(
    _ value: Value, from peer: NodeID?, _ context: inout Context<Flood>
  ) {
    let added = log.insert([value], into: .values, &context)
    if !added.isEmpty { context.sync() }
    guard sendsOn, !added.isEmpty || !deduplicates else { return }
    let place = added.first ?? log.values.firstIndex(of: value) ?? 0
    for neighbour in neighbours where !skipsSender || neighbour != peer {
      send(place, to: neighbour, &context)
    }
  }

  private mutating func send(
    _ place: Int, to neighbour: NodeID, _ context: inout Context<Flood>
  ) {
    context.send(.value(log.values[place]), to: neighbour)
    guard retries else { return }
    unconfirmed.append(Unconfirmed(neighbour: neighbour, place: place))
    armRetry(&context)
  }

  private mutating func armRetry(_ context: inout Context<Flood>) {
    guard !isRetryArmed, !unconfirmed.isEmpty else { return }
    isRetryArmed = true
    context.setTimer(.retry, after: retryDelay)
  }

  private mutating func resend(_ context: inout Context<Flood>) {
    isRetryArmed = false
    for place in unconfirmed.indices {
      if unconfirmed[place].isOverdue {
        context.send(
          .value(log.values[unconfirmed[place].place]), to: unconfirmed[place].neighbour)
      }
      unconfirmed[place].isOverdue = true
    }
    armRetry(&context)
  }

  /// Takes in a topology, which is told once: it has to outlive a restart.
  private mutating func accept(_ nodes: [NodeID], _ context: inout Context<Flood>) {
    let others = nodes.filter { $0 != id }
    guard others != neighbours else { return }
    let new = others.filter { !neighbours.contains($0) }
    neighbours = others
    unconfirmed.removeAll { !others.contains($0.neighbour) }
    context.replace(.neighbours, with: others.encodedList)
    context.sync()
    if sendsOn && retries { offerAll(to: new, &context) }
  }

  private mutating func offerAll(to nodes: [NodeID], _ context: inout Context<Flood>) {
    for node in nodes {
      for place in log.values.indices { send(place, to: node, &context) }
    }
  }

  private mutating func recover(_ files: SurvivingFiles, _ context: inout Context<Flood>) {
    isHalted = !log.resume(files[File.values], of: .values, &context)
    var source = ByteSource(files[File.neighbours])
    neighbours = source.elements(NodeID.self) ?? []
    // What the neighbours have confirmed is not known any more.
    if !isHalted && sendsOn && retries { offerAll(to: neighbours, &context) }
  }
}

extension [NodeID] {
  fileprivate var encodedList: [UInt8] {
    var sink = ByteBuffer()
    sink.put(self)
    return sink.bytes
  }
}

extension Flood.Message {
  public var kind: String {
    switch self {
    case .value: "value"
    case .received: "received"
    }
  }

  public func encode(into sink: inout some ByteSink) {
    switch self {
    case .value(let value):
      sink.put(UInt8(0))
      value.encode(into: &sink)
    case .received(let value):
      sink.put(UInt8(1))
      value.encode(into: &sink)
    }
  }

  public init?(from source: inout ByteSource) {
    guard let tag = source.byte(), let value = Value(from: &source) else { return nil }
    switch tag {
    case 0: self = .value(value)
    case 1: self = .received(value)
    default: return nil
    }
  }
}

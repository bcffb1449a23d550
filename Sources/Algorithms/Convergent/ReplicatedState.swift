public import Nodes
public import Values

/// An object of which every node has a replica, replicated by merging: every so often a node tells all
/// others its whole state, or what of it they have not acknowledged.
///
/// States are merged after Shapiro et al., *Conflict-free replicated data types* (2011), section 2.2.
/// Deltas go in intervals after Almeida et al., *Delta state replicated data types* (2018), algorithm 2:
/// a node joins all that came since the place that a peer acknowledged, so that what a replica has
/// seen is always closed under causes; a peer that is too far behind gets the whole state.
///
/// An update is durable before it is acknowledged, and what was merged before it is acknowledged to
/// its sender or read, so that no replica's past shrinks.
public struct ReplicatedState<Object: MergedType>: Algorithm {
  public enum Timer: UInt8, Hashable, Sendable, CaseIterable {
    case gossip
  }

  public enum File: String, Hashable, Sendable, CaseIterable {
    /// A record for each update that was made here, with its delta.
    case updates
    /// How often the node was started, and all that was merged.
    case state
  }

  /// What nodes tell each other.
  public enum Message: NodeMessage {
    /// A whole state or a delta, and all updates that the receiver has seen once it is merged.
    ///
    /// - Parameter end: The place in the sender's buffer that it goes up to; names the boot, too.
    case state(Object, VersionVector, end: Place, isWhole: Bool)
    /// All up to a place of the receiver's buffer is stored.
    case received(end: Place)
  }

  /// A place in the buffer of deltas of one boot of a node.
  public struct Place: Hashable, Sendable, StablyCodable {
    var boot: Int
    var count: Int
  }

  /// What is known of another node.
  private struct Peer: Hashable, Sendable {
    var id: NodeID
    /// The place in this node's buffer up to which it has stored all; nothing where that is not known.
    var acknowledged: Int?
  }

  private struct UpdateRecord: StablyCodable {
    var entry: OwnUpdates.Entry
    var delta: Object

    func encode(into sink: inout some ByteSink) {
      entry.encode(into: &sink)
      delta.encode(into: &sink)
    }

    init(entry: OwnUpdates.Entry, delta: Object) {
      self.entry = entry
      self.delta = delta
    }

    init?(from source: inout ByteSource) {
      guard let entry = OwnUpdates.Entry(from: &source), let delta = Object(from: &source) else {
        return nil
      }
      self.init(entry: entry, delta: delta)
    }
  }

  private struct StateRecord: StablyCodable {
    var boot: Int
    var object: Object
    var context: VersionVector

    func encode(into sink: inout some ByteSink) {
      sink.put(boot)
      object.encode(into: &sink)
      context.encode(into: &sink)
    }

    init(boot: Int, object: Object, context: VersionVector) {
      self.boot = boot
      self.object = object
      self.context = context
    }

    init?(from source: inout ByteSource) {
      guard let boot = source.integer(), let object = Object(from: &source),
        let context = VersionVector(from: &source)
      else { return nil }
      self.init(boot: boot, object: object, context: context)
    }
  }

  /// More deltas than these are not kept for a peer that does not acknowledge them.
  private static var bufferMax: Int { 1_000 }

  public static var description: AlgorithmDescription {
    ReplicatedStateOptions.description(of: Object.description)
  }

  let id: NodeID
  private let interval: Nanoseconds
  private let tellsDeltas: Bool
  let clock: StampClock
  let bugs: Set<String>
  private var object = Object()
  /// The updates that are visible here.
  private var context = VersionVector()
  var own = OwnUpdates()
  /// How many bytes of messages were sent since the start.
  var sentBytes = 0
  private var updates = DurableLog<UpdateRecord>()
  private var boot = 0
  /// The deltas that were merged since the boot, from the place ``bufferStart`` on.
  private var buffer: [Object] = []
  private var bufferStart = 0
  private var peers: [Peer]
  private var isHalted = false

  public init(_ configuration: Configuration) {
    id = configuration.id
    interval = max(
      .milliseconds(1), ReplicatedStateOptions.interval.duration(in: configuration))
    tellsDeltas = ReplicatedStateOptions.gossip.text(in: configuration) == "delta"
    clock = StampClock(configuration)
    bugs = configuration.bugs
    peers = configuration.peers.map { Peer(id: $0) }
  }

  public mutating func handle(_ event: Event<Self>, _ context: inout Context<Self>) {
    guard !isHalted else { return }
    switch event {
    case .start(let files):
      recover(files, &context)
      if !isHalted && !has(ReplicatedStateOptions.noReplication) {
        context.setTimer(.gossip, after: interval)
      }
    case .request(let request, .custom(let body)): serve(request, body, &context)
    case .request(let request, _): context.reply(.notSupported, to: request)
    case .message(let peer, .state(let other, let seen, let end, let isWhole)):
      merge(other, seen, isWhole: isWhole, &context)
      send(.received(end: end), to: peer, &context)
    case .message(let peer, .received(let end)): note(peer, has: end)
    case .timer(.gossip):
      context.setTimer(.gossip, after: interval)
      for place in peers.indices { tell(at: place, &context) }
    case .answered, .completed: break
    }
  }
}

// MARK: - Clients

extension ReplicatedState: ServingReplica {
  var value: Value { object.value }
  var visible: VersionVector { context }
  var stateSize: Int { object.encodedCount }

  mutating func make(
    _ update: ReplicatedUpdate, at origin: UpdateOrigin
  ) throws(ErrorReply) -> (change: Object, result: UpdateResult) {
    let (delta, result) = try object.delta(of: update, at: origin)
    object.merge(delta, bugs: bugs)
    context[id] = origin.dot.number
    remember(delta)
    return (delta, result)
  }

  mutating func store(
    _ delta: Object, of entry: OwnUpdates.Entry, _ context: inout Context<Self>
  ) {
    updates.append(
      UpdateRecord(entry: entry, delta: delta), to: .updates,
      syncs: !has(ReplicatedStateOptions.noSync), &context)
  }
}

// MARK: - Replication

extension ReplicatedState {
  private mutating func remember(_ delta: Object) {
    guard tellsDeltas else { return }
    buffer.append(delta)
    let needed = peers.compactMap(\.acknowledged).min() ?? bufferStart
    let start = max(needed, bufferStart + buffer.count - Self.bufferMax)
    guard start - bufferStart > buffer.count / 2 else { return }
    buffer.removeFirst(start - bufferStart)
    bufferStart = start
  }

  private mutating func merge(
    _ other: Object, _ seen: VersionVector, isWhole: Bool, _ context: inout Context<Self>
  ) {
    let before = (object, self.context)
    if has(ReplicatedStateOptions.overwrite) && isWhole {
      object = other
    } else {
      object.merge(other, bugs: bugs)
    }
    self.context.merge(seen)
    guard (object, self.context) != before else { return }
    remember(other)
    storeState(&context)
  }

  private mutating func storeState(_ context: inout Context<Self>) {
    let record = StateRecord(boot: boot, object: object, context: self.context)
    context.replace(.state, with: record.encoded)
    context.sync()
  }

  /// Tells a peer what it has not acknowledged, or, where that is not known any more, all.
  private mutating func tell(at place: Int, _ context: inout Context<Self>) {
    let end = Place(boot: boot, count: bufferStart + buffer.count)
    let peer = peers[place]
    guard tellsDeltas, let acknowledged = peer.acknowledged, acknowledged >= bufferStart else {
      send(.state(object, self.context, end: end, isWhole: true), to: peer.id, &context)
      return
    }
    if has(ReplicatedStateOptions.assumedDelivery) { peers[place].acknowledged = end.count }
    guard acknowledged < end.count else { return }
    var delta = Object()
    for part in buffer[(acknowledged - bufferStart)...] { delta.merge(part, bugs: bugs) }
    send(.state(delta, self.context, end: end, isWhole: false), to: peer.id, &context)
  }

  private mutating func note(_ id: NodeID, has end: Place) {
    guard end.boot == boot, let place = peers.firstIndex(where: { $0.id == id }) else { return }
    peers[place].acknowledged = max(peers[place].acknowledged ?? 0, end.count)
  }

  private mutating func recover(_ files: SurvivingFiles, _ context: inout Context<Self>) {
    let stored = files[File.state]
    var source = ByteSource(stored)
    if let record = StateRecord(from: &source) {
      (boot, object, self.context) = (record.boot, record.object, record.context)
    } else if !stored.isEmpty {
      isHalted = true
      return context.log("state: what no version of this system wrote; not serving")
    }
    for record in updates.recover(files[File.updates], of: .updates, &context) {
      own.append(record.entry)
      if record.entry.context[id] > self.context[id] {
        object.merge(record.delta, bugs: bugs)
        self.context[id] = record.entry.context[id]
      }
    }
    isHalted = updates.isCorrupt
    guard !isHalted else { return }
    boot += 1
    storeState(&context)
  }
}

// MARK: - Encoding

extension ReplicatedState {
  public func encode(into sink: inout some ByteSink) {
    sink.put(id)
    sink.put(Int(interval))
    sink.put(tellsDeltas)
    sink.put(clock.rawValue)
    sink.put(bugs.sorted().joined(separator: ","))
    object.encode(into: &sink)
    context.encode(into: &sink)
    sink.put(own.entries)
    sink.put(sentBytes)
    updates.encode(into: &sink)
    sink.put(boot)
    sink.put(buffer)
    sink.put(bufferStart)
    sink.put(peers.count)
    for peer in peers {
      sink.put(peer.id)
      sink.put(peer.acknowledged)
    }
    sink.put(isHalted)
  }
}

extension ReplicatedState.Place {
  public func encode(into sink: inout some ByteSink) {
    sink.put(boot)
    sink.put(count)
  }

  public init?(from source: inout ByteSource) {
    guard let boot = source.integer(), let count = source.integer() else { return nil }
    self.init(boot: boot, count: count)
  }
}

extension ReplicatedState.Message {
  public var kind: String {
    switch self {
    case .state(_, _, _, let isWhole): isWhole ? "state" : "delta"
    case .received: "received"
    }
  }

  public func encode(into sink: inout some ByteSink) {
    switch self {
    case .state(let object, let context, let end, let isWhole):
      sink.put(UInt8(0))
      object.encode(into: &sink)
      context.encode(into: &sink)
      end.encode(into: &sink)
      sink.put(isWhole)
    case .received(let end):
      sink.put(UInt8(1))
      end.encode(into: &sink)
    }
  }

  public init?(from source: inout ByteSource) {
    switch source.byte() {
    case 0:
      guard let object = Object(from: &source), let context = VersionVector(from: &source),
        let end = ReplicatedState.Place(from: &source), let isWhole = source.flag()
      else { return nil }
      self = .state(object, context, end: end, isWhole: isWhole)
    case 1:
      guard let end = ReplicatedState.Place(from: &source) else { return nil }
      self = .received(end: end)
    default: return nil
    }
  }
}

/// The options and the planted bugs of states that are replicated.
enum ReplicatedStateOptions {
  static let gossip = AlgorithmOption(
    "gossip", standard: "delta", variants: ["state"], choices: ["delta", "state"],
    "what is told: delta, what is not acknowledged; or state, always all")
  static let interval = AlgorithmOption(
    "interval", standard: "200ms", variants: ["50ms"],
    "how often a node tells the others what it has")

  static let noReplication = PlantedBug(
    "no-replication", "nodes tell each other nothing",
    source: "Maelstrom's guide, chapter 4: the set before gossip.", violates: ["lost", "diverging"])
  static let noSync = PlantedBug(
    "no-sync", "updates are acknowledged before they are durable",
    source: "Redis with appendfsync everysec, as its documentation warns.",
    violates: ["lost", "context-shrank", "reused-update", "diverging", "unexplained"])
  static let overwrite = PlantedBug(
    "overwrite", "a whole state that is told takes the place of the own one, be it older",
    source: "Jepsen, Riak (2013): the last writer's whole value wins, and updates are lost.",
    violates: ["unexplained", "diverging", "lost", "arbitration-cycle", "below-bound"])
  static let assumedDelivery = PlantedBug(
    "assumed-delivery", "a delta counts as acknowledged once it is sent",
    source: "Almeida et al., Delta state replicated data types (2018), section 6.1: without "
      + "acknowledgements what is lost leaves a gap.",
    violates: ["unexplained", "diverging", "lost", "arbitration-cycle", "below-bound"])
  static let bugs = [noReplication, noSync, overwrite, assumedDelivery]

  static func description(of type: AlgorithmDescription) -> AlgorithmDescription {
    var description = type
    description.options += [gossip, interval]
    if !type.bugs.isEmpty { description.bugs += bugs }
    description.messageTypes = ["state", "delta", "received"]
    return description
  }
}

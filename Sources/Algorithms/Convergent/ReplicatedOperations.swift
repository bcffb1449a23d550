public import Nodes
public import Values

/// An object of which every node has a replica, replicated by telling all nodes each update's effect.
///
/// After Shapiro et al., *Conflict-free replicated data types* (2011), section 2.3. An effect is applied
/// once at each node, after all that had been applied where the update was made: causal delivery by
/// version vectors (Birman, Schiper and Stephenson, 1991). Nodes tell each other now and then what they
/// have, and are sent what they lack.
///
/// An update is durable before it is acknowledged and before anybody is told of it; what others made
/// is durable before it is read.
public struct ReplicatedOperations<Object: ToldType>: Algorithm {
  public enum Timer: UInt8, Hashable, Sendable, CaseIterable {
    case gossip
  }

  public enum File: String, Hashable, Sendable, CaseIterable {
    /// A record for each effect that was applied, in that order.
    case effects
  }

  /// An update as it is told.
  public struct Told: Hashable, Sendable, StablyCodable {
    var dot: Dot
    /// What had been applied at its node before.
    var dependencies: VersionVector
    var effect: Object.Effect
  }

  /// What nodes tell each other.
  public enum Message: NodeMessage {
    case effects([Told])
    /// What the sender has applied.
    case digest(VersionVector)
  }

  private struct Record: StablyCodable {
    var told: Told
    /// Set where the update was made here.
    var own: OwnUpdates.Entry?

    func encode(into sink: inout some ByteSink) {
      told.encode(into: &sink)
      sink.put(own)
    }

    init(told: Told, own: OwnUpdates.Entry?) {
      self.told = told
      self.own = own
    }

    init?(from source: inout ByteSource) {
      guard let told = Told(from: &source), let own = source.optional(OwnUpdates.Entry.self) else {
        return nil
      }
      self.init(told: told, own: own)
    }
  }

  /// The most effects that are sent at a time.
  private static var batchMax: Int { 100 }

  public static var description: AlgorithmDescription {
    ReplicatedOperationsOptions.description(of: Object.description)
  }

  let id: NodeID
  private let peers: [NodeID]
  private let interval: Nanoseconds
  private let isCausal: Bool
  let clock: StampClock
  let bugs: Set<String>
  private var object = Object()
  var own = OwnUpdates()
  /// How many bytes of messages were sent since the start.
  var sentBytes = 0
  private var log = DurableLog<Record>()
  /// How many of each node's updates are applied.
  private var applied = VersionVector()
  /// What was applied, in that order, in which causes come before effects.
  private var history: [Told] = []
  /// What can't be applied yet, in ascending order of the dots.
  private var pending: [Told] = []

  public init(_ configuration: Configuration) {
    id = configuration.id
    peers = configuration.peers
    interval = max(
      .milliseconds(1), ReplicatedOperationsOptions.interval.duration(in: configuration))
    isCausal = ReplicatedOperationsOptions.delivery.text(in: configuration) == "causal"
    clock = StampClock(configuration)
    bugs = configuration.bugs
  }

  public mutating func handle(_ event: Event<Self>, _ context: inout Context<Self>) {
    guard !log.isCorrupt else { return }
    switch event {
    case .start(let files):
      for record in log.recover(files[File.effects], of: .effects, &context) {
        apply(record.told)
        if let entry = record.own { own.append(entry) }
      }
      if !log.isCorrupt { context.setTimer(.gossip, after: interval) }
    case .request(let request, .custom(let body)): serve(request, body, &context)
    case .request(let request, _): context.reply(.notSupported, to: request)
    case .message(_, .effects(let effects)): take(effects, &context)
    case .message(let peer, .digest(let known)):
      if !has(ReplicatedOperationsOptions.noRepair) { repair(peer, known, &context) }
    case .timer(.gossip):
      context.setTimer(.gossip, after: interval)
      for peer in peers { send(.digest(applied), to: peer, &context) }
    case .answered, .completed: break
    }
  }
}

// MARK: - Clients

extension ReplicatedOperations: ServingReplica {
  var value: Value { object.value }
  var visible: VersionVector { applied }
  var stateSize: Int { object.encodedCount }

  mutating func make(
    _ update: ReplicatedUpdate, at origin: UpdateOrigin
  ) throws(ErrorReply) -> (change: Told, result: UpdateResult) {
    let (effect, result) = try object.effect(of: update, at: origin)
    let told = Told(dot: origin.dot, dependencies: applied, effect: effect)
    apply(told)
    return (told, result)
  }

  mutating func store(
    _ told: Told, of entry: OwnUpdates.Entry, _ context: inout Context<Self>
  ) {
    log.append(
      Record(told: told, own: entry), to: .effects,
      syncs: !has(ReplicatedOperationsOptions.noSync), &context)
  }

  mutating func tell(_ told: Told, _ context: inout Context<Self>) {
    for peer in peers { send(.effects([told]), to: peer, &context) }
  }
}

// MARK: - Replication

extension ReplicatedOperations {
  private mutating func apply(_ told: Told) {
    object.apply(told.effect, of: told.dot, bugs: bugs)
    applied[told.dot.node] = max(applied[told.dot.node], told.dot.number)
    history.append(told)
  }

  /// Takes in what was told, and applies all that can be.
  private mutating func take(_ effects: [Told], _ context: inout Context<Self>) {
    for told in effects {
      if applied.contains(told.dot) {
        if has(ReplicatedOperationsOptions.deliverTwice), told.dot.node != id {
          object.apply(told.effect, of: told.dot, bugs: bugs)
        }
        continue
      }
      let place = pending.firstIndex { $0.dot >= told.dot } ?? pending.count
      if place < pending.count, pending[place].dot == told.dot { continue }
      pending.insert(told, at: place)
    }
    var hasChanged = false
    while let place = pending.firstIndex(where: isReady) {
      let told = pending.remove(at: place)
      guard !applied.contains(told.dot) else { continue }
      apply(told)
      log.append(Record(told: told, own: nil), to: .effects, syncs: false, &context)
      hasChanged = true
    }
    if hasChanged { context.sync() }
  }

  private func isReady(_ told: Told) -> Bool {
    if has(ReplicatedOperationsOptions.skippedGap) { return true }
    guard told.dot.number == applied[told.dot.node] + 1 || applied.contains(told.dot) else {
      return false
    }
    return !isCausal || told.dependencies <= applied
  }

  /// Sends a node what it lacks, as much as goes into one message, causes before effects.
  private mutating func repair(
    _ peer: NodeID, _ known: VersionVector, _ context: inout Context<Self>
  ) {
    var missing: [Told] = []
    var rest = applied.total(beyond: known)
    // What a node lacks is mostly new, so the search begins at the end.
    for told in history.reversed() {
      guard rest > 0 else { break }
      guard !known.contains(told.dot) else { continue }
      missing.append(told)
      rest -= 1
    }
    guard !missing.isEmpty else { return }
    send(.effects(missing.suffix(Self.batchMax).reversed()), to: peer, &context)
  }
}

// MARK: - Encoding

extension ReplicatedOperations {
  public func encode(into sink: inout some ByteSink) {
    sink.put(id)
    sink.put(peers)
    sink.put(Int(interval))
    sink.put(isCausal)
    sink.put(clock.rawValue)
    sink.put(bugs.sorted().joined(separator: ","))
    object.encode(into: &sink)
    sink.put(own.entries)
    sink.put(sentBytes)
    log.encode(into: &sink)
    applied.encode(into: &sink)
    sink.put(history)
    sink.put(pending)
  }
}

extension ReplicatedOperations.Told {
  public func encode(into sink: inout some ByteSink) {
    dot.encode(into: &sink)
    dependencies.encode(into: &sink)
    effect.encode(into: &sink)
  }

  public init?(from source: inout ByteSource) {
    guard let dot = Dot(from: &source), let dependencies = VersionVector(from: &source),
      let effect = Object.Effect(from: &source)
    else { return nil }
    self.init(dot: dot, dependencies: dependencies, effect: effect)
  }
}

extension ReplicatedOperations.Message {
  public var kind: String {
    switch self {
    case .effects: "effects"
    case .digest: "digest"
    }
  }

  public func encode(into sink: inout some ByteSink) {
    switch self {
    case .effects(let effects):
      sink.put(UInt8(0))
      sink.put(effects)
    case .digest(let known):
      sink.put(UInt8(1))
      known.encode(into: &sink)
    }
  }

  public init?(from source: inout ByteSource) {
    switch source.byte() {
    case 0:
      guard let effects = source.elements(ReplicatedOperations.Told.self) else { return nil }
      self = .effects(effects)
    case 1:
      guard let known = VersionVector(from: &source) else { return nil }
      self = .digest(known)
    default: return nil
    }
  }
}

/// The options and the planted bugs of operations that are replicated.
enum ReplicatedOperationsOptions {
  static let delivery = AlgorithmOption(
    "delivery", standard: "causal", choices: ["causal", "fifo"],
    "what an effect waits for: causal, all that its node had applied; or fifo, its node's own, "
      + "which is less than the types need")
  static let interval = AlgorithmOption(
    "interval", standard: "200ms", variants: ["50ms"],
    "how often a node tells the others what it has")

  static let noRepair = PlantedBug(
    "no-repair", "effects that were lost on their way are not sent again",
    source: "Shapiro et al. (2011), section 2.3: operations need a reliable broadcast.",
    violates: ["lost", "diverging"])
  static let noSync = PlantedBug(
    "no-sync", "updates are acknowledged before they are durable",
    source: "Redis with appendfsync everysec, as its documentation warns.",
    violates: [
      "lost", "context-shrank", "reused-update", "diverging", "unexplained", "misordered",
      "interleaved",
    ])
  static let deliverTwice = PlantedBug(
    "deliver-twice", "an effect that comes twice is applied twice",
    source: "Shapiro et al. (2011), section 2.3: each operation must be delivered once.",
    violates: ["unexplained", "diverging", "duplicated", "misordered", "interleaved"])
  static let skippedGap = PlantedBug(
    "skipped-gap", "an effect is applied though its node's earlier ones have not come",
    source: "Shapiro et al. (2011), section 2.3: operations need causal delivery.",
    violates: ["unexplained", "diverging", "lost", "misordered", "interleaved"])
  static let bugs = [noRepair, noSync, deliverTwice, skippedGap]

  static func description(of type: AlgorithmDescription) -> AlgorithmDescription {
    var description = type
    description.options += [delivery, interval]
    if !type.bugs.isEmpty { description.bugs += bugs }
    description.messageTypes = ["effects", "digest"]
    return description
  }
}

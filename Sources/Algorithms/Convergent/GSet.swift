public import Nodes
public import Values

/// A set that only grows, replicated by gossip: every so often a node tells all others what it has.
///
/// The state is a join-semilattice under union, so it does not matter how often, in which order, or
/// over which ways it is told. Full gossip tells the whole state; delta gossip tells each peer what it
/// has not acknowledged, after Almeida, Shoker and Baquero: "Delta state replicated data types"
/// (2018), section 6.1, with acknowledged prefixes of a list in the order of learning for deltas.
///
/// An element is durable before its add is acknowledged and before a peer is told that it arrived.
public struct GSet: Algorithm {
  public enum Timer: UInt8, Hashable, Sendable, CaseIterable {
    case gossip
  }

  public enum File: String, Hashable, Sendable, CaseIterable {
    case elements
  }

  /// What nodes tell each other.
  public enum Message: NodeMessage {
    /// All of the sender's elements.
    case state([Value])
    /// The sender's elements from the place `first` on.
    case delta(first: Int, [Value])
    /// The receiver's elements before the place `end` are stored.
    case received(end: Int)
  }

  /// The most elements in one delta.
  static let deltaLimit = 1_000

  static let interval = AlgorithmOption(
    "interval", standard: "1s", variants: ["100ms"], "how often a node tells the others what it has"
  )
  static let gossip = AlgorithmOption(
    "gossip", standard: "full", variants: ["delta"],
    "what is told: full, or delta: what is not acknowledged")

  public static let noReplication = PlantedBug(
    "no-replication", "nodes tell each other nothing",
    source: "Maelstrom's guide, chapter 4: the set before gossip.", violates: ["lost", "diverging"])
  public static let noSync = PlantedBug(
    "no-sync", "elements are acknowledged before they are durable",
    source: "Redis with appendfsync everysec, as its documentation warns.",
    violates: ["lost", "diverging"])
  public static let overwrite = PlantedBug(
    "overwrite", "what another node tells takes the place of what a node has",
    source: "Jepsen, Cassandra (2013): the last writer's whole value wins, and updates are lost.",
    violates: ["lost", "diverging"])
  public static let unorderedWalk = PlantedBug(
    "unordered-walk",
    "what is told is listed by a walk over an unordered set, so that a run can't be repeated",
    source:
      "tokio-rs/turmoil #19, freenet #2810, mysticeti #260: hash collections without an order",
    violates: ["nondeterminism"])

  public static let description = AlgorithmDescription(
    name: "g-set", summary: "A grow-only set, replicated by gossip of its state or of deltas.",
    promise: "An acknowledged element is eventually read from every node, for good.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced.",
    paper:
      "Shapiro et al.: Conflict-free replicated data types (2011); deltas: Almeida et al. (2018).",
    options: [gossip, interval], bugs: [noReplication, noSync, overwrite, unorderedWalk],
    workloads: ["g-set"], messageTypes: ["state", "delta", "received"])

  /// What is known of another node.
  private struct Peer: Hashable, Sendable {
    var id: NodeID
    /// It has the first so many of this node's elements.
    var acknowledged = 0
  }

  private let intervalLength: Nanoseconds
  private let tellsDeltas: Bool
  private let replicates: Bool
  private let syncs: Bool
  private let overwrites: Bool
  private let keepsOrder: Bool
  private var elements = ValueLog()
  private var peers: [Peer]
  private var isHalted = false

  public init(_ configuration: Configuration) {
    intervalLength = max(.milliseconds(1), GSet.interval.duration(in: configuration))
    tellsDeltas = GSet.gossip.text(in: configuration) == "delta"
    replicates = !configuration.bugs.contains(GSet.noReplication.name)
    syncs = !configuration.bugs.contains(GSet.noSync.name)
    overwrites = configuration.bugs.contains(GSet.overwrite.name)
    keepsOrder = !configuration.bugs.contains(GSet.unorderedWalk.name)
    peers = configuration.peers.map { Peer(id: $0) }
  }

  public mutating func handle(_ event: Event<GSet>, _ context: inout Context<GSet>) {
    guard !isHalted else { return }
    switch event {
    case .start(let files):
      isHalted = !elements.resume(files[File.elements], of: .elements, &context)
      if !isHalted && replicates { context.setTimer(.gossip, after: intervalLength) }
    case .request(let id, .addElement(let element)):
      learn([element], &context)
      context.reply(.added, to: id)
    case .request(let id, .readAll):
      context.reply(.value(.list(elements.values)), to: id)
    case .request(let id, _): context.reply(.notSupported, to: id)
    case .message(_, .state(let elements)):
      learn(elements, &context)
      if overwrites { self.elements.keep(only: elements) }
    case .message(let peer, .delta(let first, let elements)):
      learn(elements, &context)
      context.send(.received(end: first + elements.count), to: peer)
    case .message(let peer, .received(let end)): note(peer, has: end)
    case .timer(.gossip):
      context.setTimer(.gossip, after: intervalLength)
      for peer in peers { tell(peer, &context) }
    case .answered, .completed: break
    }
  }

  private mutating func learn(_ offered: [Value], _ context: inout Context<GSet>) {
    let added = elements.insert(offered, into: .elements, &context)
    if !added.isEmpty && syncs { context.sync() }
  }

  private func tell(_ peer: Peer, _ context: inout Context<GSet>) {
    guard tellsDeltas else {
      let told = keepsOrder ? elements.values : elements.valuesInNoOrder
      return context.send(.state(told), to: peer.id)
    }
    let rest = elements.values[peer.acknowledged...].prefix(GSet.deltaLimit)
    guard !rest.isEmpty else { return }
    context.send(.delta(first: peer.acknowledged, Array(rest)), to: peer.id)
  }

  /// A delta begins where its receiver's prefix ended or before, so that an end never leaves a gap.
  private mutating func note(_ id: NodeID, has end: Int) {
    guard let place = peers.firstIndex(where: { $0.id == id }), end <= elements.values.count else {
      return
    }
    peers[place].acknowledged = max(peers[place].acknowledged, end)
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(Int(intervalLength))
    sink.put(tellsDeltas)
    sink.put(replicates)
    sink.put(syncs)
    sink.put(overwrites)
    sink.put(keepsOrder)
    elements.encode(into: &sink)
    sink.put(peers.count)
    for peer in peers {
      sink.put(peer.id)
      sink.put(peer.acknowledged)
    }
    sink.put(isHalted)
  }
}

extension GSet.Message {
  public var kind: String {
    switch self {
    case .state: "state"
    case .delta: "delta"
    case .received: "received"
    }
  }

  public func encode(into sink: inout some ByteSink) {
    switch self {
    case .state(let elements):
      sink.put(UInt8(0))
      sink.put(elements)
    case .delta(let first, let elements):
      sink.put(UInt8(1))
      sink.put(first)
      sink.put(elements)
    case .received(let end):
      sink.put(UInt8(2))
      sink.put(end)
    }
  }

  public init?(from source: inout ByteSource) {
    switch source.byte() {
    case 0:
      guard let elements = source.elements(Value.self) else { return nil }
      self = .state(elements)
    case 1:
      guard let first = source.integer(), let elements = source.elements(Value.self) else {
        return nil
      }
      self = .delta(first: first, elements)
    case 2:
      guard let end = source.integer() else { return nil }
      self = .received(end: end)
    default: return nil
    }
  }
}

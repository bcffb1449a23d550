public import Nodes
public import Values

/// A grow-only counter.
public typealias GCounter = StateCounter<GrowOnlyEntry>

/// A counter that rises and falls.
public typealias PNCounter = StateCounter<UpDownEntry>

/// A counter of which each node keeps a share of its own and copies of the others', replicated by
/// gossip: every so often a node tells all others the whole state, and states are merged share by
/// share.
///
/// A node's own share is durable before an add to it is acknowledged, and before anybody is told of
/// it: so it never falls behind a copy of it. Copies need not be durable, for they come back. Which
/// requests were added is stored with them, so that one which comes twice is added once.
public struct StateCounter<Entry: CounterEntry>: Algorithm {
  public enum Timer: UInt8, Hashable, Sendable, CaseIterable {
    case gossip
  }

  public enum File: String, Hashable, Sendable, CaseIterable {
    /// A record for each add at this node.
    case adds
  }

  /// All shares, in the order of the members.
  public struct Message: NodeMessage {
    var shares: [Entry]

    public var kind: String { "state" }
    public func encode(into sink: inout some ByteSink) { sink.put(shares) }

    init(_ shares: [Entry]) { self.shares = shares }

    public init?(from source: inout ByteSource) {
      guard let shares = source.elements(Entry.self) else { return nil }
      self.shares = shares
    }
  }

  private struct Add: StablyCodable {
    var request: RequestID
    var delta: Int

    func encode(into sink: inout some ByteSink) {
      request.encode(into: &sink)
      sink.put(delta)
    }

    init(request: RequestID, delta: Int) {
      self.request = request
      self.delta = delta
    }

    init?(from source: inout ByteSource) {
      guard let request = RequestID(from: &source), let delta = source.integer() else {
        return nil
      }
      self.init(request: request, delta: delta)
    }
  }

  public static var description: AlgorithmDescription { Entry.counter }

  private let id: NodeID
  private let members: [NodeID]
  private let interval: Nanoseconds
  private let replicates: Bool
  private let addsOnMerge: Bool
  private let syncs: Bool
  private let overwrites: Bool
  /// In the order of the members.
  private var shares: [Entry]
  /// Each client's last request that was added.
  private var added: [Int: Int] = [:]
  private var records = RecordLog()
  private var isHalted = false

  public init(_ configuration: Configuration) {
    id = configuration.id
    members = configuration.members
    interval = max(.milliseconds(1), CounterOptions.interval.duration(in: configuration))
    replicates = !configuration.bugs.contains(CounterOptions.noReplication.name)
    addsOnMerge = configuration.bugs.contains(CounterOptions.addOnMerge.name)
    syncs = !configuration.bugs.contains(CounterOptions.noSync.name)
    overwrites = configuration.bugs.contains(CounterOptions.overwrite.name)
    shares = configuration.members.map { _ in Entry() }
  }

  public mutating func handle(_ event: Event<Self>, _ context: inout Context<Self>) {
    guard !isHalted else { return }
    switch event {
    case .start(let files):
      recover(files[File.adds], &context)
      if !isHalted && replicates { context.setTimer(.gossip, after: interval) }
    case .request(let request, .addDelta(let delta)):
      add(Add(request: request, delta: delta), &context)
    case .request(let request, .readAll):
      context.reply(.value(.integer(shares.reduce(0) { $0 &+ $1.total })), to: request)
    case .request(let request, _): context.reply(.notSupported, to: request)
    case .message(_, let message): merge(message.shares)
    case .timer(.gossip):
      context.setTimer(.gossip, after: interval)
      for member in members where member != id { context.send(Message(shares), to: member) }
    case .answered, .completed: break
    }
  }

  private mutating func add(_ add: Add, _ context: inout Context<Self>) {
    let last = added[add.request.client] ?? .min
    guard last <= add.request.number else { return }
    if last < add.request.number {
      apply(add)
      context.append(records.frame(add.encoded), to: .adds)
      if syncs { context.sync() }
    }
    context.reply(.added, to: add.request)
  }

  private mutating func apply(_ add: Add) {
    added[add.request.client] = add.request.number
    guard let own = members.firstIndex(of: id) else { return }
    shares[own].add(add.delta)
  }

  private mutating func merge(_ others: [Entry]) {
    guard others.count == shares.count else { return }
    if overwrites {
      shares = others
      return
    }
    for place in shares.indices {
      if addsOnMerge {
        shares[place].accumulate(others[place])
      } else {
        shares[place].merge(others[place])
      }
    }
  }

  private mutating func recover(_ bytes: [UInt8], _ context: inout Context<Self>) {
    guard let resumed = RecordLog.resume(bytes, of: .adds, in: &context) else {
      isHalted = true
      return
    }
    records = resumed.log
    for record in resumed.records {
      var source = ByteSource(record)
      guard let add = Add(from: &source) else {
        isHalted = true
        return context.log("adds: a record that no version of this system wrote; not serving")
      }
      apply(add)
    }
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(id)
    sink.put(members)
    sink.put(Int(interval))
    sink.put(replicates)
    sink.put(addsOnMerge)
    sink.put(syncs)
    sink.put(overwrites)
    sink.put(shares)
    sink.put(added.count)
    for (client, number) in added.sorted(by: { $0.key < $1.key }) {
      sink.put(client)
      sink.put(number)
    }
    sink.put(records.count)
    sink.put(isHalted)
  }
}

/// The options and the planted bugs of replicated counters.
enum CounterOptions {
  static let interval = AlgorithmOption(
    "interval", standard: "1s", variants: ["100ms"], "how often a node tells the others its state")
  static let all = [interval]
  static let messageTypes = ["state"]

  static let noReplication = PlantedBug(
    "no-replication", "nodes tell each other nothing",
    source: "Maelstrom's guide, chapter 4: the counter before gossip.",
    violates: ["unacceptable", "diverging"])
  static let addOnMerge = PlantedBug(
    "add-on-merge", "merging adds two states of a share up instead of taking the greater one",
    source: "Shapiro et al., Conflict-free replicated data types (2011): merging must be "
      + "idempotent.",
    violates: ["unacceptable", "diverging"])
  static let noSync = PlantedBug(
    "no-sync", "adds are acknowledged before they are durable",
    source: "Redis with appendfsync everysec, as its documentation warns.",
    violates: ["unacceptable", "diverging"])
  static let overwrite = PlantedBug(
    "overwrite", "the state that is told takes the place of the own one, be it older",
    source: "Jepsen, Riak (2013): the last writer's whole value wins, and updates are lost.",
    violates: ["unacceptable", "diverging"])
  static let bugs = [noReplication, addOnMerge, noSync, overwrite]
}

public import Nodes
public import Values

/// Agreement on one value by majorities: the single-decree synod of Paxos, to be explored.
///
/// Lamport, *Paxos made simple* (ACM SIGACT News 32:4, 2001), section 2.2. Every node is proposer and
/// acceptor; who proposes proposes its own number. A timer begins a ballot, and may fire again and
/// again; a ballot's number is its round's place among all nodes'.
public struct Synod: Algorithm {
  public typealias Message = SynodMessage

  public enum Timer: UInt8, Hashable, Sendable, CaseIterable {
    case propose
  }

  public enum File: String, Hashable, Sendable, CaseIterable {
    case acceptor
  }

  /// A proposal that an acceptor has accepted.
  public struct Proposal: Hashable, Sendable, StablyCodable {
    public var ballot: Int
    public var value: Int
  }

  public static let ignoresAccepted = PlantedBug(
    "ignores-accepted", "a proposer proposes its own value whatever acceptors have accepted",
    source: "Paxos made simple, section 2.2: property P2c.", violates: ["agreement"])
  public static let breaksPromise = PlantedBug(
    "breaks-promise", "an acceptor accepts proposals of ballots below the one that it promised",
    source: "Paxos made simple, section 2.2: requirement P1a.", violates: ["agreement"])
  public static let minority = PlantedBug(
    "minority", "a proposer that two nodes have answered goes on, however many there are",
    source: "Paxos made simple, section 2.1: any two majorities have an acceptor in common.",
    violates: ["agreement"])
  public static let volatile = PlantedBug(
    "volatile", "an acceptor stores nothing",
    source: "Paxos made simple, section 2.5: stable storage.", violates: ["agreement"])

  public static let description = AlgorithmDescription(
    name: "synod", summary: "Agreement on one value by majorities (single-decree Paxos).",
    promise: "At most one value is ever chosen.",
    assumptions: "Disks keep what was synced.",
    paper: "Lamport, Paxos made simple, 2001, section 2.",
    bugs: [ignoresAccepted, breaksPromise, minority, volatile], workloads: [],
    marks: ["synod: a value was chosen", "synod: another's value was proposed again"],
    quorum: .majority, messageTypes: ["prepare", "promise", "accept", "accepted"])

  private let id: NodeID
  private let members: [NodeID]
  private let majority: Int
  private let bugs: Set<String>

  // The acceptor: durable.
  private var promised = 0
  private var accepted: Proposal?

  // The proposer.
  private var ballot = 0
  private var value: Int?
  /// Who answered the current phase.
  private var answered: [Bool]
  /// The latest proposal that a promise told of.
  private var latest: Proposal?
  public private(set) var chosen: Int?

  public init(_ configuration: Configuration) {
    id = configuration.id
    members = configuration.members
    bugs = configuration.bugs
    majority =
      configuration.bugs.contains(Synod.minority.name)
      ? min(2, configuration.majority) : configuration.majority
    answered = Array(repeating: false, count: configuration.members.count)
  }

  public var status: String {
    "promised \(promised), accepted \(accepted.map { "\($0.value) in \($0.ballot)" } ?? "nothing")"
      + (chosen.map { ", knows that \($0) is chosen" } ?? "")
  }

  public mutating func handle(_ event: Event<Synod>, _ context: inout Context<Synod>) {
    switch event {
    case .start(let files):
      recover(files[File.acceptor])
      context.setTimer(.propose, after: .seconds(1))
    case .timer: propose(&context)
    case .message(let peer, let message): receive(message, from: peer, &context)
    case .request, .answered, .completed: break
    }
  }

  private mutating func receive(
    _ message: SynodMessage, from peer: NodeID, _ context: inout Context<Synod>
  ) {
    switch message {
    case .prepare(let ballot): promise(ballot, to: peer, &context)
    case .promise(let ballot, let proposal): count(ballot, proposal, from: peer, &context)
    case .accept(let proposal): accept(proposal, from: peer, &context)
    case .accepted(let ballot): choose(ballot, from: peer, &context)
    }
  }

  // MARK: The proposer

  private mutating func propose(_ context: inout Context<Synod>) {
    // The lowest ballot of this node's own above all that it has heard of.
    let round = max(promised, ballot) / members.count + 1
    ballot = round * members.count + id.index
    value = nil
    latest = nil
    forgetAnswers()
    context.setTimer(.propose, after: .seconds(1))
    for member in members { context.send(.prepare(ballot), to: member) }
  }

  private mutating func count(
    _ ballot: Int, _ proposal: Proposal?, from peer: NodeID, _ context: inout Context<Synod>
  ) {
    guard ballot == self.ballot, value == nil else { return }
    if let proposal, proposal.ballot > latest?.ballot ?? 0 { latest = proposal }
    guard isMajority(with: peer) else { return }
    let isFree = bugs.contains(Synod.ignoresAccepted.name)
    let proposed = isFree ? id.index : latest?.value ?? id.index
    if proposed != id.index {
      context.mark(Mark(.sometimes, "synod: another's value was proposed again"))
    }
    value = proposed
    latest = nil
    forgetAnswers()
    for member in members {
      context.send(.accept(Proposal(ballot: ballot, value: proposed)), to: member)
    }
  }

  private mutating func choose(
    _ ballot: Int, from peer: NodeID, _ context: inout Context<Synod>
  ) {
    guard ballot == self.ballot, let value, chosen == nil, isMajority(with: peer) else { return }
    chosen = value
    context.mark(Mark(.sometimes, "synod: a value was chosen"))
  }

  private mutating func isMajority(with peer: NodeID) -> Bool {
    answered[peer.index] = true
    return answered.count { $0 } >= majority
  }

  private mutating func forgetAnswers() {
    for place in answered.indices { answered[place] = false }
  }

  // MARK: The acceptor

  private mutating func promise(
    _ ballot: Int, to peer: NodeID, _ context: inout Context<Synod>
  ) {
    guard ballot > promised else { return }
    promised = ballot
    store(&context)
    context.send(.promise(ballot, accepted), to: peer)
  }

  private mutating func accept(
    _ proposal: Proposal, from peer: NodeID, _ context: inout Context<Synod>
  ) {
    guard proposal.ballot >= promised || bugs.contains(Synod.breaksPromise.name) else { return }
    promised = max(promised, proposal.ballot)
    accepted = proposal
    store(&context)
    context.send(.accepted(proposal.ballot), to: peer)
  }

  private func store(_ context: inout Context<Synod>) {
    guard !bugs.contains(Synod.volatile.name) else { return }
    var buffer = ByteBuffer()
    buffer.put(promised)
    buffer.put(accepted)
    context.replace(.acceptor, with: buffer.bytes)
    context.sync()
  }

  private mutating func recover(_ bytes: [UInt8]) {
    var source = ByteSource(bytes)
    guard let promised = source.integer(), let accepted = source.optional(Proposal.self) else {
      return
    }
    self.promised = promised
    self.accepted = accepted
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(promised)
    sink.put(accepted)
    sink.put(ballot)
    sink.put(value)
    for flag in answered { sink.put(flag) }
    sink.put(latest)
    sink.put(chosen)
  }
}

extension Synod.Proposal {
  public func encode(into sink: inout some ByteSink) {
    sink.put(ballot)
    sink.put(value)
  }

  public init?(from source: inout ByteSource) {
    guard let ballot = source.integer(), let value = source.integer() else { return nil }
    self.init(ballot: ballot, value: value)
  }
}

extension Synod {
  public static func invariants() -> [any Invariant<Synod>] { [SynodAgreement()] }
}

/// At most one value is ever known to be chosen.
public struct SynodAgreement: Invariant, StablyEncodable {
  private var chosen: Int?

  public init() {}

  public mutating func check(
    _ changed: NodeID, in cluster: ClusterStates<Synod>
  ) -> Violation? {
    let cell = cluster.cells[changed.index]
    guard cell.isUp, let value = cell.node.chosen else { return nil }
    if let chosen, chosen != value {
      return Violation(
        "agreement", "\(value) is chosen, and so was \(chosen) before", nodes: [changed])
    }
    chosen = value
    return nil
  }

  public func encode(into sink: inout some ByteSink) { sink.put(chosen) }
}

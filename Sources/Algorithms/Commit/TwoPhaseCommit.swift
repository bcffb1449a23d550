public import Nodes
public import Values

/// Two-phase commit as a model of its essence, to be explored.
///
/// Gray and Lamport, *Consensus on transaction commit* (ACM TODS 31:1, 2006), section 3 and the
/// specification *TwoPhase* in its appendix, an action a timer or message. The last member is the
/// transaction manager, the others are the resource managers:
///
/// - RMPrepare and RMChooseToAbort are the two answers to a choice when a timer fires.
/// - TMAbort is a timer; TMCommit is one without a delay that is set once all are prepared.
/// - TMRcvPrepared, RMRcvCommitMsg and RMRcvAbortMsg are messages.
///
/// Which timers are set follows from a node's state. Decisions are durable before they are told, which
/// the paper leaves out; where nodes don't crash it makes no difference.
public struct TwoPhaseCommit: Algorithm {
  public enum Message: UInt8, NodeMessage, CaseIterable {
    case prepared
    case commit
    case abort

    public var kind: String { "\(self)" }
  }

  public enum Timer: UInt8, Hashable, Sendable, CaseIterable {
    /// A resource manager prepares, or aborts of its own accord.
    case prepare
    /// The transaction manager gives up.
    case abort
    /// The transaction manager commits.
    case commit
  }

  public enum File: String, Hashable, Sendable, CaseIterable {
    case state
  }

  public enum State: UInt8, Hashable, Sendable {
    /// Of a resource manager that has not decided, and of the transaction manager.
    case working
    case prepared
    case committed
    case aborted
  }

  public static let commitsEarly = PlantedBug(
    "commits-early", "the transaction manager commits when all but one are prepared",
    source: "Gray and Lamport, section 3: TMCommit requires all of them.",
    violates: ["consistency"])
  public static let preparedAborts = PlantedBug(
    "prepared-aborts", "a resource manager that is prepared may still abort of its own accord",
    source: "Gray and Lamport, section 2: a prepared resource manager waits for the decision.",
    violates: ["consistency"])
  public static let forgetful = PlantedBug(
    "forgetful", "a resource manager does not store that it is prepared",
    source: "Gray, Notes on data base operating systems, 1978: the prepared state is logged.",
    violates: ["consistency"])

  public static let description = AlgorithmDescription(
    name: "two-phase-commit", summary: "Atomic commitment: all commit, or all abort.",
    promise: "No resource manager commits while another aborts.",
    assumptions:
      "Disks keep what was synced. A transaction manager that is down blocks the others.",
    paper: "Gray and Lamport, Consensus on transaction commit, 2006, section 3.",
    bugs: [commitsEarly, preparedAborts, forgetful], workloads: [],
    marks: ["two-phase-commit: committed", "two-phase-commit: aborted"], quorum: .all,
    messageTypes: Message.allCases.map(\.kind))

  private let manager: NodeID
  private let isManager: Bool
  private let resources: [NodeID]
  private let bugs: Set<String>
  public private(set) var state = State.working
  /// For the transaction manager: who is known to be prepared.
  private var prepared: [Bool]

  public init(_ configuration: Configuration) {
    manager = configuration.members.last ?? configuration.id
    isManager = configuration.id == manager
    resources = configuration.members.dropLast()
    bugs = configuration.bugs
    prepared = Array(repeating: false, count: isManager ? resources.count : 0)
  }

  public var isResource: Bool { !isManager }
  public var isPrimary: Bool { isManager }
  public var roleName: String { isManager ? "transaction manager" : "resource manager" }
  public var status: String { "\(roleName), \(state)" }

  public mutating func handle(
    _ event: Event<TwoPhaseCommit>, _ context: inout Context<TwoPhaseCommit>
  ) {
    switch event {
    case .start(let files): start(files, &context)
    case .message(let peer, let message): receive(message, from: peer, &context)
    case .timer(.prepare): decideAlone(&context)
    case .timer(.abort): decide(.aborted, &context)
    case .timer(.commit): decide(.committed, &context)
    case .request, .answered, .completed: break
    }
  }

  private mutating func start(
    _ files: SurvivingFiles, _ context: inout Context<TwoPhaseCommit>
  ) {
    state = files[File.state].first.flatMap { State(rawValue: $0) } ?? .working
    if isManager {
      if state == .working { context.setTimer(.abort, after: .seconds(1)) } else { tell(&context) }
    } else if state == .working {
      context.setTimer(.prepare, after: .seconds(1))
    } else if state == .prepared {
      context.send(.prepared, to: manager)
    }
  }

  private mutating func receive(
    _ message: Message, from peer: NodeID, _ context: inout Context<TwoPhaseCommit>
  ) {
    switch message {
    case .prepared:
      guard isManager, state == .working, prepared.indices.contains(peer.index) else { return }
      prepared[peer.index] = true
      let needed = resources.count - (bugs.contains(TwoPhaseCommit.commitsEarly.name) ? 1 : 0)
      if prepared.count(where: { $0 }) >= needed { context.setTimer(.commit, after: 0) }
    case .commit: adopt(.committed, &context)
    case .abort: adopt(.aborted, &context)
    }
  }

  /// A resource manager's own choice: to prepare, or to abort.
  private mutating func decideAlone(_ context: inout Context<TwoPhaseCommit>) {
    let isPreparing = context.choose(below: 2, site: "prepare or abort") == 0
    guard isPreparing && state == .working else { return adopt(.aborted, &context) }
    state = .prepared
    if !bugs.contains(TwoPhaseCommit.forgetful.name) { store(&context) }
    context.send(.prepared, to: manager)
    if bugs.contains(TwoPhaseCommit.preparedAborts.name) {
      context.setTimer(.prepare, after: .seconds(1))
    }
  }

  /// A resource manager learns the decision.
  private mutating func adopt(_ decision: State, _ context: inout Context<TwoPhaseCommit>) {
    guard !isManager, state != decision else { return }
    context.cancelTimer(.prepare)
    state = decision
    store(&context)
  }

  /// The transaction manager decides.
  private mutating func decide(_ decision: State, _ context: inout Context<TwoPhaseCommit>) {
    guard isManager, state == .working else { return }
    context.cancelTimer(.abort)
    context.cancelTimer(.commit)
    state = decision
    store(&context)
    tell(&context)
  }

  private func tell(_ context: inout Context<TwoPhaseCommit>) {
    let isCommitted = state == .committed
    context.mark(Mark(.sometimes, "two-phase-commit: \(state)"))
    for resource in resources { context.send(isCommitted ? .commit : .abort, to: resource) }
  }

  private func store(_ context: inout Context<TwoPhaseCommit>) {
    context.replace(.state, with: [state.rawValue])
    context.sync()
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(state.rawValue)
    if isManager { for flag in prepared { sink.put(flag) } }
  }
}

extension TwoPhaseCommit.Message {
  public func encode(into sink: inout some ByteSink) { sink.put(rawValue) }

  public init?(from source: inout ByteSource) {
    guard let message = source.byte().flatMap({ Self(rawValue: $0) }) else { return nil }
    self = message
  }
}

extension TwoPhaseCommit: RenamableNode {
  public static func interchangeable(_ members: [NodeID]) -> [NodeID] { members.dropLast() }

  public func renamed(_ renaming: Renaming) -> TwoPhaseCommit {
    var renamed = self
    for place in prepared.indices {
      renamed.prepared[renaming[NodeID(place)].index] = prepared[place]
    }
    return renamed
  }

  public func knowledge(of other: NodeID) -> UInt64 {
    prepared.indices.contains(other.index) && prepared[other.index] ? 1 : 0
  }
}

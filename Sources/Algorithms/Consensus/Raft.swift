public import Nodes
public import Values

/// A linearizable key-value store on the Raft consensus algorithm.
///
/// Ongaro and Ousterhout, *In search of an understandable consensus algorithm* (USENIX ATC 2014),
/// and Ongaro's thesis for pre-votes and quorum checks (sections 9.6 and 6.2), read index (6.4) and
/// client sessions (6.3). What differs:
///
/// - The leader makes an entry durable before it sends it (the thesis' section 10.2.1 does both at
///   once). So an acknowledgement proves that the leader's own copy is durable too, and a commit
///   index, wherever it shows, counts durable copies only. The price is one sync of latency.
/// - A pre-vote is granted by a node whose own election timer has fired since it last heard from a
///   leader, which needs no clock.
///
/// A node's records stand in two files, so that what a disk damages in one is good in the other; a node
/// that finds a record bad in both, before a good one, stays silent for good.
public struct Raft: Algorithm {
  public typealias Message = RaftMessage

  public enum Timer: UInt8, Hashable, Sendable, CaseIterable {
    /// For a follower and a candidate: no leader was heard of. For a leader: did it hear of a
    /// majority?
    case election
    case heartbeat
  }

  public enum File: String, Hashable, Sendable, CaseIterable {
    case log
    /// The same bytes once more.
    case mirror
  }

  public enum Role: UInt8, Hashable, Sendable {
    case follower
    /// Asks whether it would be elected.
    case preCandidate
    case candidate
    case leader
  }

  /// The most append messages on their way to one follower.
  static let inFlightLimit = 8
  /// The most entries that a leader takes in beyond what is committed.
  static let uncommittedLimit = 10_000
  /// The most reads that wait for a leader's quorum check.
  static let waitingReadsLimit = 10_000

  /// What a leader knows of a follower.
  struct Progress: Hashable, Sendable {
    /// The next entry to send.
    var next = 1
    /// The follower's log is known to equal the leader's up to here.
    var match = 0
    /// Append messages that were sent since the last heartbeat and are not answered.
    var inFlight = 0
    /// The last round that the follower confirmed.
    var round = 0
    /// It is not known where the logs part: one message at a time finds out.
    var isProbing = false
    /// It answered since the last quorum check.
    var isActive = false
  }

  /// The configuration of the cluster, which counts majorities and nothing else does.
  ///
  /// A node's name changes only where names are exchanged.
  var id: NodeID
  let members: [NodeID]
  var peers: [NodeID]
  let majority: Int
  let settings: RaftSettings
  let bugs: RaftBugs

  // Durable.
  public internal(set) var term = 0
  public internal(set) var votedFor: NodeID?
  public internal(set) var log = RaftLog()
  var records = RecordLog()
  /// Frames of this event that are not handed to the disk yet.
  var unwritten: [UInt8] = []
  /// The log is corrupted: what was promised is not known, so nothing is promised any more.
  public internal(set) var isHalted = false

  // Volatile, on all nodes.
  public internal(set) var role = Role.follower
  public internal(set) var leader: NodeID?
  /// When a leader was heard last, on this node's own clock.
  var heardAt: Nanoseconds = 0
  public internal(set) var commitIndex = 0
  public internal(set) var appliedIndex = 0
  public internal(set) var store = KeyValueStore()
  /// The last request of each client that reached this node since it started.
  var admissions: [Int: Admission] = [:]

  // Volatile, on candidates and leaders; by node.
  var votes: [Bool]
  var progress: [Progress]
  /// The first entry of the leader's own term.
  var termStart = 0
  /// Of a node that is alone in its cluster: how far its log is durable.
  var durableIndex = 0
  var proposals: [Int: Proposal] = [:]
  var reads: [WaitingRead] = []
  /// The last round that the leader began, and the last that a majority confirmed.
  var round = 0
  var confirmedRound = 0

  public init(_ configuration: Configuration) {
    id = configuration.id
    members = configuration.members
    peers = configuration.peers
    majority = configuration.majority
    settings = RaftSettings(configuration)
    bugs = RaftBugs(configuration.bugs)
    let count = (configuration.members.map(\.index).max() ?? -1) + 1
    votes = Array(repeating: false, count: count)
    progress = Array(repeating: Progress(), count: count)
  }

  public var isPrimary: Bool { role == .leader }
  public var isWhole: Bool { !isHalted }
  public var status: String {
    "\(roleName) of term \(term), "
      + (role == .leader ? "" : leader == nil ? "without a leader, " : "with a leader, ")
      + "log up to \(log.lastIndex), committed up to \(commitIndex)"
  }
  public var roleName: String {
    switch role {
    case .follower: "follower"
    case .preCandidate, .candidate: "candidate"
    case .leader: "leader"
    }
  }

  public mutating func handle(_ event: Event<Raft>, _ context: inout Context<Raft>) {
    guard !isHalted else { return }
    switch event {
    case .start(let files): recover([files[File.log], files[File.mirror]], &context)
    case .message(let peer, let message): receive(message, from: peer, &context)
    case .request(let id, let request): accept(request, id, &context)
    case .timer(.election): electionTimerFired(&context)
    case .timer(.heartbeat): heartbeat(&context)
    case .completed(let token, let result): completed(token, result, &context)
    case .answered: break
    }
    persist(&context)
  }

  private mutating func receive(
    _ message: Message, from peer: NodeID, _ context: inout Context<Raft>
  ) {
    guard peer.index < progress.count else { return }
    switch message {
    case .requestVote(let request): consider(request, from: peer, &context)
    case .vote(let vote): count(vote, from: peer, &context)
    case .appendEntries(let append): follow(append, from: peer, &context)
    case .appended(let appended): learn(appended, from: peer, &context)
    case .forward(let id, let request): acceptForwarded(request, id, from: peer, &context)
    case .answer(let id, let reply): context.reply(reply, to: id)
    }
  }

  /// Sends a message, after what it may depend on was handed to the disk.
  mutating func send(_ message: Message, to peer: NodeID, _ context: inout Context<Raft>) {
    persist(&context)
    context.send(message, to: peer)
  }

  /// The highest number that a majority has reached.
  ///
  /// - Parameters:
  ///   - own: What this node has reached.
  ///   - reached: What a follower has reached.
  @inline(__always)
  func reachedByMajority(own: Int, _ reached: (Progress) -> Int) -> Int {
    var highest = 0
    for candidate in members {
      let number = candidate == id ? own : reached(progress[candidate.index])
      guard number > highest else { continue }
      var count = 0
      for member in members {
        count += (member == id ? own : reached(progress[member.index])) >= number ? 1 : 0
      }
      if count >= majority { highest = number }
    }
    return highest
  }
}

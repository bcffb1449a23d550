public import Nodes

/// What can happen to one node, as a number: a message, or one of the others.
@usableFromInline
enum EventNumber {
  /// Below this a message's number.
  @usableFromInline static let timer: UInt32 = 0x8000_0000
  /// A client's next request; with the client's number.
  @usableFromInline static let request: UInt32 = 0x9000_0000
  @usableFromInline static let restart: UInt32 = 0xa000_0000
  @usableFromInline static let crash: UInt32 = 0xb000_0000
}

/// What one event makes of one node, in numbers: all that a state has to be changed by.
@usableFromInline
struct LocalOutcome {
  /// The node afterwards.
  @usableFromInline var process: UInt32
  /// The node as invariants see it: before it crashed, if it did.
  @usableFromInline var witness: UInt32
  /// The messages that left, in order.
  @usableFromInline var sends: [UInt32] = []
  /// What clients saw, in order.
  @usableFromInline var clientEvents: [UInt32] = []
  /// Which of the marks that each path has to reach were reached, a bit each.
  @usableFromInline var marks: UInt32 = 0
  /// A mark that shows the node to be wrong; -1 for none.
  @usableFromInline var violation: Int32 = -1
  /// What the node's own choices were answered.
  @usableFromInline var answers: [Int] = []
  /// Where it crashed, if it did.
  @usableFromInline var crash: CrashPoint?
  /// Whether the node left the bounds within which it is explored.
  @usableFromInline var isBeyond = false
  /// Whether the node's own state is another than before.
  @usableFromInline var isChanged = false

  @inlinable
  init(process: UInt32, witness: UInt32) {
    self.process = process
    self.witness = witness
  }
}

/// What the search has to know of a node's state.
@usableFromInline
struct ProcessFacts {
  /// Of everything; and where the node can't crash any more, so that its disk does not matter.
  @usableFromInline var whole: Fingerprint
  @usableFromInline var bare: Fingerprint
  /// Of the node's own state, which is all that invariants see.
  @usableFromInline var node: Fingerprint
  /// The timers that are set, a bit each, and those of them without a delay.
  @usableFromInline var armed: UInt32
  @usableFromInline var due: UInt32
  @usableFromInline var isUp: Bool

  @inlinable
  init(
    whole: Fingerprint, bare: Fingerprint, node: Fingerprint, armed: UInt32, due: UInt32, isUp: Bool
  ) {
    self.whole = whole
    self.bare = bare
    self.node = node
    self.armed = armed
    self.due = due
    self.isUp = isUp
  }
}

/// What the search has to know of a message.
@usableFromInline
struct MessageFacts {
  @usableFromInline var fingerprint: Fingerprint
  @usableFromInline var destination: Int32
  /// A number for each pair of nodes.
  @usableFromInline var link: Int32

  @inlinable
  init(fingerprint: Fingerprint, destination: Int32, link: Int32) {
    self.fingerprint = fingerprint
    self.destination = destination
    self.link = link
  }
}

/// What the search has to know of where the clients are.
@usableFromInline
struct ClientsFacts {
  @usableFromInline var fingerprint: Fingerprint
  /// For each client that asks next, the client and the node.
  @usableFromInline var ready: [(client: Int32, node: Int32)]
  /// What is wrong with what was observed; -1 for nothing.
  @usableFromInline var violation: Int32

  @inlinable
  init(fingerprint: Fingerprint, ready: [(client: Int32, node: Int32)], violation: Int32) {
    self.fingerprint = fingerprint
    self.ready = ready
    self.violation = violation
  }
}

/// One way in which the nodes can start.
@usableFromInline
struct InitialState {
  @usableFromInline var processes: [UInt32] = []
  @usableFromInline var sends: [UInt32] = []
  @usableFromInline var marks: UInt32 = 0
  @usableFromInline var memory: UInt32 = 0
  @usableFromInline var violation: Int32 = -1

  @inlinable
  init() {}
}

/// How nodes, clients and invariants behave, by numbers that stand for their states.
///
/// The search asks for each pair of a node's state and an event once, and remembers the answer. So
/// it never touches a node: a state is an array of numbers, whatever the nodes are.
@usableFromInline
protocol Dynamics: AnyObject {
  func initialStates() throws(ExplorationError) -> [InitialState]
  func outcomes(of process: UInt32, on event: UInt32) throws(ExplorationError) -> [LocalOutcome]
  func clients(_ clients: UInt32, after event: UInt32) -> UInt32
  /// The number of the event that a client begins its next call, at a node.
  func beginning(of client: Int, at node: Int) -> UInt32
  /// The memory of the invariants after a node has handled an event, and what they found wrong.
  func memory(
    _ memory: UInt32, after changed: Int, in processes: [UInt32]
  ) -> (memory: UInt32, violation: Int32)

  var hasInvariants: Bool { get }
  /// Whether an invariant may remember anything, so that what it does belongs to a state.
  var invariantsRemember: Bool { get }
  var processCount: Int { get }
  var messageCount: Int { get }
  var clientsCount: Int { get }
  var memoryCount: Int { get }
  func facts(ofProcess number: Int) -> ProcessFacts
  func facts(ofMessage number: Int) -> MessageFacts
  func facts(ofClients number: Int) -> ClientsFacts
  func fingerprint(ofMemory number: Int) -> Fingerprint
  func violation(_ number: Int32) -> Violation
  /// The `sometimes` marks that were reached, in ascending order.
  var reachedMarks: [String] { get }

  /// The places of the nodes whose names can be exchanged; none where that is not asked for.
  var interchangeable: [Int] { get }
  /// Of a node's own state, wherever it is; and what it knows of the node at a place.
  func identity(ofProcess number: UInt32) -> Fingerprint
  func knowledge(_ process: UInt32, of place: Int) -> UInt64
  /// Of a message, whoever sends it to whom.
  func identity(ofMessage number: UInt32) -> Fingerprint
  /// What has a number, with places exchanged.
  func renamed(process: UInt32, _ places: [Int]) -> UInt32
  func renamed(message: UInt32, _ places: [Int]) -> UInt32
  func renamed(memory: UInt32, _ places: [Int]) -> UInt32

  func text(ofMessage number: UInt32) -> String
  func kind(ofMessage number: UInt32) -> String
  func text(ofTimer place: UInt32) -> String
  func text(ofRequest client: Int, number: Int) -> String
  func text(ofClientEvent number: UInt32) -> String
  func status(ofProcess number: UInt32) -> String
  func source(ofMessage number: UInt32) -> Int
  /// The call that a client begins next.
  func nextCall(of client: Int, in clients: UInt32) -> Int
}

/// Why a system can't be explored.
public struct ExplorationError: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String

  @inlinable
  public init(_ description: String) { self.description = description }
}

public import Values

/// One member of a distributed system, as a value.
///
/// A node is handed one event and a context, and asks the context for effects. It never reads a
/// clock, a file, a socket or a random number generator of its own, never blocks and never throws,
/// so the very same code runs in a deterministic simulation, as an operating-system process, and
/// copied and hashed state by state in an exhaustive exploration.
///
/// ``handle(_:_:)`` is a pure function of the state, the event, the context's clocks and the answers
/// to its choices. The encoding covers every field that can influence a later event.
public protocol Node: Sendable, StablyEncodable {
  /// What nodes of this system send each other.
  associatedtype Message: NodeMessage
  associatedtype Timer: Hashable & Sendable & CaseIterable & RawRepresentable<UInt8>
  associatedtype File: Hashable & Sendable & CaseIterable & RawRepresentable<String>

  /// A node before its first event, which is always ``Event/start(_:)``.
  init(_ configuration: Configuration)

  /// Whether this node takes itself for one that leads, for faults that aim at primaries.
  var isPrimary: Bool { get }

  /// What this node takes itself for, for reports: `leader`, `candidate`.
  var roleName: String { get }

  /// Where this node stands, in a few words, for people who wonder why nothing moves.
  var status: String { get }

  /// Whether this node has all that it ever promised to keep; one that recovers what its disk lost
  /// has not, until others have given it back.
  var isWhole: Bool { get }

  /// Takes in one event; everything that follows from it is asked of `context`.
  mutating func handle(_ event: Event<Self>, _ context: inout Context<Self>)
}

extension Node {
  public var isPrimary: Bool { false }
  public var roleName: String { isPrimary ? "primary" : "member" }
  public var status: String { roleName }
  public var isWhole: Bool { true }
}

/// What travels between nodes of one system.
public protocol NodeMessage: Hashable, Sendable, StablyCodable {
  /// The kind of message, for statistics, diagrams and faults by type: `append-entries`.
  var kind: String { get }
}

/// The file type of systems that keep nothing on disk.
public enum NoFile: String, Hashable, Sendable, CaseIterable {
  case none
}

/// The timer type of systems that need no timers.
public enum NoTimer: UInt8, Hashable, Sendable, CaseIterable {
  case none
}

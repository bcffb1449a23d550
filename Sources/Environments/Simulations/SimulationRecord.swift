public import Environments
public import Nodes
public import Values

/// What happened in a simulation, event by event: which message came where, and what broke.
///
/// Unlike a trace it is made of values, from which diagrams are drawn. Events are in the order in which
/// they happened, which is also their order where their times are equal.
public final class SimulationRecord {
  /// Who sends and receives.
  public enum Endpoint: Hashable, Sendable {
    case node(NodeID)
    case client(Int)
    case service(Service)
  }

  /// One copy of a message, of a request, or of a reply.
  public struct Message: Hashable, Sendable {
    public var source: Endpoint
    public var destination: Endpoint
    /// Its type: `append-entries`.
    public var kind: String
    /// What it carries, for people: `term 2, entries []`.
    public var text: String
    /// Whether it is the second copy of a message that the network duplicated.
    public var isCopy: Bool
  }

  /// Why a message never arrived.
  public enum Loss: String, Hashable, Sendable {
    /// Its link was cut.
    case cut
    /// The network lost it.
    case dropped
    /// Its receiver couldn't decode it.
    case corrupt
    /// Nobody was there to receive it.
    case down
  }

  /// What happens; messages are places in ``messages``.
  public enum Occurrence: Hashable, Sendable {
    case sent(Int)
    /// A node, a service or a client takes in a message.
    case received(Int)
    case lost(Int, Loss)
    case timer(NodeID, String)
    /// What a node wrote before it asked is durable, or the disk failed.
    case synced(NodeID, isDurable: Bool)
    /// A process handles its first event.
    case started(NodeID, version: Int)
    /// A process is gone: `is killed`.
    case ended(NodeID, how: String)
    case paused(NodeID)
    case resumed(NodeID)
    /// A node takes itself for something else than before, where it stands in its own words.
    case became(NodeID, role: String, status: String)
    case marked(NodeID, Mark)
    case logged(NodeID, String)
    case fault(Fault)
    case violated(Violation)
  }

  public struct Event: Hashable, Sendable {
    public var time: Nanoseconds
    public var what: Occurrence
  }

  /// Which slab of the simulation a message in flight is in.
  enum Slot: Hashable {
    case message(Int32)
    case payload(Int32)
  }

  public private(set) var messages: [Message] = []
  public private(set) var events: [Event] = []
  /// How many events came after the record was full.
  public private(set) var omittedCount = 0
  /// How many events it takes in.
  public let limit: Int
  private var inFlight: [Slot: Int] = [:]
  private var roles: [NodeID: String] = [:]

  /// - Parameter limit: How many events it takes in; what comes later is counted only.
  public init(limit: Int = 1_000_000) { self.limit = limit }

  /// How many messages were sent and have neither arrived nor been lost.
  public var inFlightCount: Int { inFlight.count }

  func note(_ what: Occurrence, at time: Nanoseconds) {
    guard events.count < limit else {
      omittedCount += 1
      return
    }
    events.append(Event(time: time, what: what))
  }

  func noteSending(of message: Message, in slot: Slot?, at time: Nanoseconds) {
    if let slot { inFlight[slot] = messages.count }
    messages.append(message)
    note(.sent(messages.count - 1), at: time)
  }

  /// Notes that the last message that was sent is lost at once.
  func noteLossOfLast(_ loss: Loss, at time: Nanoseconds) {
    note(.lost(messages.count - 1, loss), at: time)
  }

  /// Notes what became of a message, unless it was sent before the record began.
  func noteEnd(of slot: Slot, _ loss: Loss?, at time: Nanoseconds) {
    guard let message = inFlight.removeValue(forKey: slot) else { return }
    note(loss.map { .lost(message, $0) } ?? .received(message), at: time)
  }

  func noteRole(of node: NodeID, _ role: String, _ status: String, at time: Nanoseconds) {
    guard roles.updateValue(role, forKey: node) ?? role != role else { return }
    note(.became(node, role: role, status: status), at: time)
  }
}

public import Nodes
public import Values

/// Nodes that do events and tell each other of them, and stamp each event by a logical clock.
///
/// Events are local ones, sendings and receipts. A node keeps a log of them with their stamps, from
/// which what happened before what can be told without the stamps. A message is sent once; one that is
/// lost has no receipt.
///
/// - `{"type": "event", "event": e}` does a local event, answered by `{"type": "event_ok"}`.
/// - `{"type": "tell", "event": e, "to": i}` sends e to the i-th of the other nodes, answered by
///   `{"type": "tell_ok"}`.
/// - `{"type": "events", "from": p}` reads the log from its place p on, answered by
///   `{"type": "events_ok", "at": node, "from": p, "events": [[kind, e, stamp, bytes], …]}`.
public struct StampedEvents<Clock: EventClock>: Algorithm {
  public typealias Timer = NoTimer

  public enum File: String, Hashable, Sendable, CaseIterable {
    case events
  }

  public struct Message: NodeMessage {
    var event: Value
    var clock: Clock

    public var kind: String { "told" }

    init(event: Value, clock: Clock) {
      self.event = event
      self.clock = clock
    }

    public func encode(into sink: inout some ByteSink) {
      event.encode(into: &sink)
      clock.encode(into: &sink)
    }

    public init?(from source: inout ByteSource) {
      guard let event = Value(from: &source), let clock = Clock(from: &source) else { return nil }
      self.init(event: event, clock: clock)
    }
  }

  /// An event, and what the clock said then.
  private struct Entry: Hashable, Sendable, StablyCodable {
    enum Kind: UInt8 {
      case event, send, receive
    }

    var kind: Kind
    var event: Value
    var clock: Clock

    init(_ kind: Kind, _ event: Value, _ clock: Clock) {
      self.kind = kind
      self.event = event
      self.clock = clock
    }

    var value: Value {
      [.string("\(kind)"), event, clock.stamp, .integer(clock.stampSize)]
    }

    func encode(into sink: inout some ByteSink) {
      sink.put(kind.rawValue)
      event.encode(into: &sink)
      clock.encode(into: &sink)
    }

    init?(from source: inout ByteSource) {
      guard let kind = source.byte().flatMap(Kind.init), let event = Value(from: &source),
        let clock = Clock(from: &source)
      else { return nil }
      self.init(kind, event, clock)
    }
  }

  public static var description: AlgorithmDescription { Clock.description }

  private let id: NodeID
  private let peers: [NodeID]
  private let merges: Bool
  private let ticksOnReceipt: Bool
  private let tellsSending: Bool
  private let keepsClock: Bool
  private var clock: Clock
  private var events: [Value] = []
  private var clients = ClientNumbers()
  private var log = DurableLog<Entry>()

  public init(_ configuration: Configuration) {
    func lacks(_ bug: String) -> Bool { !configuration.bugs.contains(bug) }
    id = configuration.id
    peers = configuration.peers
    merges = lacks(ClockBug.noMergeName)
    ticksOnReceipt = lacks(ClockBug.noTickName)
    tellsSending = lacks(ClockBug.staleMessageName)
    keepsClock = lacks(ClockBug.forgetsClock.name)
    let place = configuration.members.firstIndex(of: configuration.id) ?? 0
    clock = Clock(
      identity: lacks(ClockBug.sharedEntryName) ? place : place / 2,
      of: configuration.members.count)
  }

  public mutating func handle(_ event: Event<Self>, _ context: inout Context<Self>) {
    guard !log.isCorrupt else { return }
    switch event {
    case .start(let files):
      for entry in log.recover(files[File.events], of: .events, &context) {
        events.append(entry.value)
        if keepsClock { clock = entry.clock }
      }
    case .request(let request, .custom(let body)): answer(body, request, &context)
    case .request(let request, _): context.reply(.notSupported, to: request)
    case .message(_, let message):
      if merges { clock.merge(message.clock) }
      if ticksOnReceipt { clock.tick() }
      note(.receive, message.event, &context)
    case .timer, .answered, .completed: break
    }
  }

  private mutating func answer(
    _ body: Value, _ request: RequestID, _ context: inout Context<Self>
  ) {
    switch (body["type"]?.name, body["event"], body["to"]?.integer, body["from"]?.integer) {
    case ("event", let event?, _, _):
      guard clients.admit(request) else { return }
      clock.tick()
      note(.event, event, &context)
      context.reply(.custom(["type": "event_ok"]), to: request)
    case ("tell", let event?, let place?, _) where place >= 0 && !peers.isEmpty:
      guard clients.admit(request) else { return }
      let before = clock
      clock.tick()
      note(.send, event, &context)
      context.send(
        Message(event: event, clock: tellsSending ? clock : before),
        to: peers[place % peers.count])
      context.reply(.custom(["type": "tell_ok"]), to: request)
    case ("events", _, _, let from?) where from >= 0:
      let first = min(from, events.count)
      context.reply(
        .custom([
          "type": "events_ok", "at": .integer(id.index), "from": .integer(first),
          "events": .list(Array(events[first...])),
        ]), to: request)
    default: context.reply(.notSupported, to: request)
    }
  }

  /// Stores an event under the clock's present stamp.
  private mutating func note(
    _ kind: Entry.Kind, _ event: Value, _ context: inout Context<Self>
  ) {
    let entry = Entry(kind, event, clock)
    events.append(entry.value)
    log.append(entry, to: .events, &context)
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(id)
    sink.put(peers)
    for switched in [merges, ticksOnReceipt, tellsSending, keepsClock] { sink.put(switched) }
    clock.encode(into: &sink)
    sink.put(events)
    clients.encode(into: &sink)
    log.encode(into: &sink)
  }
}

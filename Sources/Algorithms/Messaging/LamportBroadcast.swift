public import Nodes
public import Values

/// All messages in the order of their Lamport timestamps, ties broken by the sender's number.
///
/// A message is delivered when it has the least timestamp of those that wait, and every other node is
/// known to be past it: its clock was told to be at the timestamp or beyond, and all that it had
/// broadcast by then has come. So the order is causal, too, and no node decides it; but while one node
/// is away, nobody delivers anything.
public struct LamportBroadcast: Algorithm {
  public enum Timer: UInt8, Hashable, Sendable, CaseIterable {
    /// Looks for acknowledgements that are overdue.
    case resend
    /// Tells the others the clock, while anything waits.
    case announce
  }

  public enum File: String, Hashable, Sendable, CaseIterable {
    case posts
  }

  public struct Message: NodeMessage {
    typealias Parcel = Outbox<Post<Int>>.Parcel

    enum Content: Hashable, Sendable {
      case posts([Parcel])
      /// Of the receiver's messages those with these numbers are stored.
      case received([Int])
      /// The sender's clock, and how many messages it had broadcast by then.
      case clock(Int, posts: Int)
    }

    var content: Content
  }

  enum Record: StablyCodable {
    case post(Post<Int>)
    case delivered(Dot)
  }

  static let interval = AlgorithmOption(
    "announce", standard: "100ms", variants: ["20ms"],
    "how often nodes tell each other their clocks")

  public static let noTieBreak = PlantedBug(
    "no-tie-break", "of messages with one timestamp the one that came first is delivered first",
    source:
      "Lamport: Time, clocks, and the ordering of events in a distributed system (1978): the order is "
      + "total only by an order of the processes.",
    violates: ["total-order-violation"])
  public static let noAdvance = PlantedBug(
    "no-advance", "a message that is received does not advance the clock",
    source: "Lamport (1978), implementation rule 2 (b).",
    violates: ["total-order-violation", "causal-violation", "lost", "diverging"])
  public static let majority = PlantedBug(
    "majority", "a message is delivered when a majority is past it",
    source:
      "Lamport (1978), section \"Ordering the events totally\": a message later than it from every "
      + "other process.",
    violates: ["total-order-violation", "fifo-violation", "causal-violation"])
  public static let passesGaps = PlantedBug(
    "passes-gaps", "a clock counts though messages that were broadcast before it have not come",
    source: "Lamport (1978) assumes that messages between two processes are received in order.",
    violates: ["total-order-violation", "causal-violation", "fifo-violation"])
  public static let forgetsClock = PlantedBug(
    "forgets-clock", "the clock of a node that restarts begins at 0",
    source:
      "Lamport (1978), clock condition C1: of one process the later event has the greater time, also "
      + "after a restart.",
    violates: [
      "total-order-violation", "causal-violation", "fifo-violation", "lost", "diverging",
    ])

  public static let description = AlgorithmDescription(
    name: "lamport-broadcast",
    summary: "All deliver in the order of Lamport timestamps, once every node is past them.",
    promise:
      "An acknowledged message is delivered by every node, once, and all nodes deliver all messages "
      + "in one order, which is causal.",
    assumptions:
      "Nodes that fail come back; a disk keeps what was synced. While a node is away, nothing is "
      + "delivered.",
    paper:
      "Lamport (1978), \"Ordering the events totally\"; Défago, Schiper and Urbán (2004), "
      + "communication history. Links need not be in order: clocks are told with the number of "
      + "messages before them.",
    options: [BroadcastOption.resend, interval],
    bugs: [
      noTieBreak, noAdvance, majority, passesGaps, forgetsClock, BroadcastBug.noRetry,
      BroadcastBug.noSync,
    ],
    workloads: [
      "causal-total-order-broadcast", "total-order-broadcast", "causal-broadcast", "fifo-broadcast",
      "reliable-broadcast",
    ], quorum: .all, messageTypes: ["posts", "received", "clock"])

  /// What is known of a node, this one too.
  private struct Sender: Hashable, Sendable {
    /// Its first so many messages have come.
    var count = 0
    /// Messages after a gap: their timestamps by number.
    var ahead: [Int: Int] = [:]
    /// Everything that it broadcasts beside its first `count` has a greater timestamp.
    var past = 0
    /// The latest clock that it told, with the number of messages before it.
    var told = 0
    var toldCount = 0
  }

  private let id: NodeID
  private let members: [NodeID]
  private let resendDelay: Nanoseconds
  private let announceDelay: Nanoseconds
  private let breaksTies: Bool
  private let advances: Bool
  private let neededCount: Int
  private let minds: Bool
  private let keepsClock: Bool
  private let retries: Bool
  private let syncs: Bool

  private var clock = 0
  /// By the members' places.
  private var senders: [Sender]
  private var outbox: Outbox<Post<Int>>
  /// Messages that were not delivered, in the order in which they came.
  private var waiting: [Post<Int>] = []
  private var delivered: [Value] = []
  private var lastNumber = 0
  private var clients = ClientNumbers()
  private var log = DurableLog<Record>()
  private var isResendArmed = false

  public init(_ configuration: Configuration) {
    func has(_ bug: PlantedBug) -> Bool { configuration.bugs.contains(bug.name) }
    id = configuration.id
    members = configuration.members
    resendDelay = max(.milliseconds(1), BroadcastOption.resend.duration(in: configuration))
    announceDelay = max(.milliseconds(1), LamportBroadcast.interval.duration(in: configuration))
    breaksTies = !has(LamportBroadcast.noTieBreak)
    advances = !has(LamportBroadcast.noAdvance)
    neededCount =
      has(LamportBroadcast.majority) ? configuration.majority : configuration.members.count
    minds = !has(LamportBroadcast.passesGaps)
    keepsClock = !has(LamportBroadcast.forgetsClock)
    retries = !has(BroadcastBug.noRetry)
    syncs = !has(BroadcastBug.noSync)
    senders = configuration.members.map { _ in Sender() }
    outbox = Outbox(to: configuration.peers)
  }

  public mutating func handle(_ event: Event<Self>, _ context: inout Context<Self>) {
    guard !log.isCorrupt else { return }
    switch event {
    case .start(let files): recover(files[File.posts], &context)
    case .request(let request, let body):
      switch DeliveryVocabulary.command(body) {
      case .publish(let content): publish(content, request, &context)
      case .read(let from):
        context.reply(DeliveryVocabulary.answer(from, delivered, at: id), to: request)
      case nil: context.reply(.notSupported, to: request)
      }
    case .message(let peer, let message): receive(message.content, from: peer, &context)
    case .timer(.resend):
      isResendArmed = false
      let overdue = outbox.overdue()
      if retries { send(overdue, &context) }
      armResend(&context)
    case .timer(.announce):
      announce(&context)
      context.setTimer(.announce, after: announceDelay)
    case .answered, .completed: break
    }
  }

  private mutating func publish(
    _ content: Value, _ request: RequestID, _ context: inout Context<Self>
  ) {
    guard clients.admit(request) else { return }
    let count = delivered.count
    lastNumber += 1
    clock += 1
    let post = Post(Dot(id, lastNumber), clock, content)
    log.append(.post(post), to: .posts, syncs: syncs, &context)
    note(post)
    let parcel = outbox.add(post)
    for receiver in outbox.receivers(except: nil) {
      context.send(Message(content: .posts([parcel])), to: receiver)
    }
    armResend(&context)
    context.reply(DeliveryVocabulary.published(post.dot, delivered: count), to: request)
    deliver(&context)
  }

  private mutating func receive(
    _ content: Message.Content, from peer: NodeID, _ context: inout Context<Self>
  ) {
    switch content {
    case .posts(let parcels):
      var isNew = false
      for parcel in parcels where !has(parcel.item.dot) {
        isNew = true
        log.append(.post(parcel.item), to: .posts, syncs: syncs, &context)
        note(parcel.item)
      }
      context.send(Message(content: .received(parcels.map(\.number))), to: peer)
      guard isNew else { return }
      announce(&context)
      deliver(&context)
    case .received(let numbers): outbox.acknowledge(numbers, by: peer)
    case .clock(let time, let posts):
      guard let place = members.firstIndex(of: peer) else { return }
      // A later one may have overtaken it, which says more.
      if time > senders[place].told {
        (senders[place].told, senders[place].toldCount) = (time, posts)
      }
      trustClock(of: place)
      deliver(&context)
    }
  }

  private func has(_ dot: Dot) -> Bool {
    guard let place = members.firstIndex(of: dot.node) else { return true }
    return dot.number <= senders[place].count || senders[place].ahead[dot.number] != nil
  }

  /// Takes in a message that is new here.
  private mutating func note(_ post: Post<Int>) {
    if post.dot.node == id { clock = max(clock, post.stamp) }
    if post.dot.node != id && advances { clock = max(clock, post.stamp) + 1 }
    waiting.append(post)
    guard let place = members.firstIndex(of: post.dot.node) else { return }
    senders[place].ahead[post.dot.number] = post.stamp
    while let stamp = senders[place].ahead.removeValue(forKey: senders[place].count + 1) {
      senders[place].count += 1
      senders[place].past = max(senders[place].past, stamp)
    }
    if !minds { senders[place].past = max(senders[place].past, post.stamp) }
    trustClock(of: place)
  }

  /// Lets a clock count once all that was broadcast before it has come.
  private mutating func trustClock(of place: Int) {
    guard senders[place].toldCount <= senders[place].count || !minds else { return }
    senders[place].past = max(senders[place].past, senders[place].told)
  }

  private mutating func deliver(_ context: inout Context<Self>) {
    if let place = members.firstIndex(of: id) { senders[place].past = clock }
    while let place = firstWaiting() {
      let post = waiting[place]
      let pastCount = senders.count { $0.past >= post.stamp }
      guard pastCount >= neededCount else { return }
      waiting.remove(at: place)
      delivered.append(post.content)
      log.append(.delivered(post.dot), to: .posts, syncs: syncs, &context)
    }
  }

  private func firstWaiting() -> Int? {
    waiting.indices.min { left, right in
      let (left, right) = (waiting[left], waiting[right])
      return breaksTies
        ? (left.stamp, left.dot.node) < (right.stamp, right.dot.node) : left.stamp < right.stamp
    }
  }

  private func announce(_ context: inout Context<Self>) {
    for peer in members where peer != id {
      context.send(Message(content: .clock(clock, posts: lastNumber)), to: peer)
    }
  }

  private func send(
    _ due: [(to: NodeID, parcels: [Message.Parcel])], _ context: inout Context<Self>
  ) {
    for (receiver, parcels) in due {
      context.send(Message(content: .posts(parcels)), to: receiver)
    }
  }

  private mutating func armResend(_ context: inout Context<Self>) {
    guard !isResendArmed, !outbox.isEmpty else { return }
    isResendArmed = true
    context.setTimer(.resend, after: resendDelay)
  }

  /// What was stored says all but what the others' clocks were; they tell them again.
  private mutating func recover(_ bytes: [UInt8], _ context: inout Context<Self>) {
    for record in log.recover(bytes, of: .posts, &context) {
      switch record {
      case .post(let post):
        note(post)
        guard post.dot.node == id else { continue }
        outbox.add(post)
        lastNumber = max(lastNumber, post.dot.number)
      case .delivered(let dot):
        guard let place = waiting.firstIndex(where: { $0.dot == dot }) else { continue }
        delivered.append(waiting.remove(at: place).content)
      }
    }
    if !keepsClock { clock = 0 }
    let missing = outbox.everythingMissing()
    if retries { send(missing, &context) }
    armResend(&context)
    context.setTimer(.announce, after: announceDelay)
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(id)
    sink.put(members)
    sink.put(Int(resendDelay))
    sink.put(Int(announceDelay))
    sink.put(neededCount)
    for switched in [breaksTies, advances, minds, keepsClock, retries, syncs] { sink.put(switched) }
    sink.put(clock)
    for sender in senders {
      sink.put(sender.count)
      sink.put(sorted: sender.ahead) { stamp, sink in sink.put(stamp) }
      sink.put(sender.past)
      sink.put(sender.told)
      sink.put(sender.toldCount)
    }
    outbox.encode(into: &sink)
    sink.put(waiting)
    sink.put(delivered)
    sink.put(lastNumber)
    clients.encode(into: &sink)
    log.encode(into: &sink)
    sink.put(isResendArmed)
  }
}

extension LamportBroadcast.Record {
  func encode(into sink: inout some ByteSink) {
    switch self {
    case .post(let post):
      sink.put(UInt8(0))
      post.encode(into: &sink)
    case .delivered(let dot):
      sink.put(UInt8(1))
      dot.encode(into: &sink)
    }
  }

  init?(from source: inout ByteSource) {
    switch source.byte() {
    case 0:
      guard let post = Post<Int>(from: &source) else { return nil }
      self = .post(post)
    case 1:
      guard let dot = Dot(from: &source) else { return nil }
      self = .delivered(dot)
    default: return nil
    }
  }
}

extension LamportBroadcast.Message {
  public var kind: String {
    switch content {
    case .posts: "posts"
    case .received: "received"
    case .clock: "clock"
    }
  }

  public func encode(into sink: inout some ByteSink) {
    switch content {
    case .posts(let parcels):
      sink.put(UInt8(0))
      sink.put(parcels)
    case .received(let numbers):
      sink.put(UInt8(1))
      sink.put(numbers)
    case .clock(let time, let posts):
      sink.put(UInt8(2))
      sink.put(time)
      sink.put(posts)
    }
  }

  public init?(from source: inout ByteSource) {
    switch source.byte() {
    case 0:
      guard let parcels = source.elements(Parcel.self) else { return nil }
      content = .posts(parcels)
    case 1:
      guard let numbers = source.elements(Int.self) else { return nil }
      content = .received(numbers)
    case 2:
      guard let time = source.integer(), let posts = source.integer() else { return nil }
      content = .clock(time, posts: posts)
    default: return nil
    }
  }
}

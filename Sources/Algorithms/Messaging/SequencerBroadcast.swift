public import Nodes
public import Values

/// All messages in one order, that in which one node, the sequencer, got them.
///
/// A node stores a message of its own and submits it to the sequencer until that has it. The sequencer
/// gives each message the next number, stores it, and sends it to all others until they have it. All
/// deliver by number; one that comes early waits.
public struct SequencerBroadcast: Algorithm {
  public enum Timer: UInt8, Hashable, Sendable, CaseIterable {
    /// Looks for acknowledgements that are overdue.
    case resend
  }

  public enum File: String, Hashable, Sendable, CaseIterable {
    case posts
  }

  public struct Message: NodeMessage {
    typealias Parcel = Outbox<Post<NoStamp>>.Parcel

    enum Content: Hashable, Sendable {
      case submit([Parcel])
      /// Of the receiver's own messages those with these numbers are stored.
      case submitted([Int])
      /// Messages with their place in the one order.
      case ordered([Parcel])
      case received([Int])
    }

    var content: Content
  }

  /// What is stored: a message of one's own, or one that has a number.
  enum Record: StablyCodable {
    case own(Post<NoStamp>)
    case ordered(Message.Parcel)
  }

  public static let noWait = PlantedBug(
    "no-wait", "messages are delivered as they come, whatever their numbers",
    source:
      "Défago, Schiper and Urbán: Total order broadcast and multicast algorithms (2004), fixed "
      + "sequencer: receivers deliver by the sequence numbers.",
    violates: ["total-order-violation"])
  public static let numberTwice = PlantedBug(
    "number-twice", "the sequencer sends numbers before they are durable, and gives them again",
    source:
      "Jepsen, NATS 2.12.1 (2025): places in a log that were told before they were durable.",
    violates: ["total-order-violation", "lost", "diverging", "rewritten", "duplicated"])
  public static let ordersCopies = PlantedBug(
    "orders-copies", "a message that is submitted again gets another number",
    source:
      "Kafka before its idempotent producer (KIP-98, 2016): what is sent again is stored again.",
    violates: ["duplicated"])

  public static let description = AlgorithmDescription(
    name: "sequencer-broadcast",
    summary: "One node numbers all messages, and all deliver by number.",
    promise:
      "An acknowledged message is delivered by every node, once, and all nodes deliver all messages "
      + "in one order. That of a sender's own messages may be another than it broadcast them in.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced.",
    paper:
      "Défago, Schiper and Urbán (2004), fixed sequencer, unicast then broadcast; "
      + "Hadzilacos and Toueg (1994), atomic broadcast.",
    options: [BroadcastOption.resend],
    bugs: [noWait, numberTwice, ordersCopies, BroadcastBug.noRetry, BroadcastBug.noSync],
    workloads: ["total-order-broadcast", "reliable-broadcast"], quorum: .all,
    messageTypes: ["submit", "submitted", "ordered", "received"])

  private let id: NodeID
  private let sequencer: NodeID
  private let resendDelay: Nanoseconds
  private let waits: Bool
  private let retries: Bool
  private let syncs: Bool
  private let syncsNumbers: Bool
  private let recognizesCopies: Bool

  /// Its own messages, for the sequencer.
  private var submissions: Outbox<Post<NoStamp>>
  /// The sequencer's: all messages in their order, for all others.
  private var ordered: Outbox<Post<NoStamp>>
  /// The sequencer's: which messages have a number.
  private var numbered: Set<Dot> = []
  /// Messages that wait for those before them, by number.
  private var waiting: [Int: Post<NoStamp>] = [:]
  /// The numbers that came; with ``noWait`` there may be gaps.
  private var known: Set<Int> = []
  private var delivered: [Value] = []
  private var lastNumber = 0
  private var clients = ClientNumbers()
  private var log = DurableLog<Record>()
  private var isResendArmed = false

  private var isSequencer: Bool { id == sequencer }

  public init(_ configuration: Configuration) {
    id = configuration.id
    sequencer = configuration.members.first ?? configuration.id
    resendDelay = max(.milliseconds(1), BroadcastOption.resend.duration(in: configuration))
    waits = !configuration.bugs.contains(SequencerBroadcast.noWait.name)
    retries = !configuration.bugs.contains(BroadcastBug.noRetry.name)
    syncs = !configuration.bugs.contains(BroadcastBug.noSync.name)
    syncsNumbers = syncs && !configuration.bugs.contains(SequencerBroadcast.numberTwice.name)
    recognizesCopies = !configuration.bugs.contains(SequencerBroadcast.ordersCopies.name)
    submissions = Outbox(to: id == sequencer ? [] : [sequencer])
    ordered = Outbox(to: id == sequencer ? configuration.peers : [])
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
    case .message(let peer, let message):
      switch message.content {
      case .submit(let parcels):
        for parcel in parcels { number(parcel.item, &context) }
        send(.submitted(parcels.map(\.number)), to: peer, &context)
      case .submitted(let numbers): submissions.acknowledge(numbers, by: peer)
      case .ordered(let parcels):
        for parcel in parcels where !known.contains(parcel.number) {
          log.append(.ordered(parcel), to: .posts, syncs: syncs, &context)
          deliver(parcel)
        }
        send(.received(parcels.map(\.number)), to: peer, &context)
      case .received(let numbers): ordered.acknowledge(numbers, by: peer)
      }
    case .timer(.resend):
      isResendArmed = false
      let (submissions, ordered) = (submissions.overdue(), ordered.overdue())
      if retries { send(submissions, ordered, &context) }
      armResend(&context)
    case .answered, .completed: break
    }
  }

  private mutating func publish(
    _ content: Value, _ request: RequestID, _ context: inout Context<Self>
  ) {
    guard clients.admit(request) else { return }
    lastNumber += 1
    let post = Post(Dot(id, lastNumber), NoStamp(), content)
    let count = delivered.count
    if isSequencer {
      number(post, &context)
    } else {
      log.append(.own(post), to: .posts, syncs: syncs, &context)
      send(.submit([submissions.add(post)]), to: sequencer, &context)
      armResend(&context)
    }
    context.reply(DeliveryVocabulary.published(post.dot, delivered: count), to: request)
  }

  /// Gives a message the next number, unless it has one.
  private mutating func number(_ post: Post<NoStamp>, _ context: inout Context<Self>) {
    guard numbered.insert(post.dot).inserted || !recognizesCopies else { return }
    let parcel = ordered.add(post)
    log.append(.ordered(parcel), to: .posts, syncs: syncsNumbers, &context)
    deliver(parcel)
    for receiver in ordered.receivers(except: nil) {
      send(.ordered([parcel]), to: receiver, &context)
    }
    armResend(&context)
  }

  private mutating func deliver(_ parcel: Message.Parcel) {
    known.insert(parcel.number)
    guard waits else { return delivered.append(parcel.item.content) }
    waiting[parcel.number] = parcel.item
    while let next = waiting.removeValue(forKey: delivered.count) {
      delivered.append(next.content)
    }
  }

  private func send(
    _ content: Message.Content, to peer: NodeID, _ context: inout Context<Self>
  ) {
    context.send(Message(content: content), to: peer)
  }

  private func send(
    _ submissions: [(to: NodeID, parcels: [Message.Parcel])],
    _ ordered: [(to: NodeID, parcels: [Message.Parcel])], _ context: inout Context<Self>
  ) {
    for (receiver, parcels) in submissions { send(.submit(parcels), to: receiver, &context) }
    for (receiver, parcels) in ordered { send(.ordered(parcels), to: receiver, &context) }
  }

  private mutating func armResend(_ context: inout Context<Self>) {
    guard !isResendArmed, !(submissions.isEmpty && ordered.isEmpty) else { return }
    isResendArmed = true
    context.setTimer(.resend, after: resendDelay)
  }

  private mutating func recover(_ bytes: [UInt8], _ context: inout Context<Self>) {
    for record in log.recover(bytes, of: .posts, &context) {
      switch record {
      case .own(let post):
        submissions.add(post)
        lastNumber = max(lastNumber, post.dot.number)
      case .ordered(let parcel):
        if isSequencer {
          ordered.add(parcel.item)
          numbered.insert(parcel.item.dot)
          if parcel.item.dot.node == id { lastNumber = max(lastNumber, parcel.item.dot.number) }
        }
        if !known.contains(parcel.number) { deliver(parcel) }
      }
    }
    let (submissions, ordered) = (submissions.everythingMissing(), ordered.everythingMissing())
    if retries { send(submissions, ordered, &context) }
    armResend(&context)
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(id)
    sink.put(sequencer)
    sink.put(Int(resendDelay))
    for switched in [waits, retries, syncs, syncsNumbers, recognizesCopies] { sink.put(switched) }
    submissions.encode(into: &sink)
    ordered.encode(into: &sink)
    sink.put(numbered.sorted())
    sink.put(sorted: waiting) { post, sink in post.encode(into: &sink) }
    sink.put(known.sorted())
    sink.put(delivered)
    sink.put(lastNumber)
    clients.encode(into: &sink)
    log.encode(into: &sink)
    sink.put(isResendArmed)
  }
}

extension SequencerBroadcast.Record {
  func encode(into sink: inout some ByteSink) {
    switch self {
    case .own(let post):
      sink.put(UInt8(0))
      post.encode(into: &sink)
    case .ordered(let parcel):
      sink.put(UInt8(1))
      parcel.encode(into: &sink)
    }
  }

  init?(from source: inout ByteSource) {
    switch source.byte() {
    case 0:
      guard let post = Post<NoStamp>(from: &source) else { return nil }
      self = .own(post)
    case 1:
      guard let parcel = SequencerBroadcast.Message.Parcel(from: &source) else { return nil }
      self = .ordered(parcel)
    default: return nil
    }
  }
}

extension SequencerBroadcast.Message {
  public var kind: String {
    switch content {
    case .submit: "submit"
    case .submitted: "submitted"
    case .ordered: "ordered"
    case .received: "received"
    }
  }

  public func encode(into sink: inout some ByteSink) {
    switch content {
    case .submit(let parcels):
      sink.put(UInt8(0))
      sink.put(parcels)
    case .submitted(let numbers):
      sink.put(UInt8(1))
      sink.put(numbers)
    case .ordered(let parcels):
      sink.put(UInt8(2))
      sink.put(parcels)
    case .received(let numbers):
      sink.put(UInt8(3))
      sink.put(numbers)
    }
  }

  public init?(from source: inout ByteSource) {
    switch source.byte() {
    case 0:
      guard let parcels = source.elements(Parcel.self) else { return nil }
      content = .submit(parcels)
    case 1:
      guard let numbers = source.elements(Int.self) else { return nil }
      content = .submitted(numbers)
    case 2:
      guard let parcels = source.elements(Parcel.self) else { return nil }
      content = .ordered(parcels)
    case 3:
      guard let numbers = source.elements(Int.self) else { return nil }
      content = .received(numbers)
    default: return nil
    }
  }
}

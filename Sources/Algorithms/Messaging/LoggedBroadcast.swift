public import Nodes
public import Values

/// Broadcast to all nodes over links that lose, repeat and reorder, by nodes that fail and come back.
///
/// A node stores a message before anyone hears of it, sends it to all others until each has said that
/// it has it too, and recognizes copies by the sender's numbers. What it delivers when is a matter of
/// its ``DeliveryOrder`` and a function of the messages in the order in which they were stored, so that
/// a node that restarts has delivered what it had delivered.
public struct LoggedBroadcast<Order: DeliveryOrder>: Algorithm {
  public enum Timer: UInt8, Hashable, Sendable, CaseIterable {
    /// Looks for acknowledgements that are overdue.
    case resend
  }

  public enum File: String, Hashable, Sendable, CaseIterable {
    case posts
  }

  public struct Message: NodeMessage {
    typealias Parcel = Outbox<Post<Order.Stamp>>.Parcel

    enum Content: Hashable, Sendable {
      case posts([Parcel])
      /// Of the receiver's items those with these numbers are stored.
      case received([Int])
    }

    var content: Content
  }

  public static var description: AlgorithmDescription { Order.description }

  private let id: NodeID
  private let resendDelay: Nanoseconds
  private let retries: Bool
  private let syncs: Bool
  private let syncsReceived: Bool
  private let keepsDelivered: Bool
  private let keepsNumbers: Bool

  private var order: Order
  private var outbox: Outbox<Post<Order.Stamp>>
  /// Which messages were stored.
  private var known: Set<Dot> = []
  private var delivered: [Value] = []
  private var lastNumber = 0
  private var clients = ClientNumbers()
  private var log = DurableLog<Post<Order.Stamp>>()
  private var isResendArmed = false

  public init(_ configuration: Configuration) {
    id = configuration.id
    resendDelay = max(.milliseconds(1), BroadcastOption.resend.duration(in: configuration))
    retries = !configuration.bugs.contains(BroadcastBug.noRetry.name)
    syncs = !configuration.bugs.contains(BroadcastBug.noSync.name)
    syncsReceived = syncs && !configuration.bugs.contains(BroadcastBug.ackBeforeSync.name)
    keepsDelivered = !configuration.bugs.contains(BroadcastBug.forgetsDelivered.name)
    keepsNumbers = !configuration.bugs.contains(BroadcastBug.reusesNumbers.name)
    order = Order(configuration)
    outbox = Outbox(to: configuration.peers)
  }

  public mutating func handle(_ event: Event<Self>, _ context: inout Context<Self>) {
    guard !log.isCorrupt else { return }
    switch event {
    case .start(let files): recover(files[File.posts], &context)
    case .request(let request, let body):
      switch Order.Vocabulary.command(body) {
      case .publish(let content): publish(content, request, &context)
      case .read(let question):
        context.reply(Order.Vocabulary.answer(question, delivered, at: id), to: request)
      case nil: context.reply(.notSupported, to: request)
      }
    case .message(let peer, let message):
      switch message.content {
      case .posts(let parcels): take(parcels, from: peer, &context)
      case .received(let numbers): outbox.acknowledge(numbers, by: peer)
      }
    case .timer(.resend):
      isResendArmed = false
      let overdue = outbox.overdue()
      if retries { send(overdue, &context) }
      armResend(&context)
    case .answered, .completed: break
    }
  }

  private mutating func publish(
    _ content: Value, _ request: RequestID, _ context: inout Context<Self>
  ) {
    guard clients.admit(request) else { return }
    let count = delivered.count
    lastNumber += 1
    let dot = Dot(id, lastNumber)
    learn(Post(dot, order.stamp(dot, of: content), content), from: nil, &context)
    context.reply(Order.Vocabulary.published(dot, delivered: count), to: request)
  }

  private mutating func take(
    _ parcels: [Message.Parcel], from peer: NodeID, _ context: inout Context<Self>
  ) {
    for parcel in parcels where !known.contains(parcel.item.dot) {
      learn(parcel.item, from: peer, &context)
    }
    context.send(Message(content: .received(parcels.map(\.number))), to: peer)
  }

  /// Stores a message that is new here, delivers what can be, and sends it on where that is due.
  private mutating func learn(
    _ post: Post<Order.Stamp>, from peer: NodeID?, _ context: inout Context<Self>
  ) {
    known.insert(post.dot)
    log.append(post, to: .posts, syncs: peer == nil ? syncs : syncsReceived, &context)
    delivered += order.admit(post).map(\.content)
    guard peer == nil || Order.relays else { return }
    let parcel = outbox.add(post, except: peer)
    for receiver in outbox.receivers(except: peer) {
      context.send(Message(content: .posts([parcel])), to: receiver)
    }
    armResend(&context)
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

  private mutating func recover(_ bytes: [UInt8], _ context: inout Context<Self>) {
    for post in log.recover(bytes, of: .posts, &context) {
      if keepsDelivered { known.insert(post.dot) }
      delivered += order.admit(post).map(\.content)
      if post.dot.node == id && keepsNumbers { lastNumber = max(lastNumber, post.dot.number) }
      if post.dot.node == id || Order.relays { outbox.add(post) }
    }
    // Who has what is not known any more.
    let missing = outbox.everythingMissing()
    if retries { send(missing, &context) }
    armResend(&context)
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(id)
    sink.put(Int(resendDelay))
    sink.put(retries)
    sink.put(syncs)
    sink.put(syncsReceived)
    sink.put(keepsDelivered)
    sink.put(keepsNumbers)
    order.encode(into: &sink)
    outbox.encode(into: &sink)
    sink.put(known.sorted())
    sink.put(delivered)
    sink.put(lastNumber)
    clients.encode(into: &sink)
    log.encode(into: &sink)
    sink.put(isResendArmed)
  }
}

extension LoggedBroadcast.Message {
  public var kind: String {
    switch content {
    case .posts: "posts"
    case .received: "received"
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
    default: return nil
    }
  }
}

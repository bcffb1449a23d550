public import Nodes
public import Values

/// Sends each message once to all others, and delivers each as it comes.
///
/// Nothing is stored and nothing is sent again: a lost message is lost, and so is what a node that
/// fails had not sent yet, or was sent meanwhile.
public struct BestEffortBroadcast: Algorithm {
  public typealias Timer = NoTimer
  public typealias File = NoFile

  public struct Message: NodeMessage {
    var post: Post<NoStamp>

    public var kind: String { "post" }
    public func encode(into sink: inout some ByteSink) { post.encode(into: &sink) }

    init(_ post: Post<NoStamp>) { self.post = post }

    public init?(from source: inout ByteSource) {
      guard let post = Post<NoStamp>(from: &source) else { return nil }
      self.init(post)
    }
  }

  public static let deliversCopies = PlantedBug(
    "delivers-copies", "a message that comes twice is delivered twice",
    source:
      "Cachin, Guerraoui and Rodrigues (2011), section 2.4.4: perfect links deliver once; links that "
      + "repeat are not those.",
    violates: ["duplicated"])
  public static let skipsItself = PlantedBug(
    "skips-itself", "a node does not deliver what it broadcasts",
    source:
      "Cachin, Guerraoui and Rodrigues (2011), module 3.1, BEB1: every process delivers, the sender "
      + "too; IP_MULTICAST_LOOP, switched off.",
    violates: ["lost"])
  public static let skipsLast = PlantedBug(
    "skips-last", "the last of the members is not sent anything",
    source: "A loop that ends one short (CWE-193).",
    violates: ["lost", "diverging"])

  public static let description = AlgorithmDescription(
    name: "best-effort-broadcast",
    summary: "Each message is sent once to everyone.",
    promise:
      "An acknowledged message is delivered by every node, once, in any order, while no message is "
      + "lost and no node fails.",
    assumptions: "Links lose nothing, and nodes don't fail.",
    paper:
      "Cachin, Guerraoui and Rodrigues (2011), algorithm 3.1, basic broadcast; it removes duplicates "
      + "by the senders' numbers.",
    bugs: [deliversCopies, skipsItself, skipsLast], workloads: ["best-effort-broadcast"],
    // A message that is lost, or comes to a node that is down, is sent by no one again.
    survives: ["pause", "delay", "duplicate", "reorder", "clog", "clock"], quorum: .all,
    messageTypes: ["post"])

  private let id: NodeID
  private let receivers: [NodeID]
  private let deliversCopies: Bool
  private let deliversOwn: Bool
  private var known: Set<Dot> = []
  private var delivered: [Value] = []
  private var lastNumber = 0
  private var clients = ClientNumbers()

  public init(_ configuration: Configuration) {
    id = configuration.id
    let skipsLast = configuration.bugs.contains(BestEffortBroadcast.skipsLast.name)
    receivers = skipsLast ? configuration.peers.dropLast() : configuration.peers
    deliversCopies = configuration.bugs.contains(BestEffortBroadcast.deliversCopies.name)
    deliversOwn = !configuration.bugs.contains(BestEffortBroadcast.skipsItself.name)
  }

  public mutating func handle(_ event: Event<Self>, _ context: inout Context<Self>) {
    switch event {
    case .request(let request, let body):
      switch DeliveryVocabulary.command(body) {
      case .publish(let content): publish(content, request, &context)
      case .read(let from):
        context.reply(DeliveryVocabulary.answer(from, delivered, at: id), to: request)
      case nil: context.reply(.notSupported, to: request)
      }
    case .message(_, let message):
      if known.insert(message.post.dot).inserted || deliversCopies {
        delivered.append(message.post.content)
      }
    case .start, .timer, .answered, .completed: break
    }
  }

  private mutating func publish(
    _ content: Value, _ request: RequestID, _ context: inout Context<Self>
  ) {
    guard clients.admit(request) else { return }
    lastNumber += 1
    let post = Post(Dot(id, lastNumber), NoStamp(), content)
    for receiver in receivers { context.send(Message(post), to: receiver) }
    context.reply(DeliveryVocabulary.published(post.dot, delivered: delivered.count), to: request)
    if deliversOwn { delivered.append(content) }
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(id)
    sink.put(receivers)
    sink.put(deliversCopies)
    sink.put(deliversOwn)
    sink.put(known.sorted())
    sink.put(delivered)
    sink.put(lastNumber)
    clients.encode(into: &sink)
  }
}

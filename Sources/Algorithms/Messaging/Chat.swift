public import Nodes
public import Values

/// Rooms on several servers: who sees a reply has seen what it replies to, be it in another room.
///
/// A post goes to all servers by causal broadcast, and is shown in its room in the order of delivery.
/// A client's reply comes from a server that has shown it the message, so causal order is enough.
public struct ChatOrder: DeliveryOrder {
  public typealias Vocabulary = ChatVocabulary

  /// Which messages a post waits for.
  private enum Kind: String, CaseIterable {
    case causal, fifo, arrival, rooms
  }

  static let orderOption = AlgorithmOption(
    "order", standard: "causal", choices: ["causal", "fifo", "arrival"],
    "what posts wait for: all that their server had shown; its own earlier posts; nothing")

  static let fifoOnly = PlantedBug(
    "fifo-only", "a post waits for the earlier posts of its own server only",
    source:
      "Hadzilacos and Toueg (1994): FIFO order does not keep a reply behind a question of another "
      + "sender.",
    violates: ["reply-before-message"])
  static let noOrder = PlantedBug(
    "no-order", "posts are shown as they come",
    source:
      "Kleppmann: Designing data-intensive applications (2017), chapter 5, consistent prefix reads: "
      + "the answer before the question.",
    violates: ["reply-before-message"])
  static let roomVectors = PlantedBug(
    "room-vectors", "each room has a vector of its own, so that nothing orders posts between rooms",
    source:
      "Birman, Schiper and Stephenson (1991), on overlapping groups: causality that leaves a group "
      + "and comes back.",
    violates: ["reply-before-message"])

  public static let description = AlgorithmDescription(
    name: "chat", summary: "Rooms on several servers, with replies, on causal broadcast.",
    promise:
      "An acknowledged post is shown by every server, once; no server shows a reply before what it "
      + "replies to, whatever the rooms.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced.",
    paper:
      "Birman, Schiper and Stephenson: Lightweight causal and atomic group multicast (1991), CBCAST; "
      + "Cachin, Guerraoui and Rodrigues (2011), algorithm 3.15.",
    options: [BroadcastOption.resend, orderOption],
    bugs: [fifoOnly, noOrder, roomVectors, BroadcastBug.noRetry, BroadcastBug.noSync],
    workloads: ["chat"], messageTypes: ["posts", "received"])
  public static let relays = false

  private let kind: Kind
  /// How many posts of each server were shown; with ``roomVectors`` by room, else under one key.
  private var shown: [Value: VersionVector] = [:]
  private var waiting = WaitingPosts<VersionVector>()

  public init(_ configuration: Configuration) {
    let bugs: [(PlantedBug, Kind)] = [
      (ChatOrder.fifoOnly, .fifo), (ChatOrder.noOrder, .arrival), (ChatOrder.roomVectors, .rooms),
    ]
    kind =
      bugs.first { configuration.bugs.contains($0.0.name) }?.1
      ?? Kind(rawValue: ChatOrder.orderOption.text(in: configuration)) ?? .causal
  }

  /// Whose posts are counted together with this one.
  private static func group(of content: Value, _ kind: Kind) -> Value {
    kind == .rooms ? content.elements?.first ?? .null : .null
  }

  public mutating func stamp(_ dot: Dot, of content: Value) -> VersionVector {
    let seen = shown[ChatOrder.group(of: content, kind)] ?? VersionVector()
    guard kind == .fifo else { return seen }
    var own = VersionVector()
    own[dot.node] = seen[dot.node]
    return own
  }

  public mutating func admit(_ post: Post<VersionVector>) -> [Post<VersionVector>] {
    guard kind != .arrival else { return [post] }
    waiting.add(post)
    var ready: [Post<VersionVector>] = []
    while let next = nextReady() {
      shown[ChatOrder.group(of: next.content, kind), default: VersionVector()][next.dot.node] += 1
      ready.append(next)
    }
    return ready
  }

  private mutating func nextReady() -> Post<VersionVector>? {
    let (kind, shown) = (kind, shown)
    return waiting.next { post in
      let group = ChatOrder.group(of: post.content, kind)
      return post.stamp <= shown[group] ?? VersionVector()
    }
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(kind.rawValue)
    sink.put(shown.count)
    for (group, vector) in shown.sorted(by: { $0.key < $1.key }) {
      group.encode(into: &sink)
      vector.encode(into: &sink)
    }
    waiting.encode(into: &sink)
  }
}

public typealias Chat = LoggedBroadcast<ChatOrder>

/// Posts in rooms.
///
/// - `{"type": "post", "room": r, "message": m, "to": t}` posts m, as a reply to t where that is given, and
///   is answered by `{"type": "post_ok"}`.
/// - `{"type": "room", "room": r}` is answered by `{"type": "room_ok", "at": node, "messages": [[m, t], …]}`,
///   the posts of the room in the order in which they are shown; without a room, those of all rooms.
public enum ChatVocabulary: BroadcastVocabulary {
  public static func command(_ request: Request) -> BroadcastCommand? {
    guard case .custom(let body) = request else { return nil }
    switch body["type"]?.name {
    case "post":
      guard let room = body["room"], let message = body["message"] else { return nil }
      return .publish([room, message, body["to"] ?? .null])
    case "room": return .read(body["room"] ?? .null)
    default: return nil
    }
  }

  public static func published(_ dot: Dot, delivered: Int) -> Reply { .custom(["type": "post_ok"]) }

  public static func answer(_ room: Value, _ delivered: [Value], at node: NodeID) -> Reply {
    let posts = delivered.compactMap(\.elements).filter { $0[0] == room || room == .null }
    return .custom([
      "type": "room_ok", "at": .integer(node.index),
      "messages": .list(posts.map { .list(Array($0.dropFirst())) }),
    ])
  }
}

public import Nodes
public import Values

/// Delivers each sender's messages in the order of their numbers; one that comes early waits.
public struct SenderOrder: DeliveryOrder {
  static let noWait = PlantedBug(
    "no-wait", "a message that comes before its sender's earlier ones is delivered at once",
    source:
      "Hadzilacos and Toueg (1994): reliable broadcast promises no order, though links "
      + "in order make it look so.",
    violates: ["fifo-violation"])
  static let dropsEarly = PlantedBug(
    "drops-early",
    "a message that comes before its sender's earlier ones is acknowledged and dropped",
    source: "RFC 9293, section 3.4: what is acknowledged must have been kept.",
    violates: ["lost", "diverging"])

  public static let description = AlgorithmDescription(
    name: "fifo-broadcast",
    summary: "Each sender's messages are delivered in the order in which it broadcast them.",
    promise:
      "An acknowledged message is delivered by every node, once, after all that its sender "
      + "broadcast before it.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced.",
    paper:
      "Cachin, Guerraoui and Rodrigues (2011), algorithm 3.12, broadcast with sequence number; "
      + "Hadzilacos and Toueg (1994), FIFO broadcast.",
    options: [BroadcastOption.resend],
    bugs: [
      noWait, dropsEarly, BroadcastBug.noRetry, BroadcastBug.noSync, BroadcastBug.reusesNumbers,
    ],
    workloads: ["fifo-broadcast", "reliable-broadcast"], messageTypes: ["posts", "received"])
  public static let relays = false

  private let waits: Bool
  private let keepsEarly: Bool
  /// How many messages of each node were delivered.
  private var delivered = VersionVector()
  private var waiting = WaitingPosts<NoStamp>()

  public init(_ configuration: Configuration) {
    waits = !configuration.bugs.contains(SenderOrder.noWait.name)
    keepsEarly = !configuration.bugs.contains(SenderOrder.dropsEarly.name)
  }

  public mutating func stamp(_ dot: Dot, of content: Value) -> NoStamp { NoStamp() }

  public mutating func admit(_ post: Post<NoStamp>) -> [Post<NoStamp>] {
    guard waits else { return [post] }
    if !keepsEarly && post.dot.number > delivered[post.dot.node] + 1 { return [] }
    waiting.add(post)
    var ready: [Post<NoStamp>] = []
    while let next = waiting.next(where: { $0.dot.number == delivered[$0.dot.node] + 1 }) {
      delivered[next.dot.node] += 1
      ready.append(next)
    }
    return ready
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(waits)
    sink.put(keepsEarly)
    delivered.encode(into: &sink)
    waiting.encode(into: &sink)
  }
}

public typealias FIFOBroadcast = LoggedBroadcast<SenderOrder>

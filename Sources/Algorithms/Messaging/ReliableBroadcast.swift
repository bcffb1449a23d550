public import Nodes
public import Values

/// Delivers each message as it comes, and sends it on to all others, so that whatever one node has
/// delivered reaches all, also when its sender never comes back.
public struct ArrivalOrder: DeliveryOrder {
  public static let description = AlgorithmDescription(
    name: "reliable-broadcast",
    summary: "What one node delivers, all deliver: each sends on what it gets.",
    promise:
      "An acknowledged message is delivered by every node, a message that any node delivered too, "
      + "and each once; in any order.",
    assumptions:
      "Nodes that fail come back, but for the sender of what has reached another; a disk keeps "
      + "what was synced.",
    paper:
      "Cachin, Guerraoui and Rodrigues: Introduction to reliable and secure distributed programming "
      + "(2011), algorithm 3.3, eager reliable broadcast, on stubborn links and with a log as in "
      + "section 3.7; Hadzilacos and Toueg: A modular approach to fault-tolerant broadcasts and "
      + "related problems (1994), reliable broadcast.",
    options: [BroadcastOption.resend],
    bugs: [
      BroadcastBug.noRetry, BroadcastBug.noSync, BroadcastBug.forgetsDelivered,
      BroadcastBug.ackBeforeSync,
    ],
    workloads: ["reliable-broadcast"], messageTypes: ["posts", "received"])
  public static let relays = true

  public init(_ configuration: Configuration) {}

  public mutating func stamp(_ dot: Dot, of content: Value) -> NoStamp { NoStamp() }

  public mutating func admit(_ post: Post<NoStamp>) -> [Post<NoStamp>] { [post] }

  public func encode(into sink: inout some ByteSink) {}
}

public typealias ReliableBroadcast = LoggedBroadcast<ArrivalOrder>

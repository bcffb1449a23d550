public import Nodes
public import Values

/// Delivers a message after all that its sender had delivered when it broadcast it, as vectors of how
/// many messages of each node were delivered tell.
///
/// A message carries the vector of its sender at the time, with its own number less one for the sender;
/// it is delivered where each entry has been reached.
public struct CausalOrder: DeliveryOrder {
  static let noWait = PlantedBug(
    "no-wait", "the vector of a message is not compared with what was delivered",
    source:
      "Birman and Joseph: Reliable communication in the presence of failures (1987): why causal "
      + "delivery is a primitive of its own.",
    violates: ["fifo-violation", "causal-violation"])
  static let ownEntryOnly = PlantedBug(
    "own-entry-only", "the vector of a message has its sender's entry only: first in, first out",
    source:
      "Hadzilacos and Toueg (1994): causal order is FIFO order and local order, and "
      + "FIFO alone is weaker.",
    violates: ["causal-violation"])
  static let senderUnchecked = PlantedBug(
    "sender-unchecked", "the entry of a message's sender is not compared",
    source:
      "Schwarz and Mattern: Detecting causal relationships in distributed computations (1994): "
      + "the sender's entry needs a rule of its own.",
    violates: ["fifo-violation", "causal-violation"])
  static let looksOnce = PlantedBug(
    "looks-once", "a delivery lets no more than one waiting message follow",
    source:
      "Cachin, Guerraoui and Rodrigues (2011), algorithm 3.15: waiting messages are looked at until "
      + "none can be delivered.",
    violates: ["lost", "diverging"])

  public static let description = AlgorithmDescription(
    name: "causal-broadcast",
    summary: "Messages are delivered after all that their sender knew of when it broadcast them.",
    promise:
      "An acknowledged message is delivered by every node, once, after all messages that its sender "
      + "had broadcast or delivered before it.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced.",
    paper:
      "Birman, Schiper and Stephenson: Lightweight causal and atomic group multicast (1991), "
      + "CBCAST; Cachin, Guerraoui and Rodrigues (2011), algorithm 3.15, waiting causal broadcast.",
    options: [BroadcastOption.resend],
    bugs: [
      noWait, ownEntryOnly, senderUnchecked, looksOnce, BroadcastBug.noRetry, BroadcastBug.noSync,
    ],
    workloads: ["causal-broadcast", "fifo-broadcast", "reliable-broadcast"],
    messageTypes: ["posts", "received"])
  public static let relays = false

  private let waits: Bool
  private let stampsAll: Bool
  private let comparesSender: Bool
  private let looksAgain: Bool
  /// How many messages of each node were delivered.
  private var delivered = VersionVector()
  private var waiting = WaitingPosts<VersionVector>()

  public init(_ configuration: Configuration) {
    waits = !configuration.bugs.contains(CausalOrder.noWait.name)
    stampsAll = !configuration.bugs.contains(CausalOrder.ownEntryOnly.name)
    comparesSender = !configuration.bugs.contains(CausalOrder.senderUnchecked.name)
    looksAgain = !configuration.bugs.contains(CausalOrder.looksOnce.name)
  }

  public mutating func stamp(_ dot: Dot, of content: Value) -> VersionVector {
    var stamp = stampsAll ? delivered : VersionVector()
    stamp[dot.node] = dot.number - 1
    return stamp
  }

  public mutating func admit(_ post: Post<VersionVector>) -> [Post<VersionVector>] {
    guard waits else { return [post] }
    waiting.add(post)
    var ready: [Post<VersionVector>] = []
    while let next = waiting.next(where: isReady) {
      delivered[next.dot.node] = max(delivered[next.dot.node], next.dot.number)
      ready.append(next)
      if !looksAgain && ready.count == 2 { break }
    }
    return ready
  }

  private func isReady(_ post: Post<VersionVector>) -> Bool {
    var needed = post.stamp
    if !comparesSender { needed[post.dot.node] = 0 }
    return needed <= delivered
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(waits)
    sink.put(stampsAll)
    sink.put(comparesSender)
    sink.put(looksAgain)
    delivered.encode(into: &sink)
    waiting.encode(into: &sink)
  }
}

public typealias CausalBroadcast = LoggedBroadcast<CausalOrder>

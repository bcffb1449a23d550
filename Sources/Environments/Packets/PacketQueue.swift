import HeapModule
package import Values

/// Packets on their way, each of which leaves at its time.
///
/// Packets that are due at one time leave in the order in which they came.
package struct PacketQueue<Packet: Sendable>: Sendable {
  private struct Entry: Comparable, Sendable {
    var due: Nanoseconds
    var number: UInt64
    var packet: Packet

    static func < (left: Entry, right: Entry) -> Bool {
      left.due != right.due ? left.due < right.due : left.number < right.number
    }

    static func == (left: Entry, right: Entry) -> Bool { left.number == right.number }
  }

  private var entries = Heap<Entry>()
  private var number: UInt64 = 0
  /// Those that wait for a link to be clogged no more, by its peer.
  private var held: [(peer: Int, packet: Packet)] = []
  private var heldCounts: [Int: Int] = [:]

  package init() {}

  package var count: Int { entries.count + held.count }

  /// When the first packet leaves.
  package var firstDue: Nanoseconds? { entries.min?.due }

  package mutating func insert(_ packet: Packet, due: Nanoseconds) {
    number += 1
    entries.insert(Entry(due: due, number: number, packet: packet))
  }

  /// Keeps a packet until its link lets go of it.
  package mutating func hold(_ packet: Packet, to peer: Int) {
    held.append((peer, packet))
    heldCounts[peer, default: 0] += 1
  }

  /// How many packets a link holds back.
  package func heldCount(to peer: Int) -> Int { heldCounts[peer] ?? 0 }

  /// Has those leave now that were held back on links to peers.
  package mutating func release(to peers: some Collection<Int>, at time: Nanoseconds) {
    let peers = Set(peers)
    for peer in peers { heldCounts[peer] = nil }
    let kept = held
    held.removeAll(keepingCapacity: true)
    for entry in kept {
      if peers.contains(entry.peer) {
        insert(entry.packet, due: time)
      } else {
        held.append(entry)
      }
    }
  }

  /// The next packet that is to leave by now.
  ///
  /// - Complexity: O(log *n*).
  package mutating func removeFirst(dueAt time: Nanoseconds) -> Packet? {
    guard let first = entries.min, first.due <= time else { return nil }
    return entries.removeMin().packet
  }
}

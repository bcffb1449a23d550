import Nodes
import Values

/// Maelstrom's seq-kv: a client that is far behind is shown a newer state without having moved on,
/// and can go back from there.
///
/// The last 32 states are kept in a ring, by number. A client's place in the order moves forward
/// only; where the state of its number is gone, the one that took its slot is shown in its place.
struct WrappingStore: Sendable {
  static let slotCount = 32

  private var slots = [KeyValueState()]
  /// The number of the newest state.
  private var newest = 0
  private var seen: [Int: Int] = [:]
  var draws: Draws

  init(draws: Draws) { self.draws = draws }

  mutating func apply(_ request: Request, from client: Int) -> Reply {
    let oldest = seen[client] ?? 0
    let chosen = oldest + draws.below(newest - oldest + 1)
    var state = slots[chosen % WrappingStore.slotCount]
    let before = state
    let reply = state.apply(request)
    if state == before {
      seen[client] = chosen
      return reply
    }
    var latest = slots[newest % WrappingStore.slotCount]
    let latestReply = latest.apply(request)
    newest += 1
    if slots.count < WrappingStore.slotCount {
      slots.append(latest)
    } else {
      slots[newest % WrappingStore.slotCount] = latest
    }
    seen[client] = newest
    return latestReply
  }
}

/// Maelstrom's lww-kv: two replicas that never hear of each other, so that a write stays on one.
///
/// A key can't be created by a compare-and-set.
struct SeparateReplicas: Sendable {
  private var replicas = [KeyValueState(), KeyValueState()]
  var draws: Draws

  init(draws: Draws) { self.draws = draws }

  mutating func apply(_ request: Request) -> Reply {
    let replica = draws.below(replicas.count)
    guard case .compareAndSet(let key, let from, let to, _) = request else {
      return replicas[replica].apply(request)
    }
    return replicas[replica].apply(
      .compareAndSet(key: key, from: from, to: to, createIfMissing: false))
  }
}

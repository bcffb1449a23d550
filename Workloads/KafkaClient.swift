import Histories
import Nodes
import Values

/// The client of Kafka-style logs: a producer, and a consumer of the keys that it assigned itself.
///
/// It keeps the offset that it wants next of each assigned key. A poll that brought something
/// commits, for each key, the highest offset that came, and is over when that is answered; when it
/// is refused the poll failed, and the client has not moved on. An assignment keeps the offsets of
/// keys that were assigned already; others begin at their committed offset, or at 0 without one.
struct KafkaClient: Client {
  private enum Step: Hashable, Sendable {
    case idle
    case sending(key: String, message: Value)
    case polling
    case committing(polled: ValueMap, next: [String: Int], committed: [String: Int])
    case listing(keys: [String])
  }

  /// Whether new keys always begin at 0, and a client moves on before its commit is answered.
  private let isCompatible: Bool
  /// What it wants next of each assigned key.
  private var offsets: [String: Int] = [:]
  private var step = Step.idle

  init(isCompatible: Bool) { self.isCompatible = isCompatible }

  mutating func begin(_ f: String, _ value: Value, _ extra: ValueMap) -> ClientStep {
    switch f {
    case "send":
      let pair = value.elements ?? []
      let key = pair.first?.name ?? ""
      let message = pair.count > 1 ? pair[1] : .null
      step = .sending(key: key, message: message)
      return .ask(.send(key: key, message: message))
    case "poll":
      step = .polling
      return .ask(.poll(offsets: offsets))
    case "assign":
      let keys = (value.elements ?? []).compactMap(\.name)
      if extra["seek-to-beginning"] == true {
        offsets = Dictionary(keys.map { ($0, 0) }) { first, _ in first }
        return .complete(assigned(committed: nil))
      }
      step = .listing(keys: keys)
      return .ask(.listCommittedOffsets(keys: keys))
    // A crash loses the client: what becomes of an operation of it nobody will hear.
    default: return .complete(Completion(.info))
    }
  }

  mutating func receive(_ reply: Reply) -> ClientStep {
    switch (step, reply) {
    case (.sending(let key, let message), .sent(let offset)):
      return .complete(.ok([.string(key), [.integer(offset), message]]))
    case (.polling, .polled(let messages)): return polled(messages, reply)
    case (.committing(let polled, let next, let committed), .offsetsCommitted):
      offsets.merge(next) { $1 }
      var completion = Completion.ok(.map(polled))
      completion.extra["committed"] = Value(offsets: committed)
      return .complete(completion)
    case (.committing(_, let next, _), .failed):
      if isCompatible { offsets.merge(next) { $1 } }
      return .complete(.mismatched(reply, expected: "commit_offsets_ok"))
    case (.listing(let keys), .committedOffsets(let committed)):
      let next = keys.map { key in
        (key, offsets[key] ?? (isCompatible ? nil : committed[key]) ?? 0)
      }
      offsets = Dictionary(next) { first, _ in first }
      return .complete(assigned(committed: committed))
    case (.listing, .failed(let error)):
      var completion = Completion.failed(error)
      // Asking changed nothing, so Maelstrom takes any error for a definite one here.
      if isCompatible { completion.type = .fail }
      return .complete(completion)
    case (.sending, _): return .complete(.mismatched(reply, expected: "send_ok"))
    case (.polling, _): return .complete(.mismatched(reply, expected: "poll_ok"))
    case (.committing, _): return .complete(.mismatched(reply, expected: "commit_offsets_ok"))
    case (.listing, _):
      return .complete(.mismatched(reply, expected: "list_committed_offsets_ok"))
    case (.idle, _): return .complete(.mismatched(reply, expected: "no reply"))
    }
  }

  /// An assignment's completion: where each key begins, and what was committed.
  private func assigned(committed: [String: Int]?) -> Completion {
    var completion = Completion.ok()
    completion.extra["offsets"] = Value(offsets: offsets)
    if let committed { completion.extra["committed"] = Value(offsets: committed) }
    return completion
  }

  private mutating func polled(_ messages: [String: [Value]], _ reply: Reply) -> ClientStep {
    var committed: [String: Int] = [:]
    var next: [String: Int] = [:]
    for (key, pairs) in messages.sorted(by: { $0.key < $1.key }) {
      for (place, pair) in pairs.enumerated() {
        guard let parts = pair.elements, parts.count == 2, let offset = parts[0].integer else {
          return .complete(
            .mismatched(
              reply, expected: "poll_ok with [integer offset, message] at msgs.\(key)[\(place)]"))
        }
        committed[key] = max(committed[key] ?? offset, offset)
      }
    }
    for (key, offset) in committed {
      // A new offset never takes a client back: what it had read it would read again.
      next[key] = max(offsets[key] ?? 0, offset &+ 1)
    }
    let polled = ValueMap(messages.map { .init(key: .string($0.key), value: .list($0.value)) })
    guard !committed.isEmpty else { return .complete(.ok(.map(polled))) }
    if isCompatible { offsets.merge(next) { $1 } }
    step = .committing(polled: polled, next: next, committed: committed)
    return .ask(.commitOffsets(committed))
  }
}

extension ValueMap {
  fileprivate subscript(field: String) -> Value? {
    get { self[.string(field)] }
    set { self[.string(field)] = newValue }
  }
}

extension Value {
  fileprivate init(offsets: [String: Int]) {
    self = .map(ValueMap(offsets.map { .init(key: .string($0.key), value: .integer($0.value)) }))
  }
}

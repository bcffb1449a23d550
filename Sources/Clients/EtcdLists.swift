import Values
import Workloads

/// Lists in etcd, a key for each, and transactions of reads and appends.
///
/// A transaction reads all its keys at one revision; if it appends, a second one writes the longer
/// lists back if none of the keys, of those only read neither, was written meanwhile. Losing that
/// race is a definite failure.
struct EtcdLists: EtcdDialogue {
  private struct Step {
    var isAppend: Bool
    /// The key's place in `keys`.
    var key: Int
    var name: Value
    var element: Value
  }

  private let isSerializable: Bool
  private var steps: [Step] = []
  /// The keys that it touches, each once.
  private var keys: [String] = []
  /// The transaction with its reads filled, once that is known.
  private var filled: Value?

  init(_ options: EtcdClient.Options) { isSerializable = options.readsAreSerializable }

  mutating func begin(_ f: String, _ value: Value) -> ClientStep {
    guard f == "txn" else { return .complete(.unknown(f)) }
    steps = []
    keys = []
    filled = nil
    for step in value.elements ?? [] {
      guard let parts = step.elements, parts.count == 3, ["r", "append"].contains(parts[0]) else {
        return .complete(.unknown(step.json))
      }
      let key = "txn-list-append/\(parts[1].json)"
      let place = keys.firstIndex(of: key) ?? keys.count
      if place == keys.count { keys.append(key) }
      steps.append(
        Step(isAppend: parts[0] == "append", key: place, name: parts[1], element: parts[2]))
    }
    guard !keys.isEmpty else { return .complete(.ok()) }
    return .ask(
      EtcdRequest.transaction(
        then: keys.map { .range($0, isSerializable: isSerializable) }))
  }

  mutating func answered(_ body: EtcdAnswer.Body) throws(EtcdMisfit) -> ClientStep {
    if let filled {
      return .complete(
        body.succeeded
          ? .decided(.ok, by: body, value: filled)
          : .decided(.fail, by: body, error: "txn-conflict"))
    }
    let found = try body.found(count: keys.count)
    var lists: [[Value]] = []
    for key in found { lists.append(try key.elements()) }
    let value = Value.list(fill(&lists))
    guard let writes = writes(lists) else {
      return .complete(.decided(.ok, by: body, value: value))
    }
    filled = value
    return .ask(
      EtcdRequest.transaction(
        if: zip(keys, found).map {
          .init(key: $0, target: .modificationRevision($1.modified))
        }, then: writes))
  }

  /// Does the transaction on lists.
  private func fill(_ lists: inout [[Value]]) -> [Value] {
    steps.map { step in
      if step.isAppend {
        lists[step.key].append(step.element)
        return ["append", step.name, step.element]
      }
      return ["r", step.name, .list(lists[step.key])]
    }
  }

  /// The longer lists; nothing where there are none.
  private func writes(_ lists: [[Value]]) -> [EtcdRequest.Step]? {
    let longer = keys.indices.filter { place in
      steps.contains { $0.isAppend && $0.key == place }
    }
    if longer.isEmpty { return nil }
    return longer.map { .put(keys[$0], Value.list(lists[$0]).json) }
  }

  mutating func failed(_ error: EtcdError) -> ClientStep {
    .complete(filled == nil ? error.harmless : error.completion)
  }
}

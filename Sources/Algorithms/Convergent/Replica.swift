import Nodes
import Values

/// What every replica of an object keeps of the updates that its clients made at it, and how it answers.
///
/// The vocabulary is that of the workloads `crdt-…`: `update` with `f` and `value`, answered by
/// `update_ok` with the update's name, what is visible right after it, and what the type says of it; and
/// `query`, answered by `query_ok` with the value and what is visible. A query that says `"own": true`
/// is told the updates that were made here, too, so that those whose answers were lost can be judged.
struct OwnUpdates: Hashable, Sendable {
  /// An update that was made at this replica.
  struct Entry: Hashable, Sendable, StablyCodable {
    var request: RequestID
    var update: ReplicatedUpdate
    var result: UpdateResult
    /// What was visible here right after it, itself among it.
    var context: VersionVector
  }

  /// In the order in which they were made: the first is the node's update number 1.
  private(set) var entries: [Entry] = []
  /// For each client the place of its last update here.
  private var latest: [Int: Int] = [:]

  mutating func append(_ entry: Entry) {
    latest[entry.request.client] = entries.count
    entries.append(entry)
  }

  /// The answer to a request that came before, or nothing where it is new; a request that is older than
  /// its client's last one is answered by nothing that the client waits for.
  func answer(to request: RequestID, at node: NodeID) -> Reply?? {
    guard let place = latest[request.client], case let entry = entries[place],
      entry.request.number >= request.number
    else { return nil }
    guard entry.request == request else { return .some(nil) }
    return .some(Replica.accepted(entry, Dot(node, place + 1)))
  }
}

/// How replicas of objects talk with clients.
enum Replica {
  /// The update that a request asks for.
  static func update(_ body: Value) -> ReplicatedUpdate? {
    guard body["type"]?.name == "update", let f = body["f"]?.name else { return nil }
    return ReplicatedUpdate(f, body["value"] ?? .null)
  }

  static func accepted(_ entry: OwnUpdates.Entry, _ dot: Dot) -> Reply {
    var fields: [ValueMap.Entry] = [
      .init(key: "type", value: "update_ok"), .init(key: "update", value: dot.value),
      .init(key: "context", value: entry.context.value),
      .init(key: "replica", value: .integer(dot.node.index)),
    ]
    if let value = entry.result.value { fields.append(.init(key: "value", value: value)) }
    if let stamp = entry.result.stamp { fields.append(.init(key: "stamp", value: stamp.value)) }
    return .custom(.map(ValueMap(fields)))
  }

  /// - Parameter size: How many bytes the whole state takes; known where all is told.
  static func answer(
    _ value: Value, _ context: VersionVector, of node: NodeID, own: OwnUpdates?, size: () -> Int
  ) -> Reply {
    var fields: [ValueMap.Entry] = [
      .init(key: "type", value: "query_ok"), .init(key: "value", value: value),
      .init(key: "context", value: context.value),
      .init(key: "replica", value: .integer(node.index)),
    ]
    if let own {
      fields.append(.init(key: "own", value: .list(own.entries.map(\.value))))
      fields.append(.init(key: "bytes", value: .integer(size())))
    }
    return .custom(.map(ValueMap(fields)))
  }
}

extension OwnUpdates.Entry {
  func encode(into sink: inout some ByteSink) {
    request.encode(into: &sink)
    sink.put(update.f)
    update.value.encode(into: &sink)
    sink.put(result.value)
    sink.put(result.stamp)
    context.encode(into: &sink)
  }

  init?(from source: inout ByteSource) {
    guard let request = RequestID(from: &source), let f = source.text(),
      let operand = Value(from: &source), let value = source.optional(Value.self),
      let stamp = source.optional(Stamp.self), let context = VersionVector(from: &source)
    else { return nil }
    self.init(
      request: request, update: ReplicatedUpdate(f, operand),
      result: UpdateResult(value: value, stamp: stamp), context: context)
  }

  /// As a query for all is told: `[f, value, context, result, stamp]`.
  fileprivate var value: Value {
    let stamp: Value? = result.stamp?.value
    return [
      .string(update.f), update.value, context.value, result.value ?? .null, stamp ?? .null,
    ]
  }
}

extension VersionVector {
  /// The counts of the nodes by their ids.
  fileprivate var value: Value {
    .list((0..<(nodes.last.map { $0.index + 1 } ?? 0)).map { .integer(self[NodeID($0)]) })
  }
}

extension Dot {
  fileprivate var value: Value { [.integer(node.index), .integer(number)] }
}

extension Stamp {
  fileprivate var value: Value { [.integer(time), .integer(node.index)] }
}

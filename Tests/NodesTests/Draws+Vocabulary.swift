import Nodes
import Values

/// Random values, requests and replies.
extension Draws {
  mutating func text() -> String {
    String((0..<below(5)).map { _ in element(of: Array("abyz01 \"\\é→🐦\n")) })
  }

  mutating func integer() -> Int {
    element(of: [0, 1, -1, Int.max, Int.min, below(1_000), Int(truncatingIfNeeded: next())])
  }

  /// - Parameter isJSON: Whether the value is one that JSON can say.
  mutating func value(depth: Int = 2, isJSON: Bool = false) -> Value {
    switch below(isJSON ? (depth > 0 ? 7 : 5) : (depth > 0 ? 13 : 9)) {
    case 0: .null
    case 1: .bool(chance(0.5))
    case 2: .integer(integer())
    case 3: .string(text())
    case 4: .double(unit() * 1e6 - 5e5)
    case 5 where isJSON: .list((0..<below(4)).map { _ in value(depth: depth - 1, isJSON: true) })
    case 6 where isJSON: .map(map(depth: depth, isJSON: true))
    case 5: .number("12N")
    case 6: .keyword(text())
    case 7: .symbol(text())
    case 8: .character(element(of: ["a", "é", "🐦"]))
    case 9: .list(values(depth: depth))
    case 10: .set(ValueSet(values(depth: depth)))
    case 11: .map(map(depth: depth, isJSON: false))
    default: .tagged(text(), value(depth: depth - 1))
    }
  }

  mutating func values(depth: Int = 1, isJSON: Bool = false) -> [Value] {
    (0..<below(4)).map { _ in value(depth: depth - 1, isJSON: isJSON) }
  }

  mutating func map(depth: Int, isJSON: Bool) -> ValueMap {
    ValueMap(
      (0..<below(4)).map { _ in
        ValueMap.Entry(
          key: isJSON ? .string(text()) : value(depth: depth - 1),
          value: value(depth: depth - 1, isJSON: isJSON))
      })
  }

  mutating func offsets() -> [String: Int] {
    Dictionary((0..<below(4)).map { _ in (text(), integer()) }, uniquingKeysWith: { $1 })
  }

  /// Neighbours among five nodes.
  mutating func topology() -> [NodeID: [NodeID]] {
    Dictionary(
      (0..<below(5)).map { _ in
        (NodeID(below(5)), (0..<below(4)).map { _ in NodeID(below(5)) })
      }, uniquingKeysWith: { $1 })
  }

  /// A request of each kind in turn.
  mutating func request(_ kind: Int, isJSON: Bool = false) -> Request {
    switch kind % 17 {
    case 0: .echo(value(isJSON: isJSON))
    case 1: .generate
    case 2: .topology(topology())
    case 3: .broadcast(value(isJSON: isJSON))
    case 4: .addElement(value(isJSON: isJSON))
    case 5: .addDelta(integer())
    case 6: .readAll
    case 7: .read(key: value(isJSON: isJSON))
    case 8: .write(key: value(isJSON: isJSON), value: value(isJSON: isJSON))
    case 9:
      .compareAndSet(
        key: value(isJSON: isJSON), from: value(isJSON: isJSON), to: value(isJSON: isJSON),
        createIfMissing: chance(0.5))
    case 10: .timestamp
    case 11: .transaction(values(isJSON: isJSON))
    case 12: .send(key: text(), message: value(isJSON: isJSON))
    case 13: .poll(offsets: offsets())
    case 14: .commitOffsets(offsets())
    case 15: .listCommittedOffsets(keys: (0..<below(4)).map { _ in text() })
    default: .custom(["type": "special", "payload": value(isJSON: isJSON)])
    }
  }

  /// A reply of each kind in turn.
  mutating func reply(_ kind: Int, isJSON: Bool = false) -> Reply {
    switch kind % 17 {
    case 0: .echo(value(isJSON: isJSON))
    case 1: .generated(value(isJSON: isJSON))
    case 2: .topologyAccepted
    case 3: .broadcastAccepted
    case 4: .added
    case 5: .messages(values(isJSON: isJSON))
    case 6: .value(value(isJSON: isJSON))
    case 7: .written
    case 8: .compareAndSetDone
    case 9: .timestamp(integer())
    case 10: .transaction(values(isJSON: isJSON))
    case 11: .sent(offset: integer())
    case 12:
      .polled(
        Dictionary(
          (0..<below(4)).map { _ in
            (text(), values(isJSON: isJSON).map { [.integer(integer()), $0] })
          }, uniquingKeysWith: { $1 }))
    case 13: .offsetsCommitted
    case 14: .committedOffsets(offsets())
    case 15: .failed(ErrorReply(ErrorCode(rawValue: integer()), text()))
    default: .custom(["type": "special_ok", "payload": value(isJSON: isJSON)])
    }
  }
}

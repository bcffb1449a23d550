import Histories
import Values
import Verdicts

/// Histories of broadcasts and reads, line by line; each line is a second after the last.
struct DeliveryScript {
  private(set) var lines: [Operation] = []

  mutating func add(
    _ type: Operation.Kind, _ process: Int, _ f: String, _ value: Value = .null,
    _ extra: ValueMap = ValueMap()
  ) {
    lines.append(
      Operation(
        index: lines.count, time: .seconds(Int64(lines.count)), type: type,
        process: .client(process), f: f, value: value, extra: extra))
  }

  /// A broadcast that is acknowledged, as its node's `number`-th after some deliveries.
  mutating func broadcast(_ message: Value, at node: Int, _ number: Int, after delivered: Int) {
    add(.invoke, node, "broadcast", message)
    add(.ok, node, "broadcast", message, DeliveryScript.sent(node, number, delivered))
  }

  mutating func read(
    _ node: Int, _ messages: [Value], from: Int = 0, isFinal: Bool = false, name: String? = nil
  ) {
    add(.invoke, node, "read")
    add(.ok, node, "read", .list(messages), DeliveryScript.shown(node, from, isFinal, name))
  }

  static func sent(_ node: Int, _ number: Int, _ delivered: Int) -> ValueMap {
    ValueMap(facts: [
      "message": [.integer(node), .integer(number)], "delivered": .integer(delivered),
    ])
  }

  static func shown(
    _ node: Int, _ from: Int, _ isFinal: Bool, _ name: String? = nil
  ) -> ValueMap {
    var fields = ValueMap(facts: ["at": .integer(node), "from": .integer(from)])
    if isFinal { fields[fact: "final"] = true }
    if let name { fields[fact: "node"] = .string(name) }
    return fields
  }
}

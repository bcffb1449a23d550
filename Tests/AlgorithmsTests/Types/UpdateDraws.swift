import Algorithms
import Values

/// Random updates of the workloads, over few elements, so that they meet.
struct UpdateDraws {
  let workload: String
  var draws: Draws
  private var next = 0
  /// The last element that each node inserted into a text.
  private var typed: [Int: Value] = [:]

  init(_ workload: String, _ draws: Draws) {
    self.workload = workload
    self.draws = draws
  }

  /// - Parameter value: What the node reads.
  mutating func update(at node: Int, of nodeCount: Int, reading value: Value) -> ReplicatedUpdate {
    next += 1
    switch workload {
    case "crdt-g-counter": return ReplicatedUpdate("add", .integer(draws.below(5)))
    case "crdt-pn-counter": return ReplicatedUpdate("add", .integer(draws.below(9) - 4))
    case "crdt-bounded-counter":
      if draws.chance(0.3) {
        return ReplicatedUpdate(
          "transfer", [.integer(draws.below(nodeCount)), .integer(draws.below(4))])
      }
      return ReplicatedUpdate("add", .integer(draws.below(9) - 4))
    case "crdt-g-set": return ReplicatedUpdate("add", element(6))
    case "crdt-2p-set", "crdt-lww-set", "crdt-or-set", "crdt-rw-set":
      return ReplicatedUpdate(draws.chance(0.6) ? "add" : "remove", element(3))
    case "crdt-lww-register", "crdt-mv-register": return ReplicatedUpdate("write", .integer(next))
    case "crdt-ew-flag", "crdt-dw-flag":
      return ReplicatedUpdate(draws.chance(0.5) ? "enable" : "disable")
    case "crdt-or-map": return mapUpdate(depth: 1)
    case "crdt-cart":
      let item = element(2)
      if draws.chance(0.3) { return ReplicatedUpdate("remove", item) }
      return ReplicatedUpdate(
        draws.chance(0.6) ? "add" : "change", [item, .integer(1 + draws.below(3))])
    case "crdt-tree":
      return ReplicatedUpdate("move", [.integer(1 + draws.below(4)), .integer(draws.below(5))])
    default: return textUpdate(at: node, value.elements ?? [])
    }
  }

  private mutating func element(_ count: Int) -> Value { .integer(draws.below(count)) }

  private mutating func mapUpdate(depth: Int) -> ReplicatedUpdate {
    let key = Value.string(draws.element(of: ["a", "b"]))
    let kinds = ["pn-counter", "or-set", "mv-register"] + (depth < 3 ? ["or-map"] : [])
    let kind = draws.element(of: kinds)
    if draws.chance(0.25) { return ReplicatedUpdate("remove", [key, .string(kind)]) }
    let nested: ReplicatedUpdate
    switch kind {
    case "pn-counter": nested = ReplicatedUpdate("add", .integer(draws.below(5) - 2))
    case "or-set": nested = ReplicatedUpdate(draws.chance(0.6) ? "add" : "remove", element(2))
    case "mv-register": nested = ReplicatedUpdate("write", .integer(next))
    default: nested = mapUpdate(depth: depth + 1)
    }
    return ReplicatedUpdate("update", [key, .string(kind), .string(nested.f), nested.value])
  }

  private mutating func textUpdate(at node: Int, _ text: [Value]) -> ReplicatedUpdate {
    if draws.chance(0.2) {
      return ReplicatedUpdate("delete", .integer(draws.below(text.count + 1)))
    }
    var index = draws.below(text.count + 2)
    if let last = typed[node], draws.chance(0.7), let place = text.firstIndex(of: last) {
      index = draws.chance(0.5) ? place + 1 : place
    }
    typed[node] = .integer(next)
    return ReplicatedUpdate("insert", [.integer(index), .integer(next)])
  }
}

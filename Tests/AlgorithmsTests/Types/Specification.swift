import Algorithms
import Values

/// What a read must answer where some updates are visible: the definitions of the data types as
/// their workloads state them, written down as plainly as they can be, by no code of the types.
enum Specification {
  /// - Parameter visible: In an order in which each comes after all that it has seen.
  static func value(_ workload: String, _ visible: [ObservedUpdate]) -> Value {
    let updates = visible
    switch workload {
    case "crdt-g-counter", "crdt-pn-counter": return sum(updates)
    case "crdt-bounded-counter": return sum(updates.filter { $0.f == "add" })
    case "crdt-g-set": return sorted(updates.map(\.value))
    case "crdt-2p-set":
      let removed = Set(updates.filter { $0.f == "remove" }.map(\.value))
      return sorted(updates.map(\.value).filter { !removed.contains($0) })
    case "crdt-lww-set":
      return sorted(
        Set(updates.map(\.value)).filter { element in
          latest(updates.filter { $0.value == element })?.f == "add"
        })
    case "crdt-or-set": return orSet(updates)
    case "crdt-rw-set":
      return sorted(
        Set(updates.map(\.value)).filter { element in
          removeWins(updates.filter { $0.value == element }, add: "add")
        })
    case "crdt-lww-register": return latest(updates)?.value ?? .null
    case "crdt-mv-register": return mvRegister(updates)
    case "crdt-ew-flag":
      return .bool(
        updates.contains { enable in
          enable.f == "enable" && !updates.contains { $0.f == "disable" && $0.hasSeen(enable) }
        })
    case "crdt-dw-flag": return .bool(removeWins(updates, add: "enable"))
    case "crdt-or-map": return map(updates)
    case "crdt-cart": return cart(updates)
    case "crdt-tree": return tree(updates)
    case "crdt-text":
      let deleted = Set(updates.filter { $0.f == "delete" }.compactMap(\.result.value))
      let inserted = updates.filter { $0.f == "insert" }.compactMap { $0.value.elements?[1] }
      return sorted(inserted.filter { !deleted.contains($0) })
    default: preconditionFailure("no specification of \(workload)")
    }
  }

  /// Whether an update is refused at a node where some updates are visible.
  static func refuses(
    _ workload: String, _ update: ReplicatedUpdate, at node: Int, _ visible: [ObservedUpdate]
  ) -> Bool {
    switch (workload, update.f) {
    case ("crdt-g-counter", _): (update.value.integer ?? 0) < 0
    case ("crdt-2p-set", "remove"):
      !(value(workload, visible).elements ?? []).contains(update.value)
    case ("crdt-bounded-counter", "add"):
      (update.value.integer ?? 0) < 0 && -(update.value.integer ?? 0) > rights(of: node, visible)
    case ("crdt-bounded-counter", _):
      (update.value.elements?[1].integer ?? 0) > rights(of: node, visible)
    case ("crdt-text", "delete"):
      (update.value.integer ?? 0) >= (value(workload, visible).elements ?? []).count
    default: false
    }
  }

  private static func rights(of node: Int, _ visible: [ObservedUpdate]) -> Int {
    visible.reduce(0) { rights, update in
      if update.f == "add" {
        return rights + (update.node == node ? update.value.integer ?? 0 : 0)
      }
      let operands = (update.value.elements ?? []).compactMap(\.integer)
      return rights + (operands[0] == node ? operands[1] : 0)
        - (update.node == node ? operands[1] : 0)
    }
  }

  private static func sorted(_ elements: some Sequence<Value>) -> Value {
    .list(Set(elements).sorted())
  }

  private static func sum(_ updates: [ObservedUpdate]) -> Value {
    .integer(updates.reduce(0) { $0 + ($1.value.integer ?? 0) })
  }

  private static func latest(_ updates: [ObservedUpdate]) -> ObservedUpdate? {
    updates.max {
      ($0.result.stamp ?? Stamp(0, NodeID(0))) < ($1.result.stamp ?? Stamp(0, NodeID(0)))
    }
  }

  private static func orSet(_ updates: [ObservedUpdate]) -> Value {
    sorted(
      updates.filter { add in
        add.f == "add"
          && !updates.contains {
            $0.f == "remove" && $0.value == add.value && $0.hasSeen(add)
          }
      }.map(\.value))
  }

  private static func removeWins(_ updates: [ObservedUpdate], add: String) -> Bool {
    let adds = updates.filter { $0.f == add }
    let removes = updates.filter { $0.f != add }
    return !adds.isEmpty && removes.allSatisfy { remove in adds.contains { $0.hasSeen(remove) } }
  }

  private static func mvRegister(_ updates: [ObservedUpdate]) -> Value {
    sorted(
      updates.filter { write in !updates.contains { $0.hasSeen(write) } }.map(\.value))
  }

  private static func map(_ updates: [ObservedUpdate]) -> Value {
    let keys = Set(updates.map { Value.list(Array(($0.value.elements ?? []).prefix(2))) })
    var objects: [Value] = []
    for key in keys {
      let here = updates.filter { $0.value.elements.map { Array($0.prefix(2)) } == key.elements }
      let removes = here.filter { $0.f == "remove" }
      let nested = here.filter { update in
        update.f == "update" && !removes.contains { $0.hasSeen(update) }
      }.map { update in
        var nested = update
        let operands = update.value.elements ?? []
        nested.update = ReplicatedUpdate(operands[2].name ?? "", operands[3])
        return nested
      }
      guard !nested.isEmpty else { continue }
      let value: Value
      switch key.elements?[1].name {
      case "pn-counter": value = sum(nested)
      case "or-set": value = orSet(nested)
      case "mv-register": value = mvRegister(nested)
      default: value = map(nested)
      }
      if value != [] { objects.append(.list((key.elements ?? []) + [value])) }
    }
    return .list(objects.sorted())
  }

  private static func cart(_ updates: [ObservedUpdate]) -> Value {
    var sums: [Value: Int] = [:]
    for update in updates where update.f != "remove" {
      let operands = update.value.elements ?? []
      let isDead = updates.contains { other in
        other.hasSeen(update)
          && (other.f == "remove" && other.value == operands[0]
            || other.f == "change" && other.value.elements?[0] == operands[0])
      }
      if !isDead { sums[operands[0], default: 0] += operands[1].integer ?? 0 }
    }
    return .list(sums.map { [$0.key, .integer($0.value)] }.sorted())
  }

  private static func tree(_ updates: [ObservedUpdate]) -> Value {
    var parents: [Value: Value] = [:]
    let moves = updates.sorted {
      ($0.result.stamp ?? Stamp(0, NodeID(0))) < ($1.result.stamp ?? Stamp(0, NodeID(0)))
    }
    for move in moves {
      let operands = move.value.elements ?? []
      var above: [Value] = [operands[1]]
      while let next = above.last.flatMap({ parents[$0] }) { above.append(next) }
      if !above.contains(operands[0]) { parents[operands[0]] = operands[1] }
    }
    return .list(parents.map { [$0.key, $0.value] }.sorted())
  }
}

import Convergence
import Values

/// What reads of replicated data types must answer, straight from the definitions: sets of updates, and
/// which of them each had seen.
struct SpecificationTwin {
  struct Update {
    var replica: Int
    var number: Int
    var f: String
    var value: Value
    /// What was visible after it, by replica.
    var context: [Int]
    var stamp: Int
  }

  let type: DataType
  let updates: [Update]

  func saw(_ update: Update, _ other: Update) -> Bool {
    let isItself = update.replica == other.replica && update.number == other.number
    return !isItself && update.context[other.replica] >= other.number
  }

  /// - Parameter context: How many updates of each replica are visible.
  func value(_ context: [Int]) -> Value {
    let seen = updates.filter { $0.number <= context[$0.replica] }
    func isLater(_ update: Update, _ other: Update) -> Bool {
      (update.stamp, update.replica) > (other.stamp, other.replica)
    }
    func isSeen(_ update: Update, by kind: (Update) -> Bool) -> Bool {
      seen.contains { kind($0) && saw($0, update) }
    }
    let elements = Set(seen.map(\.value)).sorted()
    switch type {
    case .growOnlyCounter, .counter, .boundedCounter:
      return .integer(seen.reduce(0) { $0 + ($1.f == "add" ? $1.value.integer ?? 0 : 0) })
    case .growOnlySet: return .list(elements)
    case .twoPhaseSet:
      return .list(
        elements.filter { element in
          seen.contains { $0.value == element && $0.f == "add" }
            && !seen.contains { $0.value == element && $0.f == "remove" }
        })
    case .lastWriterSet:
      return .list(
        elements.filter { element in
          let all = seen.filter { $0.value == element }
          return all.first { update in !all.contains { isLater($0, update) } }?.f == "add"
        })
    case .addWinsSet:
      return .list(
        elements.filter { element in
          seen.contains { add in
            add.f == "add" && add.value == element
              && !isSeen(add) { $0.f == "remove" && $0.value == element }
          }
        })
    case .removeWinsSet:
      return .list(
        elements.filter { element in
          let adds = seen.filter { $0.f == "add" && $0.value == element }
          let removes = seen.filter { $0.f == "remove" && $0.value == element }
          return !adds.isEmpty
            && removes.allSatisfy { remove in adds.contains { saw($0, remove) } }
        })
    case .lastWriterRegister:
      return seen.first { update in !seen.contains { isLater($0, update) } }?.value ?? .null
    case .multiValueRegister:
      return .list(
        Set(seen.filter { write in !isSeen(write) { _ in true } }.map(\.value)).sorted())
    case .enableWinsFlag:
      return .bool(seen.contains { on in on.f == "enable" && !isSeen(on) { $0.f == "disable" } })
    case .disableWinsFlag:
      return .bool(
        seen.contains { $0.f == "enable" }
          && seen.allSatisfy { off in off.f == "enable" || isSeen(off) { $0.f == "enable" } })
    case .cart:
      func item(_ update: Update) -> Value { update.value.elements?.first ?? update.value }
      let left = seen.filter { update in
        update.f != "remove" && !isSeen(update) { $0.f != "add" && item($0) == item(update) }
      }
      return .list(
        Set(left.map(item)).sorted().map { name in
          let amounts = left.filter { item($0) == name }.map { $0.value.elements?[1].integer ?? 0 }
          return [name, .integer(amounts.reduce(0, +))]
        })
    case .tree:
      var parents: [Value: Value] = [:]
      for move in seen.sorted(by: { isLater($1, $0) }) {
        guard let parts = move.value.elements else { continue }
        var above: Value? = parts[1]
        while let node = above, node != parts[0] { above = parents[node] }
        if above == nil { parents[parts[0]] = parts[1] }
      }
      return .list(parents.map { [$0.key, $0.value] }.sorted())
    case .map: return map(seen, path: [])
    case .text:
      let deleted = seen.filter { $0.f == "delete" }.map(\.value)
      let inserted = seen.filter { $0.f == "insert" }.compactMap { $0.value.elements?[1] }
      return .list(inserted.filter { !deleted.contains($0) }.sorted())
    }
  }

  /// An update of a map as the keys on its way, each with its type, and what it does there.
  private struct Step {
    var update: Update
    var path: [Value]
    var f: String
    var value: Value
  }

  private func step(_ update: Update) -> Step {
    var step = Step(update: update, path: [], f: update.f, value: update.value)
    while let parts = step.value.elements, parts.count >= 2 {
      step.path.append([parts[0], parts[1]])
      guard parts.count == 4 else { break }
      step.f = parts[2].name ?? ""
      step.value = parts[3]
      guard parts[1] == "or-map" else { break }
    }
    return step
  }

  private func map(_ seen: [Update], path: [Value]) -> Value {
    let steps = seen.map(step)
    /// Whether some remove on the way to a contribution had seen it.
    func isRemoved(_ contribution: Step) -> Bool {
      steps.contains { remove in
        remove.f == "remove" && remove.value.elements?.count == 2
          && contribution.path.starts(with: remove.path) && saw(remove.update, contribution.update)
      }
    }
    let keys = Set(
      steps.filter { $0.path.count > path.count && $0.path.starts(with: path) }
        .map { $0.path[path.count] })
    var entries: [Value] = []
    for key in keys.sorted() {
      guard let parts = key.elements else { continue }
      let here = steps.filter { $0.path == path + [key] }
      var value: Value?
      switch parts[1] {
      case "or-map":
        let nested = map(seen, path: path + [key])
        if nested != [] { value = nested }
      case "pn-counter":
        let left = here.filter { $0.f == "add" && !isRemoved($0) }
        let sum = left.reduce(0) { $0 + ($1.value.integer ?? 0) }
        if !left.isEmpty { value = .integer(sum) }
      case "or-set":
        let left = here.filter { add in
          add.f == "add" && !isRemoved(add)
            && !here.contains { other in
              other.f == "remove" && other.value == add.value && other.value.elements == nil
                && saw(other.update, add.update)
            }
        }
        if !left.isEmpty { value = .list(Set(left.map(\.value)).sorted()) }
      default:
        let left = here.filter { write in
          write.f == "write" && !isRemoved(write)
            && !here.contains { $0.f == "write" && saw($0.update, write.update) }
        }
        if !left.isEmpty { value = .list(Set(left.map(\.value)).sorted()) }
      }
      if let value { entries.append([parts[0], parts[1], value]) }
    }
    return .list(entries.sorted())
  }
}

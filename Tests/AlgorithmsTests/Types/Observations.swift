import Algorithms
import Values

/// What was done and read in a random run, and which laws that broke.
struct Observations {
  let workload: String
  private(set) var updates: [ObservedUpdate] = []
  private(set) var broken: Set<String> = []
  /// What was read first where some updates were visible.
  private var reads: [Set<Int>: Value] = [:]
  private var texts: Set<Value> = []

  init(_ workload: String) { self.workload = workload }

  mutating func check(_ law: String, _ holds: Bool) {
    if !holds { broken.insert(law) }
  }

  private func visible(_ seen: Set<Int>) -> [ObservedUpdate] {
    seen.sorted().map { updates[$0] }
  }

  mutating func read(_ value: Value, seeing seen: Set<Int>) {
    check("converges", reads[seen, default: value] == value)
    reads[seen] = value
    if workload == "crdt-bounded-counter" { check("bound", (value.integer ?? -1) >= 0) }
    guard workload == "crdt-text" else {
      return check("explained", value == Specification.value(workload, visible(seen)))
    }
    let elements = value.elements ?? []
    check("explained", .list(elements.sorted()) == Specification.value(workload, visible(seen)))
    texts.insert(value)
  }

  mutating func refuse(_ update: ReplicatedUpdate, at node: Int, seeing seen: Set<Int>) {
    check("refusal", Specification.refuses(workload, update, at: node, visible(seen)))
  }

  /// Takes note of an update and of what its node reads after it.
  ///
  /// - Returns: The update's place.
  mutating func accept(
    _ update: ReplicatedUpdate, _ result: UpdateResult, at node: Int, seeing seen: Set<Int>,
    before: Value, after: Value
  ) -> Int {
    check("refusal", !Specification.refuses(workload, update, at: node, visible(seen)))
    for earlier in seen {
      if let stamp = result.stamp, let other = updates[earlier].result.stamp {
        check("stamps are causal", other < stamp)
      }
    }
    if workload == "crdt-text" { checkIntention(update, result, before, after) }
    let place = updates.count
    updates.append(
      ObservedUpdate(place: place, node: node, update: update, result: result, seen: seen))
    return place
  }

  /// An insert and a delete do at their node what they say.
  private mutating func checkIntention(
    _ update: ReplicatedUpdate, _ result: UpdateResult, _ before: Value, _ after: Value
  ) {
    var text = before.elements ?? []
    if update.f == "delete" {
      let index = update.value.integer ?? 0
      guard index < text.count else { return check("intention", false) }
      check("intention", result.value == text.remove(at: index))
    } else {
      let operands = update.value.elements ?? []
      let index = min(operands[0].integer ?? 0, text.count)
      let neighbours: Value = [
        index > 0 ? text[index - 1] : .null, operands[1], index < text.count ? text[index] : .null,
      ]
      check("intention", result.value == neighbours)
      text.insert(operands[1], at: index)
    }
    check("intention", after == .list(text))
  }

  mutating func finish() {
    guard workload == "crdt-text" else { return }
    check("one order", hasOneOrder())
    check("forward runs stay together", keepsTogether(runs(forward: true)))
    check("backward runs stay together", keepsTogether(runs(forward: false)))
  }

  /// Whether of concurrent runs one is before the other in all texts.
  private func keepsTogether(_ runs: [[Int]]) -> Bool {
    for text in texts {
      let places = Dictionary(
        (text.elements ?? []).enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 })
      for (number, run) in runs.enumerated() {
        for other in runs[..<number] where areConcurrent(run, other) {
          let left = run.compactMap { updates[$0].value.elements.flatMap { places[$0[1]] } }
          let right = other.compactMap { updates[$0].value.elements.flatMap { places[$0[1]] } }
          guard let a = left.min(), let b = left.max(), let c = right.min(), let d = right.max()
          else { continue }
          if b >= c && d >= a { return false }
        }
      }
    }
    return true
  }

  /// Whether the orders of all texts that were read make no circle.
  private func hasOneOrder() -> Bool {
    var after: [Value: Set<Value>] = [:]
    for text in texts.compactMap(\.elements) {
      for (left, right) in zip(text, text.dropFirst()) { after[left, default: []].insert(right) }
    }
    while !after.isEmpty {
      // What comes after nothing that is left.
      let first = Set(after.keys).subtracting(after.values.joined())
      if first.isEmpty { return false }
      for element in first { after[element] = nil }
    }
    return true
  }

  /// The longest runs of elements of which each was inserted by the same node right after the one
  /// before, or right before it, before anything else came there.
  ///
  /// What comes between two inserts that are typed backward may be the second one's left neighbour
  /// and part them: forward runs come first (Weidner and Kleppmann, 2023, section 2).
  private func runs(forward: Bool) -> [[Int]] {
    var runs: [[Int]] = []
    for update in updates where update.f == "insert" {
      let neighbour = update.result.value?.elements?[forward ? 0 : 2]
      let run = runs.firstIndex {
        guard let last = $0.last.map({ updates[$0] }) else { return false }
        return last.node == update.node && last.value.elements?[1] == neighbour
          && (forward || update.seen == last.seen.union([last.place]))
      }
      if let run { runs[run].append(update.place) } else { runs.append([update.place]) }
    }
    return runs
  }

  private func areConcurrent(_ run: [Int], _ other: [Int]) -> Bool {
    run.allSatisfy { updates[$0].seen.isDisjoint(with: other) }
      && other.allSatisfy { updates[$0].seen.isDisjoint(with: run) }
  }
}

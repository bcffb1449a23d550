public import Histories
internal import Values
public import Verdicts

/// Judges that keys whose values only grow are seen to grow: Elle's monotonic keys.
///
/// Operations: anything whose answer is a map of keys to integers, {k: v, …}, such as `read` or `inc`;
/// null is less than all. An operation that has a lower value of a key than another one precedes that.
/// Operations that precede each other in a circle are a `cycle`; with the order of each process's
/// operations they are a `cycle-process`: it read a value, and then a lower one.
public struct MonotonicChecker: ColumnChecker {
  public var name: String { "monotonic" }

  public init() {}

  private static let meanings = [
    ("cycle", "operations of which each has a lower value of some key than the next, in a circle"),
    (
      "cycle-process",
      "in a circle, operations that have a lower value of some key than the next or precede it in a "
        + "process"
    ),
  ]

  /// - Complexity: O(*n* log *n*) for *n* values.
  public func check(_ history: HistoryColumns) -> Finding {
    let values = KeyValues(history)
    if let problem = values.problem { return Finding(name, .unknown, reason: problem) }
    var report = CaseReport(MonotonicChecker.meanings)
    for (scope, knots) in LabelledGraph(values).knots(of: .ww, by: [.data, .process]) {
      let type = scope == .data ? "cycle" : "cycle-process"
      for knot in knots {
        report.add(type) {
          let witness = CycleSearch(knot) { _ in false }.find(.g0, scope)?.witness ?? []
          let circle = witness.map { knot.transactions[Int($0.from)] }.filter { $0 >= 0 }
          let steps = circle.indices.map { place in
            values.step(from: circle[place], to: circle[(place + 1) % circle.count])
          }
          return (circle.map { values.index($0) }, steps.joined(separator: "; "))
        }
      }
    }
    var finding = Finding(
      name, .valid,
      facts: ValueMap(facts: [
        "operation-count": .integer(values.count), "key-count": .integer(values.keyCount),
      ]))
    finding.add(report.anomalies)
    if values.count == 0 {
      finding.verdict = .unknown
      finding.reason = "no operation succeeded"
    }
    return finding
  }
}

/// What values of keys each operation has, and which precede which by that.
private struct KeyValues: Precedences {
  private struct Entry {
    var operation: Int32
    /// Nothing is less than all.
    var value: Int?

    static func precedes(_ left: Entry, _ right: Entry) -> Bool {
      guard let other = right.value else { return false }
      return left.value.map { $0 < other } ?? true
    }
  }

  private(set) var isInstalled: [Bool] = []
  private(set) var sessions: [Int32] = []
  private(set) var begins: [Int32] = []
  private(set) var ends: [Int32] = []
  private(set) var sessionCount = 0
  private(set) var hubCount = 0
  var isTimed: Bool { false }
  var lineCount: Int { history.count }
  private(set) var problem: String?

  private let history: HistoryColumns
  private var numbers: [Value: Int] = [:]
  private var keys: [Value] = []
  /// For each key what operations have of it, by value.
  private var entries: [[Entry]] = []

  init(_ history: HistoryColumns) {
    self.history = history
    var processes = DenseNumbers(bound: 4 * history.count + 1_024)
    for position in history.types.indices
    where history.types[position] == .ok && history.processes[position] >= 0 {
      let value = history.table.value(of: history.values[position])
      guard let map = value.map,
        map.entries.allSatisfy({ $0.value == .null || $0.value.integer != nil })
      else {
        problem =
          "op \(history.index(at: position)): an answer should be {key: integer, …}, not "
          + value.text()
        return
      }
      let operation = Int32(truncatingIfNeeded: ends.count)
      for entry in map.entries {
        entries[key(entry.key)].append(Entry(operation: operation, value: entry.value.integer))
      }
      isInstalled.append(true)
      sessions.append(processes.number(of: history.processes[position]))
      begins.append(max(0, history.partners[position]))
      ends.append(Int32(truncatingIfNeeded: position))
    }
    sessionCount = processes.count
    for key in entries.indices { entries[key].sort(by: Entry.precedes) }
    forEachStep { earlier, later in if needsHub(earlier, later) { hubCount += 1 } }
  }

  private mutating func key(_ value: Value) -> Int {
    if let number = numbers[value] { return number }
    numbers[value] = keys.count
    keys.append(value)
    entries.append([])
    return keys.count - 1
  }

  var count: Int { ends.count }
  var keyCount: Int { keys.count }

  func index(_ operation: Int32) -> Int { history.index(at: Int(ends[Int(operation)])) }

  /// Visits the entries of each value of each key with those of the next one.
  private func forEachStep(_ visit: (ArraySlice<Entry>, ArraySlice<Entry>) -> Void) {
    for entries in entries {
      var last = entries[0..<0]
      var start = 0
      for place in 1...max(1, entries.count)
      where place == entries.count
        || place < entries.count && Entry.precedes(entries[start], entries[place])
      {
        let next = entries[start..<place]
        if !last.isEmpty { visit(last, next) }
        last = next
        start = place
      }
    }
  }

  private func needsHub(_ earlier: ArraySlice<Entry>, _ later: ArraySlice<Entry>) -> Bool {
    min(earlier.count, later.count) > 1
  }

  func visit(_ emit: (Int32, Int32, Dependency) -> Void) {
    var hub = Int32(truncatingIfNeeded: count)
    forEachStep { earlier, later in
      guard needsHub(earlier, later) else {
        for entry in earlier {
          for next in later where next.operation != entry.operation {
            emit(entry.operation, next.operation, .ww)
          }
        }
        return
      }
      for entry in earlier { emit(entry.operation, hub, .ww) }
      for entry in later { emit(hub, entry.operation, []) }
      hub += 1
    }
  }

  func step(from operation: Int32, to next: Int32) -> String {
    let (here, there) = (map(operation), map(next))
    for entry in here.entries {
      guard let other = there[entry.key] else { continue }
      let (left, right) = (
        Entry(operation: 0, value: entry.value.integer), Entry(operation: 0, value: other.integer)
      )
      guard Entry.precedes(left, right) else { continue }
      return
        "op \(index(operation)) has \(entry.key.text()) = \(entry.value.text()), op \(index(next)) "
        + "has \(other.text())"
    }
    return "op \(index(next)) of the same process came after op \(index(operation))"
  }

  private func map(_ operation: Int32) -> ValueMap {
    let line = Int(ends[Int(operation)])
    return history.table.value(of: history.values[line]).map ?? ValueMap()
  }
}

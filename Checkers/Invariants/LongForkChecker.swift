public import Histories
internal import Values
public import Verdicts

/// Judges that all see independent writes in one order: Jepsen's long fork.
///
/// Operations, as transactions: one write, [["w", k, v]], each k once; a read of a group of keys,
/// [["r", k, null], …] → filled; their `f` is `write`, `read` or `txn`. Two reads of a group of which
/// one has a write that the other lacks, and the other way round, are a `long-fork`, which snapshot
/// isolation forbids and parallel snapshot isolation does not.
///
/// Where a key is written twice nothing is known: the verdict is unknown.
public struct LongForkChecker: ColumnChecker {
  public var name: String { "long-fork" }

  private let groupSize: Int?

  /// - Parameter groupSize: How many keys a group has, where that is known.
  public init(groupSize: Int? = nil) { self.groupSize = groupSize }

  private static let meaning =
    "groups of keys of which two reads saw the writes in different orders"

  /// - Complexity: O(*n* + total length of the reads), but for sorting the keys of each.
  public func check(_ history: HistoryColumns) -> Finding {
    let groups = KeyGroups(history, groupSize: groupSize)
    if let problem = groups.problem { return Finding(name, .unknown, reason: problem) }
    var report = CaseReport([(name, LongForkChecker.meaning)])
    for fork in groups.forks {
      let (first, second) = (history.index(at: fork.first), history.index(at: fork.second))
      report.add(
        name, [first, second],
        "op \(first) has key \(fork.firstKey.text()) and lacks \(fork.secondKey.text()), op \(second) "
          + "has key \(fork.secondKey.text()) and lacks \(fork.firstKey.text())")
    }
    var finding = Finding(
      name, .valid,
      facts: ValueMap(facts: [
        "reads-count": .integer(groups.readCount),
        "early-read-count": .integer(groups.earlyCount),
        "late-read-count": .integer(groups.lateCount),
      ]))
    finding.add(report.anomalies)
    if groups.readCount == 0 {
      finding.verdict = .unknown
      finding.reason = "no read succeeded"
    }
    return finding
  }
}

/// The reads of a history by their groups of keys: integers in flat arrays.
private struct KeyGroups {
  /// Two reads, as lines, and a key that only the first has, and one that only the second has.
  struct Fork {
    var first: Int
    var second: Int
    var firstKey: Value
    var secondKey: Value
  }

  private struct Read {
    var position: Int
    /// How many of the keys have a value.
    var count: Int
    /// Where it begins in ``presence``: a place for each key of the group.
    var start: Int
  }

  private(set) var readCount = 0
  /// Reads that have nothing, and those that have everything.
  private(set) var earlyCount = 0
  private(set) var lateCount = 0
  private(set) var problem: String?

  private let history: HistoryColumns
  private let groupSize: Int?
  private var keys: CodeNumbers
  /// The one value that each key has, where it is known; and where it is written.
  private var values: [ValueCode] = []
  private var writes: [Int32] = []
  /// The reads of each group, by the numbers of its keys in ascending order.
  private var groups: [[Int32]: Int] = [:]
  private var members: [[Int32]] = []
  private var reads: [[Read]] = []
  private var presence: [Bool] = []

  init(_ history: HistoryColumns, groupSize: Int?) {
    self.history = history
    self.groupSize = groupSize
    keys = CodeNumbers(bound: history.count)
    history.table.withLists { lists in
      for position in history.types.indices where history.processes[position] >= 0 {
        let f = history.f(at: position)
        let type = history.types[position]
        guard ["read", "write", "txn"].contains(f) else {
          problem = "op \(history.index(at: position)): long-fork has no operation \(f)"
          return
        }
        if type == .invoke || type == .ok { read(position, type, lists) }
        if problem != nil { return }
      }
    }
  }

  private mutating func refuse(_ position: Int, _ why: String) {
    problem = "op \(history.index(at: position)): \(why)"
  }

  private mutating func key(_ code: ValueCode) -> Int {
    let key = Int(keys.number(of: code))
    if key == values.count {
      values.append(.null)
      writes.append(-1)
    }
    return key
  }

  private mutating func read(
    _ position: Int, _ type: Operation.Kind, _ lists: ValueTable.Lists
  ) {
    let steps = lists[history.values[position]].map { list in list.map { lists[$0] } } ?? []
    let isRead = !steps.isEmpty && steps.allSatisfy { name(of: $0) == "r" }
    let isWrite = steps.count == 1 && name(of: steps[0]) == "w"
    guard isRead || isWrite else {
      return refuse(position, "long-fork has transactions of one write, or of reads only")
    }
    if isWrite, type == .invoke, let step = steps[0] {
      let key = key(step[1])
      guard writes[key] < 0 else {
        let first = history.index(at: Int(writes[key]))
        return refuse(
          position,
          "key \(text(key)) was written at op \(first) already; each is to be written once")
      }
      writes[key] = Int32(truncatingIfNeeded: position)
      note(step[2], of: key, at: position)
    } else if isRead, type == .ok {
      addRead(position, steps.compactMap { $0 }.map { (key: key($0[1]), value: $0[2]) })
    }
  }

  private func name(of step: UnsafeBufferPointer<ValueCode>?) -> String? {
    guard let step, step.count == 3 else { return nil }
    return history.table.value(of: step[0]).name.map { $0 == "read" ? "r" : $0 }
  }

  private func text(_ key: Int) -> String { history.table.value(of: keys.codes[key]).text() }

  /// Notes a value of a key; there is one only.
  private mutating func note(_ value: ValueCode, of key: Int, at position: Int) {
    guard value != .null, values[key] != value else { return }
    guard values[key] == .null else {
      return refuse(
        position,
        "key \(text(key)) has the values \(history.table.value(of: values[key]).text()) and "
          + "\(history.table.value(of: value).text()); each is to be written once")
    }
    values[key] = value
  }

  private mutating func addRead(_ position: Int, _ steps: [(key: Int, value: ValueCode)]) {
    let sorted = steps.sorted { $0.key < $1.key }
    for (step, next) in zip(sorted, sorted.dropFirst()) where step.key == next.key {
      return refuse(position, "key \(text(step.key)) is read twice in one transaction")
    }
    if let groupSize, sorted.count != groupSize {
      return refuse(position, "\(sorted.count) keys are read, and not a group of \(groupSize)")
    }
    for step in sorted { note(step.value, of: step.key, at: position) }
    let group = sorted.map { Int32(truncatingIfNeeded: $0.key) }
    let number = groups[group] ?? members.count
    if number == members.count {
      groups[group] = number
      members.append(group)
      reads.append([])
    }
    let count = sorted.count { $0.value != .null }
    reads[number].append(Read(position: position, count: count, start: presence.count))
    presence += sorted.map { $0.value != .null }
    readCount += 1
    if count == 0 { earlyCount += 1 }
    if count == sorted.count { lateCount += 1 }
  }

  /// The groups of which two reads can't be put in an order, with two such reads each.
  ///
  /// Put in the order of how many writes they have, all can be put in an order when those that follow
  /// each other can.
  var forks: [Fork] {
    members.indices.compactMap { group in
      let size = members[group].count
      var byCount: [[Read]] = Array(repeating: [], count: size + 1)
      for read in reads[group] { byCount[read.count].append(read) }
      var last: Read?
      for read in byCount.joined() {
        defer { last = read }
        guard let last else { continue }
        guard
          let lost = (0..<size).first(where: {
            presence[last.start + $0] && !presence[read.start + $0]
          }),
          let new = (0..<size).first(where: {
            presence[read.start + $0] && !presence[last.start + $0]
          })
        else { continue }
        func key(_ place: Int) -> Value {
          history.table.value(of: keys.codes[Int(members[group][place])])
        }
        return Fork(
          first: last.position, second: read.position, firstKey: key(lost), secondKey: key(new))
      }
      return nil
    }
  }
}

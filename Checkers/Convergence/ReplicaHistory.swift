internal import Histories
internal import Values
internal import Verdicts

/// The updates and reads of a replicated object, with what each had seen: integers in flat arrays.
///
/// An update's context is a version vector: how many of the updates of each replica are visible right
/// after it. Updates have names, [replica, number], so a context is a set of updates.
struct ReplicaHistory {
  /// A read that was answered.
  struct Read {
    /// Lines of the history.
    var invocation: Int32
    var completion: Int32
    /// Which replica answered; -1 where that is not said.
    var replica: Int32
    /// The place of its context among ``contexts``; -1 where it has none.
    var row: Int32
    /// What was answered; where the order of its parts means nothing, in one order.
    var answer: ValueCode
    var isFinal: Bool
  }

  let history: HistoryColumns
  let type: DataType
  /// The history's values, and what replicas told beside.
  var table: ValueTable

  /// What replicas are called, by their numbers.
  private(set) var replicaNames: [Value] = []
  private var replicaNumbers: [Value: Int32] = [:]
  /// By the replicas' numbers whether some context counts its updates.
  private var isCounted: [Bool] = []
  /// What all updates add up to, whatever their signs.
  private var magnitude: UInt = 0
  /// Whether each replica is called by its number.
  private var replicasAreNumbered = true
  /// How many counts a context has.
  private(set) var width = 0
  /// All contexts, one after the other.
  private(set) var contexts: [Int32] = []

  // Of each update that has a name.
  /// The number of its `f` among the type's updates.
  private(set) var functions: [UInt8] = []
  private(set) var operands: [ValueCode] = []
  /// What it came to, where its replica said so; else the operand.
  private(set) var results: [ValueCode] = []
  private(set) var origins: [Int32] = []
  /// Its number among its replica's, from 1.
  private(set) var numbers: [Int32] = []
  private(set) var rows: [Int32] = []
  /// The line of its completion, or of the read that told of it.
  private(set) var lines: [Int32] = []
  private(set) var isAcknowledged: [Bool] = []
  /// Its place in an order of the type's own; nothing where it has none.
  private(set) var stamps: [Stamp?] = []
  /// For each replica its updates by their numbers, from 1; -1 where one is not known.
  private(set) var named: [[Int32]] = []

  private(set) var reads: [Read] = []
  /// Updates that were asked for and did not certainly fail: functions and operands.
  private(set) var attempts: [Attempt: Int] = [:]
  private(set) var attemptCount = 0
  private(set) var acknowledgedCount = 0
  /// Acknowledged updates without a name, by the lines of their completions.
  private(set) var unnamed: [Int32] = []
  /// Two updates with one name.
  private(set) var reused: [(first: Int32, second: Int32)] = []
  /// Updates that replicas told of and nobody had asked for.
  private(set) var invented: [Int32] = []
  /// What each replica last told of its size and of what it sent.
  private(set) var bytes: [Int32: Bytes] = [:]

  struct Bytes {
    /// Of the whole state, and of the value alone.
    var state: Int
    var value: Int
    /// Of messages since the replica was started.
    var sent: Int
  }

  /// Why the final reads prove nothing yet, where they don't.
  private(set) var unrest: String?
  /// What can't be read of the history.
  private(set) var problem: String?

  struct Stamp: Hashable, Comparable {
    var time: Int
    var node: Value

    var text: String { "[\(time), \(node.text())]" }

    static func < (left: Stamp, right: Stamp) -> Bool {
      (left.time, left.node) < (right.time, right.node)
    }
  }

  struct Attempt: Hashable {
    var function: UInt8
    var operand: ValueCode
  }

  var updateCount: Int { functions.count }

  /// How many updates of a replica a context has.
  @inline(__always)
  func count(of replica: Int32, in row: Int32) -> Int32 {
    contexts[Int(row) * width + Int(replica)]
  }

  /// Whether an update had seen another one before it was made.
  @inline(__always)
  func saw(_ update: Int, _ other: Int) -> Bool {
    other != update && count(of: origins[other], in: rows[update]) >= numbers[other]
  }

  /// Whether all of one context is in another.
  func isSubset(_ row: Int32, of other: Int32) -> Bool {
    (0..<width).allSatisfy { contexts[Int(row) * width + $0] <= contexts[Int(other) * width + $0] }
  }

  func areEqual(_ row: Int32, _ other: Int32) -> Bool {
    row == other
      || (0..<width).allSatisfy {
        contexts[Int(row) * width + $0] == contexts[Int(other) * width + $0]
      }
  }

  /// How many updates a context has.
  func total(_ row: Int32) -> Int {
    contexts[Int(row) * width..<(Int(row) + 1) * width].reduce(0) { $0 + Int($1) }
  }

  /// - Complexity: O(*n* *r*) for *n* lines and *r* replicas, and the length of what replicas told.
  init(_ history: HistoryColumns, of type: DataType) {
    self.history = history
    self.type = type
    table = history.table
    var remarkPlaces = [Int32](repeating: -1, count: history.count)
    for (place, remark) in history.remarks.enumerated() {
      remarkPlaces[Int(remark.position)] = Int32(truncatingIfNeeded: place)
    }
    // By the history's names: the update's number, -1 for a read, -2 for what is neither.
    let functions = history.names.map { name in
      name == "read" ? -1 : type.updates.firstIndex { $0.f == name } ?? -2
    }
    var contexts = Contexts()
    for position in history.types.indices
    where history.types[position] == .invoke && history.processes[position] >= 0 {
      let function = functions[Int(history.functions[position])]
      let partner = Int(history.partners[position])
      let outcome = partner < 0 ? .info : history.types[partner]
      guard function != -2 else {
        problem =
          "op \(history.index(at: position)): \(type.name) has no operation "
          + history.f(at: position)
        return
      }
      let remark = partner < 0 ? -1 : remarkPlaces[partner]
      let extra = remark < 0 ? ValueMap() : history.remarks[Int(remark)].extra
      if function == -1 {
        if outcome == .ok { read(position, partner, extra, &contexts) }
      } else if outcome != .fail {
        update(UInt8(function), position, partner, outcome, extra, &contexts)
      }
      if problem != nil { return }
    }
    takeOwn(remarkPlaces, &contexts)
    (self.contexts, width) = contexts.rows(of: replicaNames.count)
    takeFinalReads()
    if type == .text { takeElements() }
    for update in 0..<updateCount where problem == nil && !isCounted[Int(origins[update])] {
      problem =
        "op \(history.index(at: Int(lines[update]))): replica "
        + "\(replicaNames[Int(origins[update])].text()) made an update, and no context, not even the "
        + "update's own, counts a replica of this name"
    }
  }
}

// MARK: - Reading

extension ReplicaHistory {
  /// Contexts as they are met, each as long as it was told.
  private struct Contexts {
    private var counts: [Int32] = []
    private var starts: [Int] = [0]

    mutating func append(_ row: [Int32]) -> Int32 {
      counts += row
      starts.append(counts.count)
      return Int32(truncatingIfNeeded: starts.count - 2)
    }

    /// All contexts with a count for each replica.
    func rows(of width: Int) -> (rows: [Int32], width: Int) {
      var rows = [Int32](repeating: 0, count: (starts.count - 1) * width)
      for row in 0..<(starts.count - 1) {
        for place in starts[row]..<starts[row + 1] {
          rows[row * width + place - starts[row]] = counts[place]
        }
      }
      return (rows, width)
    }
  }

  /// A replica's name: keys of JSON's maps are texts, and EDN has keywords.
  private static func name(_ name: Value) -> Value {
    guard let text = name.name else { return name }
    guard let number = Int(text), String(number) == text else { return .string(text) }
    return .integer(number)
  }

  private mutating func number(ofReplica name: Value) -> Int32 {
    let name = ReplicaHistory.name(name)
    if replicasAreNumbered, let number = name.integer, replicaNames.indices.contains(number) {
      return Int32(truncatingIfNeeded: number)
    }
    if let known = replicaNumbers[name] { return known }
    let number = Int32(truncatingIfNeeded: replicaNames.count)
    replicasAreNumbered = replicasAreNumbered && name == .integer(replicaNames.count)
    replicaNumbers[name] = number
    replicaNames.append(name)
    named.append([])
    isCounted.append(false)
    return number
  }

  /// A version vector: counts by the replicas' numbers, `[[replica, count], …]`, or a map.
  ///
  /// - Returns: Nothing where there is none.
  private mutating func row(_ value: Value?, line: Int, _ contexts: inout Contexts) -> Int32? {
    if case .list(let elements)? = value, let row = denseRow(elements) {
      return contexts.append(row)
    }
    var pairs: [(Value, Value)] = []
    switch value {
    case nil, .null?: return nil
    case .map(let map)?: pairs = map.entries.map { ($0.key, $0.value) }
    case let list?:
      let elements = list.elements ?? [list]
      for (place, element) in elements.enumerated() {
        if let pair = element.elements, pair.count == 2 {
          pairs.append((pair[0], pair[1]))
        } else {
          pairs.append((.integer(place), element))
        }
      }
    }
    var counts: [Int32] = []
    for (name, count) in pairs {
      guard let count = count.integer, let count = Int32(exactly: count), count >= 0 else {
        problem =
          "op \(history.index(at: line)): a context is how many updates of each replica were seen, "
          + "as [[replica, count], …], not \((value ?? .null).text())"
        return nil
      }
      if count == 0, replicaNumbers[ReplicaHistory.name(name)] == nil { continue }
      let place = Int(number(ofReplica: name))
      isCounted[place] = true
      while counts.count <= place { counts.append(0) }
      counts[place] = max(counts[place], count)
    }
    return contexts.append(counts)
  }

  /// A context of counts alone, of replicas that are called 0, 1, 2 and so on, as long as these have
  /// their own numbers here.
  private mutating func denseRow(_ elements: [Value]) -> [Int32]? {
    guard replicasAreNumbered else { return nil }
    var row: [Int32] = []
    row.reserveCapacity(elements.count)
    for element in elements {
      guard case .integer(let count) = element, let count = Int32(exactly: count), count >= 0 else {
        return nil
      }
      row.append(count)
    }
    while replicaNames.count < row.count { _ = number(ofReplica: .integer(replicaNames.count)) }
    for place in row.indices { isCounted[place] = true }
    return row
  }

  private mutating func read(
    _ position: Int, _ partner: Int, _ extra: ValueMap, _ contexts: inout Contexts
  ) {
    let row = row(extra[fact: "context"], line: partner, &contexts)
    let replica = extra[fact: "replica"] ?? extra[fact: "node"]
    if let replica, let told = extra[fact: "bytes"], let state = told["state"]?.integer {
      bytes[number(ofReplica: replica)] = Bytes(
        state: state, value: told["value"]?.integer ?? 0, sent: told["sent"]?.integer ?? 0)
    }
    reads.append(
      Read(
        invocation: Int32(truncatingIfNeeded: position),
        completion: Int32(truncatingIfNeeded: partner),
        replica: row == nil ? -1 : replica.map { number(ofReplica: $0) } ?? -1, row: row ?? -1,
        answer: table.ordered(history.values[partner], of: type), isFinal: false))
  }

  private mutating func update(
    _ function: UInt8, _ position: Int, _ partner: Int, _ outcome: Operation.Kind,
    _ extra: ValueMap, _ contexts: inout Contexts
  ) {
    check(function, history.values[position], line: position)
    guard problem == nil else { return }
    attempts[Attempt(function: function, operand: history.values[position]), default: 0] += 1
    attemptCount += 1
    guard outcome == .ok else { return }
    acknowledgedCount += 1
    guard let name = extra[fact: "update"]?.elements, name.count == 2,
      let number = name[1].integer, let number = Int32(exactly: number), number > 0,
      let row = row(extra[fact: "context"], line: partner, &contexts)
    else {
      unnamed.append(Int32(truncatingIfNeeded: partner))
      return
    }
    add(
      function, history.values[position], history.values[partner],
      self.number(ofReplica: name[0]), number, row, line: partner, isAcknowledged: true,
      stamp: extra[fact: "stamp"])
  }

  /// That an update is one of the type, and that no sum can be beyond 64 bits.
  private mutating func check(_ function: UInt8, _ operand: ValueCode, line: Int) {
    let operands = Operands(type: type, table: table)
    let update = type.updates[Int(function)]
    guard operands.isProper(function, operand) else {
      problem =
        "op \(history.index(at: line)): \(type.name) has \(update.f) \(update.value), not "
        + "\(update.f) \(table.value(of: operand).text())"
      return
    }
    guard let amount = operands.amount(function, operand) else { return }
    let (sum, overflows) = magnitude.addingReportingOverflow(amount.magnitude)
    magnitude = sum
    guard !overflows, sum <= UInt(Int.max) else {
      problem = "op \(history.index(at: line)): what was added may be beyond 64 bits"
      return
    }
  }

  private mutating func add(
    _ function: UInt8, _ operand: ValueCode, _ result: ValueCode, _ origin: Int32, _ number: Int32,
    _ row: Int32, line: Int, isAcknowledged: Bool, stamp: Value?
  ) {
    let update = Int32(truncatingIfNeeded: functions.count)
    // Numbers far beyond what was asked for name nothing: no memory is spent on them.
    guard number <= history.count else {
      problem =
        "op \(history.index(at: line)): update \(number) of replica "
        + "\(replicaNames[Int(origin)].text()) in a history of \(history.count) lines"
      return
    }
    while named[Int(origin)].count < Int(number) { named[Int(origin)].append(-1) }
    let known = named[Int(origin)][Int(number) - 1]
    if known >= 0 {
      reused.append((known, update))
    } else {
      named[Int(origin)][Int(number) - 1] = update
    }
    functions.append(function)
    operands.append(operand)
    results.append(result)
    origins.append(origin)
    numbers.append(number)
    rows.append(row)
    lines.append(Int32(truncatingIfNeeded: line))
    self.isAcknowledged.append(isAcknowledged)
    let parts = stamp?.elements
    if let parts, parts.count == 2, let time = parts[0].integer {
      stamps.append(Stamp(time: time, node: parts[1]))
    } else {
      stamps.append(nil)
    }
  }

  /// What replicas told of their own updates, of which the answers may have been lost.
  private mutating func takeOwn(_ remarkPlaces: [Int32], _ contexts: inout Contexts) {
    var open = attempts
    for update in 0..<updateCount {
      open[Attempt(function: functions[update], operand: operands[update]), default: 0] -= 1
    }
    var isTold: Set<Int32> = []
    for read in reads.reversed() where problem == nil {
      let remark = remarkPlaces[Int(read.completion)]
      guard remark >= 0, read.replica >= 0, !isTold.contains(read.replica),
        case let extra = history.remarks[Int(remark)].extra, let told = extra[fact: "own"]?.elements
      else { continue }
      // The name of a node need not be what its updates are named by.
      let replica = Int(read.replica)
      guard extra[fact: "replica"] != nil || isCounted[replica] || !named[replica].isEmpty else {
        continue
      }
      isTold.insert(read.replica)
      for (place, entry) in told.enumerated() {
        take(entry, place + 1, of: read, &open, &contexts)
      }
    }
  }

  private mutating func take(
    _ entry: Value, _ number: Int, of read: Read, _ open: inout [Attempt: Int],
    _ contexts: inout Contexts
  ) {
    let line = Int(read.completion)
    guard let parts = entry.elements, parts.count >= 3, let f = parts[0].name,
      let function = type.updates.firstIndex(where: { $0.f == f })
    else {
      problem =
        "op \(history.index(at: line)): an own update is [f, value, context, result, stamp], not "
        + entry.text()
      return
    }
    let attempt = Attempt(function: UInt8(function), operand: table.code(of: parts[1]))
    check(attempt.function, attempt.operand, line: line)
    guard problem == nil else { return }
    let known = number <= named[Int(read.replica)].count ? named[Int(read.replica)][number - 1] : -1
    if known >= 0 {
      let isSame =
        functions[Int(known)] == attempt.function && operands[Int(known)] == attempt.operand
      if !isSame { reused.append((known, known)) }
      return
    }
    guard let row = row(parts[2], line: line, &contexts) else { return }
    let result = parts.count > 3 ? table.code(of: parts[3]) : .null
    let stamp: Value? = parts.count > 4 ? parts[4] : nil
    let update = Int32(truncatingIfNeeded: updateCount)
    add(
      attempt.function, attempt.operand, result, read.replica, Int32(number), row, line: line,
      isAcknowledged: false, stamp: stamp)
    guard problem == nil else { return }
    open[attempt, default: 0] -= 1
    if open[attempt, default: 0] < 0 { invented.append(update) }
  }

  /// Which reads are judged as final, and whether replicas had come to rest.
  private mutating func takeFinalReads() {
    var places: [Int32: Int] = [:]
    for (place, read) in reads.enumerated() { places[read.completion] = place }
    let finalReads = FinalReads(history) { position -> FinalState? in
      guard let place = places[Int32(truncatingIfNeeded: position)] else { return nil }
      let start = max(0, Int(reads[place].row)) * width
      let context = reads[place].row < 0 ? [] : Array(contexts[start..<start + width])
      return FinalState(answer: reads[place].answer, context: context)
    }
    unrest = finalReads.unrest
    for place in reads.indices {
      reads[place].isFinal = finalReads.judges(
        Int(reads[place].invocation), Int(reads[place].completion))
    }
  }

  /// What a replica came to: its answer, and what it had seen.
  private struct FinalState: Equatable {
    var answer: ValueCode
    var context: [Int32]
  }

  /// Finds the elements that a text's updates are about.
  ///
  /// An insert's is in what was asked for, and a delete's in what it came to, where that can be told from
  /// its index; else the delete is one of which nothing is known.
  private mutating func takeElements() {
    var inserted: Set<ValueCode> = []
    for (attempt, count) in attempts where attempt.function == 0 {
      guard let (_, element) = table.pair(of: attempt.operand) else { continue }
      guard count == 1, inserted.insert(element).inserted else {
        problem =
          "the element \(table.value(of: element).text()) was inserted more than once; a text is judged "
          + "where its elements are all different"
        return
      }
    }
    let deletes = (0..<updateCount).filter { functions[$0] == 1 }
    let areTold = deletes.contains {
      results[$0] != operands[$0] && inserted.contains(results[$0])
    }
    for update in 0..<updateCount {
      let place = (origin: Int(origins[update]), number: Int(numbers[update]) - 1)
      if functions[update] == 0 {
        if results[update] == .null { results[update] = operands[update] }
      } else if !inserted.contains(results[update]) || !areTold,
        named[place.origin][place.number] == Int32(truncatingIfNeeded: update)
      {
        named[place.origin][place.number] = -1
      }
    }
  }
}

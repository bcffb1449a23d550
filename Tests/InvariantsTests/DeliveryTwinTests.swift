import Glibc
import Histories
import Invariants
import Testing
import Values
import Verdicts

/// What deliveries violate, message by message and pair by pair, from the definitions.
private struct DefinedDelivery {
  struct Sent {
    var message: Value
    var node: Value
    var number: Int
    var delivered: Int
  }

  private let calls: [Call]
  private let reads: [Call]
  private let nodes: [Value]
  private let sent: [Sent]

  init(_ history: History) {
    calls = history.calls
    reads = calls.filter { $0.f == "read" && $0.outcome == .ok }
    sent = calls.filter { $0.f == "broadcast" && $0.outcome == .ok }.map { call in
      let extra = call.completion?.extra ?? ValueMap()
      let dot = extra[fact: "message"]?.elements ?? []
      return Sent(
        message: call.invocation.value, node: dot[0], number: dot[1].integer ?? 0,
        delivered: extra[fact: "delivered"]?.integer ?? 0)
    }
    nodes = Set(reads.map { $0.completion?.extra[fact: "at"] ?? .null }).sorted()
  }

  private func node(_ read: Call) -> Value { read.completion?.extra[fact: "at"] ?? .null }
  private func from(_ read: Call) -> Int { read.completion?.extra[fact: "from"]?.integer ?? 0 }
  private func messages(_ read: Call) -> [Value] { read.value.elements ?? [] }
  private func reads(of node: Value) -> [Call] { reads.filter { self.node($0) == node } }

  private func isRewritten(_ node: Value) -> Bool {
    let reads = reads(of: node)
    return reads.contains { a in
      reads.contains { b in
        let differs = messages(a).indices.contains { offset in
          let place = from(a) + offset - from(b)
          return messages(b).indices.contains(place) && messages(b)[place] != messages(a)[offset]
        }
        let isShorter =
          !messages(a).isEmpty && (a.end ?? 0) < b.position
          && from(b) + messages(b).count < from(a) + messages(a).count
        return differs || isShorter
      }
    }
  }

  /// A node's deliveries by place, as far as they are known.
  private func log(_ node: Value) -> [Int: Value] {
    var log: [Int: Value] = [:]
    for read in reads(of: node) {
      for (offset, message) in messages(read).enumerated() { log[from(read) + offset] = message }
    }
    return log
  }

  private func prefix(_ log: [Int: Value]) -> [Value] {
    var prefix: [Value] = []
    while let next = log[prefix.count] { prefix.append(next) }
    return prefix
  }

  private var steadyNodes: [Value] { nodes.filter { !isRewritten($0) } }

  private var hasPhantom: Bool {
    reads.contains { read in
      messages(read).contains { message in
        !calls.contains {
          $0.f == "broadcast" && $0.invocation.value == message && $0.outcome != .fail
            && $0.position < read.end ?? 0
        }
      }
    }
  }

  private var hasDuplicate: Bool {
    nodes.contains { node in
      guard isRewritten(node) else {
        let messages = Array(log(node).values)
        return Set(messages).count < messages.count
      }
      return reads(of: node).contains { Set(messages($0)).count < messages($0).count }
    }
  }

  /// Whether a log has a message though it has not yet, or will never have, one that must be before.
  private func lacks(_ first: Value, before second: Value, in log: [Int: Value]) -> Bool {
    guard let place = log.filter({ $0.value == second }).keys.min() else { return false }
    if let other = log.filter({ $0.value == first }).keys.min() { return other > place }
    return (0..<place).allSatisfy { log[$0] != nil }
  }

  private var breaksFIFO: Bool {
    steadyNodes.map(log).contains { log in
      sent.contains { first in
        sent.contains { second in
          first.node == second.node && first.number < second.number
            && lacks(first.message, before: second.message, in: log)
        }
      }
    }
  }

  private var breaksCausality: Bool {
    sent.contains { second in
      guard steadyNodes.contains(second.node) else { return false }
      let seen = prefix(log(second.node)).prefix(second.delivered)
      return steadyNodes.filter { $0 != second.node }.map(log).contains { log in
        seen.contains { lacks($0, before: second.message, in: log) }
      }
    }
  }

  private var breaksTotalOrder: Bool {
    let orders = steadyNodes.map { node in
      let log = log(node)
      guard Set(log.values).count < log.count else { return log }
      let once = prefix(log).reduce(into: [Value]()) { if !$0.contains($1) { $0.append($1) } }
      return Dictionary(uniqueKeysWithValues: zip(once.indices, once))
    }
    return orders.contains { a in
      orders.contains { b in a.contains { place, message in (b[place] ?? message) != message } }
    }
  }

  private func isMissing(_ outcomes: Set<Operation.Kind>, isElsewhere: Bool) -> Bool {
    let finals = reads.filter { $0.completion?.extra[fact: "final"] == true }.map(messages)
    let candidates = calls.filter { $0.f == "broadcast" && outcomes.contains($0.outcome) }
    return candidates.map(\.invocation.value).contains { message in
      finals.contains { !$0.contains(message) }
        && (!isElsewhere || finals.contains { $0.contains(message) })
    }
  }

  func types(_ promise: DeliveryPromise) -> Set<String> {
    let isOrdered: Set<DeliveryPromise> = [.fifo, .causal, .causalTotalOrder]
    let isTotal: Set<DeliveryPromise> = [.totalOrder, .causalTotalOrder]
    let rows: [(String, Bool)] = [
      ("phantom", hasPhantom), ("duplicated", hasDuplicate),
      ("rewritten", nodes.contains(where: isRewritten)),
      ("lost", isMissing([.ok], isElsewhere: false)),
      ("diverging", promise != .bestEffort && isMissing([.info], isElsewhere: true)),
      ("fifo-violation", isOrdered.contains(promise) && breaksFIFO),
      (
        "causal-violation",
        isOrdered.contains(promise) && promise != .fifo && breaksCausality
      ),
      ("total-order-violation", isTotal.contains(promise) && breaksTotalOrder),
    ]
    return Set(rows.filter(\.1).map(\.0))
  }
}

/// A cluster that keeps to some order, or to none, with a flaw now and then.
private struct RandomCluster {
  var draws: Draws
  var script = DeliveryScript()
  private let nodeCount: Int
  private let flaws: Double
  /// 0: as they come; 1: by sender; 2: in the order of the broadcasts.
  private let discipline: Int
  private var logs: [[Value]]
  private var inboxes: [[Value]]
  private var counts: [Int]
  private var next = 0
  private var pending: [Int: Value?] = [:]

  init(seed: UInt64) {
    draws = Draws(seed: seed)
    nodeCount = 2 + draws.below(2)
    flaws = draws.chance(0.5) ? 0.12 : 0
    discipline = draws.below(3)
    logs = Array(repeating: [], count: nodeCount)
    inboxes = logs
    counts = Array(repeating: 0, count: nodeCount)
  }

  mutating func run() -> [Operation] {
    for _ in 0..<(6 + draws.below(26)) { step() }
    for process in pending.keys.sorted() { complete(process) }
    guard draws.chance(0.7) else { return script.lines }
    for node in 0..<nodeCount {
      while !inboxes[node].isEmpty { deliver(node) }
      script.add(.invoke, node, "read")
      show(node, node, isFinal: true)
    }
    return script.lines
  }

  private mutating func step() {
    deliver(draws.below(nodeCount))
    let process = draws.below(2 * nodeCount)
    if pending[process] != nil { return complete(process) }
    if draws.chance(0.5) {
      pending[process] = .some(.some(.integer(next)))
      script.add(.invoke, process, "broadcast", .integer(next))
      next += 1
    } else {
      pending[process] = .some(.none)
      script.add(.invoke, process, "read")
    }
  }

  private mutating func complete(_ process: Int) {
    guard let operation = pending.removeValue(forKey: process) else { return }
    let node = process % nodeCount
    guard let message = operation else { return show(process, node, isFinal: false) }
    let outcome = draws.chance(0.85) ? Operation.Kind.ok : draws.chance(0.7) ? .info : .fail
    var extra = ValueMap()
    if outcome == .ok {
      counts[node] += draws.chance(flaws) ? 0 : 1
      extra = DeliveryScript.sent(node, counts[node], logs[node].count)
    }
    script.add(outcome, process, "broadcast", message, extra)
    guard outcome != .fail || draws.chance(flaws) else { return }
    if discipline < 2 { logs[node].append(message) } else { inboxes[node].append(message) }
    for other in 0..<nodeCount where other != node && !draws.chance(flaws / 2) {
      inboxes[other].append(message)
    }
  }

  private mutating func deliver(_ node: Int) {
    guard !inboxes[node].isEmpty else { return }
    let place = discipline == 0 || draws.chance(flaws) ? draws.below(inboxes[node].count) : 0
    logs[node].append(inboxes[node][place])
    if !draws.chance(flaws / 2) { inboxes[node].remove(at: place) }
    if draws.chance(flaws / 4) { logs[node].append(.integer(next + draws.below(3))) }
    if draws.chance(flaws / 4), logs[node].count > 1 { logs[node].swapAt(0, 1) }
  }

  private mutating func show(_ process: Int, _ node: Int, isFinal: Bool) {
    let from = isFinal ? 0 : draws.below(logs[node].count + 1)
    let end = draws.chance(flaws / 2) ? from : logs[node].count
    script.add(
      .ok, process, "read", .list(Array(logs[node][from..<end])),
      DeliveryScript.shown(node, from, isFinal))
  }
}

/// How many random histories are judged: more by the environment's SHRIKE_TWINS.
let messageTwinCount = getenv("SHRIKE_TWINS").flatMap { UInt64(String(cString: $0)) } ?? 2_500

@Suite("Delivery agrees with its definition")
struct DeliveryTwinTests {
  @Test("on random histories", arguments: 0..<10 as Range<UInt64>)
  func random(batch: UInt64) throws {
    var seen: [String: Int] = [:]
    let share = messageTwinCount / 10
    for seed in batch * share..<batch * share + share {
      var cluster = RandomCluster(seed: seed)
      let history = try History(cluster.run())
      let defined = DefinedDelivery(history)
      for promise in DeliveryPromise.allCases {
        let finding = DeliveryChecker(promise).check(history)
        let expected = defined.types(promise)
        #expect(Set(finding.anomalies.map(\.type)) == expected, "seed \(seed), \(promise)")
        for type in expected { seen[type, default: 0] += 1 }
        if expected.isEmpty { seen["none \(promise)", default: 0] += 1 }
      }
    }
    #expect(seen.count == 8 + DeliveryPromise.allCases.count, "\(seen)")
    #expect(seen.values.allSatisfy { $0 >= 5 }, "\(seen)")
  }
}

import Histories
import Isolation
import Testing
import Values
import Verdicts

/// A few transactions of sends and polls that answer anything that somebody sends at some time.
private struct RandomTransactionsOfLogs {
  struct Transaction {
    var process: Int
    /// Messages sent, as keys and offsets; a message is called by its offset.
    var sent: [(key: Int, offset: Int)] = []
    var polled: [(key: Int, offset: Int)] = []
    /// Where a poll stands among the sends, and whether there is one.
    var pollPlace: Int?
    var outcome = Operation.Kind.ok
    var begin = 0
    var end = Int.max
  }

  private(set) var transactions: [Transaction] = []
  private(set) var lines: [Operation] = []

  init(seed: UInt64) {
    var draws = Draws(seed: seed)
    var open: [Int?] = [nil, nil, nil]
    var next = [0, 0]
    // Offsets in another order than that of the sends, one time in two.
    var offsets: [[Int]] = [Array(0..<24), Array(0..<24)]
    if draws.chance(0.5) { offsets = offsets.map { draws.shuffled($0) } }
    for _ in 0..<2 + draws.below(7) {
      var transaction = Transaction(process: draws.below(3))
      for _ in 0..<draws.below(3) {
        let key = draws.below(2)
        transaction.sent.append((key, offsets[key][next[key]]))
        next[key] += 1
      }
      if transaction.sent.isEmpty || draws.chance(0.5) {
        transaction.pollPlace = draws.below(transaction.sent.count + 1)
      }
      transaction.outcome = draws.chance(0.8) ? .ok : draws.chance(0.5) ? .info : .fail
      transactions.append(transaction)
    }
    let all = transactions.flatMap(\.sent)
    for place in transactions.indices
    where transactions[place].pollPlace != nil && transactions[place].outcome == .ok {
      transactions[place].polled = all.filter { _ in draws.chance(0.3) }.sorted { $0 < $1 }
    }
    var waiting = transactions.indices.map { $0 }
    while !waiting.isEmpty || open.contains(where: { $0 != nil }) {
      let process = draws.below(3)
      if let place = open[process] {
        transactions[place].end = lines.count
        open[process] = nil
        append(place, transactions[place].outcome)
      } else if let place = waiting.first, transactions[place].process == process {
        waiting.removeFirst()
        transactions[place].begin = lines.count
        open[process] = place
        append(place, .invoke)
      }
    }
  }

  private mutating func append(_ place: Int, _ type: Operation.Kind) {
    let transaction = transactions[place]
    var steps: [Value] = transaction.sent.map { key, offset in
      let message = Value.integer(offset)
      return ["send", .integer(key), type == .ok ? [.integer(offset), message] : message]
    }
    if let pollPlace = transaction.pollPlace {
      let entries = Dictionary(grouping: transaction.polled, by: \.key).map { key, pairs in
        ValueMap.Entry(
          key: .string("\(key)"),
          value: .list(pairs.map { [.integer($0.offset), .integer($0.offset)] }))
      }
      steps.insert(type == .ok ? ["poll", .map(ValueMap(entries))] : ["poll"], at: pollPlace)
    }
    lines.append(
      Operation(
        index: lines.count, time: .milliseconds(Int64(lines.count)), type: type,
        process: .client(transaction.process), f: "txn", value: .list(steps)))
  }

  /// How many components there are of each class, straight from the definitions.
  func counts(_ name: String, _ depends: (Int, Int) -> Bool) -> [String: Int] {
    let nodes = transactions.indices.filter { transactions[$0].outcome != .fail }
    var counts: [String: Int] = [:]
    var explained: Set<Int> = []
    for scope in ["", "-process", "-realtime"] {
      var reaches = transactions.map { _ in transactions.map { _ in false } }
      for a in nodes {
        for b in nodes where a != b {
          let isBefore =
            transactions[a].outcome == .ok && transactions[a].end < transactions[b].begin
          let isSame = transactions[a].process == transactions[b].process
          let isOrdered = isBefore && (scope == "-realtime" || scope == "-process" && isSame)
          reaches[a][b] = depends(a, b) || isOrdered
        }
      }
      for middle in nodes {
        for a in nodes where reaches[a][middle] {
          for b in nodes where reaches[middle][b] { reaches[a][b] = true }
        }
      }
      var done: Set<Int> = []
      for a in nodes where reaches[a][a] && !done.contains(a) {
        let component = nodes.filter { reaches[a][$0] && reaches[$0][a] }
        done.formUnion(component)
        guard explained.isDisjoint(with: component) else { continue }
        explained.formUnion(component)
        counts[name + scope, default: 0] += 1
      }
    }
    return counts
  }

  /// Whether one polled what another sent.
  func isPolled(_ a: Int, by b: Int) -> Bool {
    transactions[a].sent.contains { sent in transactions[b].polled.contains { $0 == sent } }
  }

  /// Whether the message after one that the first sent is the second's.
  func precedes(_ a: Int, _ b: Int) -> Bool {
    let polled = transactions.flatMap(\.polled)
    let known = transactions.flatMap { transaction in
      transaction.outcome == .ok ? transaction.sent : []
    }
    return transactions[a].sent.contains { sent in
      guard (known + polled).contains(where: { $0 == sent }) else { return false }
      let later = (known + polled).filter { $0.key == sent.key && $0.offset > sent.offset }
      guard let next = later.map(\.offset).min() else { return false }
      return transactions[b].sent.contains { $0 == (sent.key, next) }
    }
  }
}

@Suite("Cycles of logs agree with their definition")
struct KafkaCycleTwinTests {
  @Test("on random transactions", arguments: 0..<10 as Range<UInt64>)
  func random(batch: UInt64) throws {
    var seen: [String: Int] = [:]
    for seed in batch * 400..<batch * 400 + 400 {
      let random = RandomTransactionsOfLogs(seed: seed)
      let finding = KafkaChecker().check(try History(random.lines))
      let cycles = finding.counts.filter { $0.key.hasPrefix("G1c") }
      #expect(cycles == random.counts("G1c") { random.isPolled($0, by: $1) }, "seed \(seed)")
      let entries = finding.facts[fact: "allowed"]?.map?.entries ?? []
      let allowed = Dictionary(
        uniqueKeysWithValues: entries.map { ($0.key.name ?? "", $0.value.integer ?? 0) }
      ).filter { $0.key.hasPrefix("G0") }
      #expect(allowed == random.counts("G0") { random.precedes($0, $1) }, "seed \(seed)")
      for (type, count) in cycles.merging(allowed, uniquingKeysWith: +) {
        seen[type, default: 0] += count
      }
    }
    for type in [
      "G0", "G0-process", "G0-realtime", "G1c", "G1c-process", "G1c-realtime",
    ] {
      #expect(seen[type, default: 0] >= 2, "\(type): \(seen)")
    }
  }
}

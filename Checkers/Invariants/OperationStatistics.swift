public import Histories
internal import Values
public import Verdicts

/// Counts operations by outcome and kind, with rates and latencies; never finds anything invalid.
///
/// Its facts name the kinds of operation that never succeeded, but for those that can't, such as
/// `crash`; whether that makes a run vacuous is not this checker's to say. A history without operations is unknown.
public struct OperationStatistics: Checker {
  public var name: String { "stats" }

  /// The kinds that never succeed by design.
  static let withoutSuccess: Set<String> = ["crash", "debug-topic-partitions"]

  public init() {}

  private struct Tally {
    var ok = 0
    var fail = 0
    var info = 0
    /// Microseconds from invocation to completion of those that succeeded.
    var latencies: [Int] = []

    var count: Int { ok + fail + info }

    var facts: ValueMap {
      var facts = ValueMap(facts: [
        "count": .integer(count), "ok-count": .integer(ok), "fail-count": .integer(fail),
        "info-count": .integer(info),
      ])
      facts[fact: "latencies-us"] = quantiles(latencies)
      return facts
    }

    mutating func add(_ invocation: Operation, _ completion: Operation?) {
      switch completion?.type {
      case .ok:
        ok += 1
        if let completion, invocation.time >= 0, completion.time >= invocation.time {
          latencies.append(Int((completion.time - invocation.time) / 1_000))
        }
      case .fail: fail += 1
      case .info, .invoke, nil: info += 1
      }
    }
  }

  /// - Complexity: O(*n* log *n*).
  public func check(_ history: History) -> Finding {
    var total = Tally()
    var kinds: [String: Tally] = [:]
    let lines = history.operations
    for (position, line) in lines.enumerated()
    where line.type == .invoke && line.process.number != nil {
      let partner = Int(history.partners[position])
      let completion = partner < 0 ? nil : lines[partner]
      total.add(line, completion)
      kinds[line.f, default: Tally()].add(line, completion)
    }
    guard total.count > 0 else {
      return Finding(name, .unknown, reason: "the history has no operations to judge")
    }
    let names = kinds.keys.sorted()
    var facts = total.facts
    facts[fact: "by-f"] = .map(
      ValueMap(
        names.map { f in
          ValueMap.Entry(key: .string(f), value: .map(kinds[f]?.facts ?? ValueMap()))
        }))
    facts[fact: "never-ok"] = .list(
      names.filter { kinds[$0]?.ok == 0 && !OperationStatistics.withoutSuccess.contains($0) }
        .map { .string($0) })
    let clients = lines.filter { $0.process.number != nil && $0.time >= 0 }
    if let first = clients.first?.time, let last = clients.last?.time, last > first {
      let seconds = Double(last - first) / 1e9
      facts[fact: "seconds"] = .double(seconds)
      facts[fact: "rate"] = .double(Double(total.count) / seconds)
      facts[fact: "ok-rate"] = .double(Double(total.ok) / seconds)
    }
    return Finding(name, .valid, facts: facts)
  }
}

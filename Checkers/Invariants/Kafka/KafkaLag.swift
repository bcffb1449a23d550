internal import Histories
internal import Values
internal import Verdicts

/// How far polls lagged behind: for how long a poll's newest message of a key had not been the newest.
///
/// It is a lower bound: the time from when a later message was first known until the poll began. Final
/// polls don't count, which begin at the beginning to catch up.
struct KafkaLag {
  /// The greatest lag, in seconds, and the time of the poll that had it.
  let worst: Value

  /// - Complexity: O(*n* log *n*).
  init(_ history: KafkaHistory) {
    let highest = history.highestKnown
    var positions: [Int: [Int: Int]] = [:]
    var worst: (lag: Nanoseconds, time: Nanoseconds) = (0, 0)
    for (number, act) in history.acts.enumerated() where act.isOk && act.kind != .other {
      let invoked = history.lines[act.invocation].time
      if history.lines[act.invocation].extra[.string("final")] == true { continue }
      if act.kind == .assign {
        let old = positions[act.process] ?? [:]
        var assigned: [Int: Int] = [:]
        for key in history.line(number).value.elements ?? [] {
          guard let key = history.number(ofKey: key) else { continue }
          assigned[key] = old[key] ?? -1
        }
        positions[act.process] = assigned
        continue
      }
      guard act.sends.isEmpty else { continue }
      for run in act.runs {
        let offsets = history.runs[run].pairs.map { history.offsets[$0] }
        let key = history.runs[run].key
        positions[act.process, default: [:]][key] = max(
          positions[act.process]?[key] ?? -1, offsets.max() ?? -1)
      }
      guard invoked >= 0 else { continue }
      for (key, position) in positions[act.process] ?? [:] {
        let known = highest[key]
        let later = known.partitioned { $0.offset > position }
        guard later < known.count, invoked - known[later].time > worst.lag else { continue }
        worst = (invoked - known[later].time, invoked)
      }
    }
    self.worst = .map(
      ValueMap(facts: [
        "time": .double(Double(worst.time) / 1e9), "lag": .double(Double(worst.lag) / 1e9),
      ]))
  }
}

extension KafkaHistory {
  /// For each key when each new highest offset was known, in ascending order.
  fileprivate var highestKnown: [[(offset: Int, time: Nanoseconds)]] {
    var known = [[(offset: Int, time: Nanoseconds)]](repeating: [], count: keys.count)
    let ended = acts.indices.filter { acts[$0].isOk }
      .sorted { acts[$0].completion < acts[$1].completion }
    for act in ended {
      let time = line(act).time
      let sent = acts[act].sends.map { (sends[$0].key, sends[$0].offset) }
      let polled = acts[act].runs.flatMap { run in
        runs[run].pairs.map { (runs[run].key, offsets[$0]) }
      }
      for (key, offset) in sent + polled
      where offset != KafkaHistory.unknown && offset > known[key].last?.offset ?? -1 {
        known[key].append((offset, time))
      }
    }
    return known
  }
}

extension Array {
  /// The first place from which on a condition holds, given that it holds from some place on.
  fileprivate func partitioned(by holds: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

internal import Histories
internal import Values
internal import Verdicts

/// Judges committed offsets: what an assignment found against what was committed before.
///
/// A server may keep the latest commit or the highest. An answer is a `lost-commit` only where it is
/// wrong either way: nothing, although a commit had been acknowledged; or an offset that a later
/// acknowledged commit had replaced, while a higher one had been acknowledged too. It is a
/// `phantom-commit` when nobody had asked to commit that offset. A poll without an outcome may have
/// committed whatever offset it had not polled yet, at any later time.
struct KafkaCommits {
  private var commits: [CommittedOffsets]
  private let history: KafkaHistory

  /// - Complexity: O(*n* log *n*) for *n* commits and assigned keys, and a poll without an outcome
  ///   costs as many steps as its process has keys.
  init(_ history: KafkaHistory, into report: inout CaseReport) {
    self.history = history
    commits = Array(repeating: CommittedOffsets(), count: history.keys.count)
    gather()
    for key in commits.indices { commits[key].order() }
    for act in history.acts.indices
    where history.acts[act].kind == .assign && history.acts[act].isOk {
      guard let committed = history.answered(act)[.string("committed")]?.map else { continue }
      for key in history.assigned(act) {
        guard let number = history.number(ofKey: key) else {
          if let found = committed[key] {
            let index = history.index(act)
            report.add(
              "phantom-commit", [index],
              "op \(index): key \(key.text()) at \(found.text()), but nothing was ever committed")
          }
          continue
        }
        judge(act, number, committed[key]?.integer, into: &report)
      }
    }
  }

  private mutating func gather() {
    // Where each process stands in each of its keys.
    var positions = [[Int32: Int]](repeating: [:], count: history.processCount)
    for (act, facts) in history.acts.enumerated() {
      let process = Int(facts.process)
      if facts.kind == .assign, facts.isOk {
        let offsets = history.answered(act)[.string("offsets")]?.map
        var assigned: [Int32: Int] = [:]
        for key in history.assigned(act) {
          guard let number = history.number(ofKey: key) else { continue }
          assigned[number] = offsets?[key]?.integer ?? 0
        }
        positions[process] = assigned
      } else if facts.kind == .access, facts.isOk {
        for entry in history.answered(act)[.string("committed")]?.map?.entries ?? [] {
          guard let key = history.number(ofKey: entry.key), let offset = entry.value.integer
          else { continue }
          commits[Int(key)].note(
            CommittedOffsets.Commit(
              act: Int32(truncatingIfNeeded: act), offset: offset, begin: facts.invocation,
              end: facts.completion))
          if let position = positions[process][key] {
            positions[process][key] = max(position, offset &+ 1)
          }
        }
      } else if facts.kind == .access, facts.outcome != .fail, history.sends(of: act).isEmpty {
        for (key, position) in positions[process] {
          commits[Int(key)].noteOpen(facts.invocation, position)
        }
      }
    }
  }

  private func judge(_ act: Int, _ key: Int32, _ found: Int?, into report: inout CaseReport) {
    let (begin, end) = (history.acts[act].invocation, history.acts[act].completion)
    let commits = commits[Int(key)]
    let index = history.index(act)
    func name() -> String { "op \(index): key \(history.keyText(key))" }
    let highest = commits.highest(before: begin)
    if let found, !commits.mayCommit(found, before: end), !commits.holds(found, begunBefore: end) {
      let before = commits.highestOffset(begunBefore: end)
      report.add(
        "phantom-commit", [index],
        name() + " at offset \(found), which nobody committed; "
          + (before.map { "the highest commit before was \($0)" }
            ?? "nothing was committed before"))
    }
    guard let highest else { return }
    let committer = history.index(Int(highest.act))
    guard let found else {
      return report.add(
        "lost-commit", [committer, index],
        name() + " has no committed offset, after op \(committer) committed \(highest.offset)")
    }
    guard found < highest.offset, commits.holds(found, begunBefore: end),
      !commits.mayBeLatest(found, from: begin, to: end), !commits.mayCommit(found, before: end)
    else { return }
    report.add(
      "lost-commit", [committer, index],
      name()
        + " at offset \(found), after op \(committer) committed \(highest.offset), and a later "
        + "commit replaced \(found)")
  }
}

/// The offsets that were committed of one key.
struct CommittedOffsets {
  /// A commit that was acknowledged.
  struct Commit {
    var act: Int32
    var offset: Int
    /// The lines between which it happened.
    var begin: Int32
    var end: Int32
  }

  /// In the order of their ends.
  private var commits: [Commit] = []
  /// Of each and those before it the place of the highest, the first of several, and the last begin.
  private var highest: [Int32] = []
  private var lastBegins: [Int32] = []
  /// The same by offset and begin, and of each and those before it with its offset the last end.
  private var sorted: [Commit] = []
  private var lastEnds: [Int32] = []
  /// The polls without an outcome, by the line of invocation, and from which offset on; of each and
  /// those before it the lowest such offset.
  private var open: [(line: Int32, from: Int)] = []

  mutating func note(_ commit: Commit) { commits.append(commit) }

  mutating func noteOpen(_ line: Int32, _ offset: Int) {
    open.append((line, min(offset, open.last?.from ?? .max)))
  }

  /// Makes it ready to be asked.
  mutating func order() {
    commits.sort { $0.end < $1.end }
    sorted = commits.sorted { ($0.offset, $0.begin) < ($1.offset, $1.begin) }
    for (place, commit) in commits.enumerated() {
      let before = highest.last ?? 0
      let isHigher = commit.offset > commits[Int(before)].offset
      highest.append(isHigher ? Int32(truncatingIfNeeded: place) : before)
      lastBegins.append(max(commit.begin, lastBegins.last ?? -1))
    }
    for (place, commit) in sorted.enumerated() {
      let isSame = place > 0 && sorted[place - 1].offset == commit.offset
      lastEnds.append(isSame ? max(lastEnds[place - 1], commit.end) : commit.end)
    }
  }

  /// How many commits ended before a line.
  private func count(before line: Int32) -> Int {
    commits.countOfFirst { $0.end < line }
  }

  /// The highest commit that was acknowledged before a line.
  func highest(before line: Int32) -> Commit? {
    let count = count(before: line)
    return count == 0 ? nil : commits[Int(highest[count - 1])]
  }

  /// Where the commits of an offset end that began before a line, with the place before as the last
  /// of them.
  private func end(of offset: Int, begunBefore line: Int32) -> Int? {
    let end = sorted.countOfFirst { ($0.offset, $0.begin) < (offset, line) }
    return end > 0 && sorted[end - 1].offset == offset ? end : nil
  }

  /// Whether an offset was committed by somebody who began before a line.
  func holds(_ offset: Int, begunBefore line: Int32) -> Bool {
    end(of: offset, begunBefore: line) != nil
  }

  /// Whether a commit of an offset, begun before a line, may have come after all that were
  /// acknowledged before another line.
  func mayBeLatest(_ offset: Int, from begin: Int32, to end: Int32) -> Bool {
    guard let place = self.end(of: offset, begunBefore: end) else { return false }
    let count = count(before: begin)
    return count == 0 || lastEnds[place - 1] >= lastBegins[count - 1]
  }

  /// Whether a poll of unknown outcome, begun before a line, may have committed an offset.
  func mayCommit(_ offset: Int, before line: Int32) -> Bool {
    let count = open.countOfFirst { $0.line < line }
    return count > 0 && open[count - 1].from <= offset
  }

  /// The highest offset that somebody committed who began before a line.
  ///
  /// - Complexity: O(*n*).
  func highestOffset(begunBefore line: Int32) -> Int? {
    commits.lazy.filter { $0.begin < line }.map(\.offset).max()
  }
}

extension Array {
  /// How many of the first elements meet a condition that none after them meets.
  func countOfFirst(_ holds: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

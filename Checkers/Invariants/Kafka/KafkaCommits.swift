internal import Histories
internal import Values
import Verdicts

/// Judges committed offsets: what an assignment found against what was committed before.
///
/// A server may keep the latest commit or the highest. An answer is a `lost-commit` only where it is
/// wrong either way: nothing, although a commit had been acknowledged; or an offset that a later
/// acknowledged commit had replaced, while a higher one had been acknowledged too. It is a
/// `phantom-commit` when nobody had asked to commit that offset. A poll without an outcome may have
/// committed whatever offset it had not polled yet, at any later time.
struct KafkaCommits {
  /// A commit that was acknowledged, or may have happened.
  private struct Commit {
    var act: Int
    var offset: Int
    /// The lines between which it happened.
    var begin: Int
    var end: Int
  }

  /// Commits of each key, in the order of their ends.
  private var commits: [Int: [Commit]] = [:]
  /// For each key the polls without an outcome, by the line of invocation, and from which offset on.
  private var open: [Int: [(line: Int, from: Int)]] = [:]
  private let history: KafkaHistory

  init(_ history: KafkaHistory, into report: inout KafkaReport) {
    self.history = history
    gather()
    for act in history.acts.indices
    where history.acts[act].kind == .assign && history.acts[act].isOk {
      let line = history.line(act)
      guard let committed = line.extra[.string("committed")]?.map else { continue }
      for key in line.value.elements ?? [] {
        guard let number = history.number(ofKey: key) else {
          if let found = committed[key] {
            report.add(
              "phantom-commit", [line.index],
              "op \(line.index): key \(key.text()) at \(found.text()), but nothing was ever committed"
            )
          }
          continue
        }
        judge(act, number, committed[key]?.integer, into: &report)
      }
    }
  }

  private mutating func gather() {
    // Where each process stands in each of its keys.
    var positions: [Int: [Int: Int]] = [:]
    for act in history.acts.indices {
      let facts = history.acts[act]
      let line = history.line(act)
      if facts.kind == .assign, facts.isOk {
        var assigned: [Int: Int] = [:]
        for key in line.value.elements ?? [] {
          guard let number = history.number(ofKey: key) else { continue }
          assigned[number] = line.extra[.string("offsets")]?.map?[key]?.integer ?? 0
        }
        positions[facts.process] = assigned
      } else if facts.kind == .access, facts.isOk {
        note(act, line, &positions)
      } else if facts.kind == .access, facts.outcome != .fail, facts.sends.isEmpty {
        for (key, position) in positions[facts.process] ?? [:] {
          open[key, default: []].append((facts.invocation, position))
        }
      }
    }
    for key in commits.keys { commits[key]?.sort { ($0.end, $0.act) < ($1.end, $1.act) } }
  }

  private mutating func note(_ act: Int, _ line: Operation, _ positions: inout [Int: [Int: Int]]) {
    let facts = history.acts[act]
    for entry in line.extra[.string("committed")]?.map?.entries ?? [] {
      guard let key = history.number(ofKey: entry.key), let offset = entry.value.integer else {
        continue
      }
      commits[key, default: []].append(
        Commit(act: act, offset: offset, begin: facts.invocation, end: facts.completion))
      if let position = positions[facts.process]?[key] {
        positions[facts.process]?[key] = max(position, offset &+ 1)
      }
    }
  }

  private func judge(_ act: Int, _ key: Int, _ found: Int?, into report: inout KafkaReport) {
    let (begin, end) = (history.acts[act].invocation, history.acts[act].completion)
    let earlier = commits[key, default: []].filter { $0.end < begin }
    let index = history.index(act)
    let name = "op \(index): key \(history.keyText(key))"
    guard let highest = earlier.max(by: { $0.offset < $1.offset }) else {
      return judgeOrigin(act, key, found, into: &report)
    }
    guard let found else {
      return report.add(
        "lost-commit", [history.index(highest.act), index],
        name + " has no committed offset, after op \(history.index(highest.act)) committed "
          + "\(highest.offset)")
    }
    judgeOrigin(act, key, found, into: &report)
    guard found < highest.offset else { return }
    let candidates = commits[key, default: []].filter { $0.offset == found && $0.begin < end }
    let mayBeLatest =
      candidates.contains { candidate in !earlier.contains { $0.begin > candidate.end } }
      || mayCommit(found, key, before: end)
    guard !mayBeLatest, !candidates.isEmpty else { return }
    report.add(
      "lost-commit", [history.index(highest.act), index],
      name + " at offset \(found), after op \(history.index(highest.act)) committed "
        + "\(highest.offset), and a later commit replaced \(found)")
  }

  private func judgeOrigin(
    _ act: Int, _ key: Int, _ found: Int?, into report: inout KafkaReport
  ) {
    let end = history.acts[act].completion
    guard let found, !mayCommit(found, key, before: end),
      !commits[key, default: []].contains(where: { $0.offset == found && $0.begin < end })
    else { return }
    let index = history.index(act)
    let highest = commits[key, default: []].filter { $0.begin < end }.map(\.offset).max()
    report.add(
      "phantom-commit", [index],
      "op \(index): key \(history.keyText(key)) at offset \(found), which nobody committed; "
        + (highest.map { "the highest commit before was \($0)" } ?? "nothing was committed before"))
  }

  /// Whether a poll of unknown outcome, begun before a line, may have committed an offset.
  private func mayCommit(_ offset: Int, _ key: Int, before line: Int) -> Bool {
    open[key, default: []].contains { $0.line < line && $0.from <= offset }
  }
}

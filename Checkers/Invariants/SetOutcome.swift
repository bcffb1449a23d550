internal import Histories
internal import Values
internal import Verdicts

/// Counts, latencies and violations of a set's timeline.
struct SetOutcome {
  private(set) var anomalies: [Anomaly] = []
  private(set) var stableCount = 0

  private let timeline: SetTimeline
  private let history: HistoryColumns
  private var lost: [Int] = []
  private var stale: [(element: Int, latency: Int)] = []
  private var neverRead = 0
  private var stableLatencies: [Int] = []

  init(_ timeline: SetTimeline) {
    self.timeline = timeline
    history = timeline.history
    for element in 0..<timeline.count where timeline.added[element] >= 0 { classify(element) }
    appendLost()
    appendDuplicated()
    appendPhantom()
    appendDiverging()
  }

  private mutating func classify(_ element: Int) {
    let (present, absent) = (timeline.lastPresent[element], timeline.lastAbsent[element])
    let known = timeline.known[element]
    if present >= 0 && absent < present {
      stableCount += 1
      let latency = latency(from: known, to: absent)
      stableLatencies.append(latency)
      if latency > 0 { stale.append((element, latency)) }
    } else if known >= 0 && absent > present && absent > known {
      lost.append(element)
    } else {
      neverRead += 1
    }
  }

  /// Milliseconds, rounded down, from when an element was known until no read missed it any more.
  private func latency(from known: Int32, to absent: Int32) -> Int {
    guard absent >= 0, let times = history.times else { return 0 }
    let (begin, end) = (times[Int(known)], times[Int(absent)])
    guard end >= 0, begin >= 0 else { return 0 }
    return Int(max(0, end + 1 - begin) / 1_000_000)
  }

  var facts: ValueMap {
    var facts = ValueMap(facts: [
      "attempt-count": .integer(timeline.attempts),
      "acknowledged-count": .integer(timeline.acknowledgements),
      "read-count": .integer(timeline.reads.count), "stable-count": .integer(stableCount),
      "stale-count": .integer(stale.count), "lost-count": .integer(lost.count),
      "never-read-count": .integer(neverRead),
    ])
    for type in ["duplicated", "phantom", "diverging"] {
      let count = anomalies.first { $0.type == type }?.count ?? 0
      facts[fact: "\(type)-count"] = .integer(count)
    }
    facts[fact: "stable-latencies"] = quantiles(stableLatencies)
    if !stale.isEmpty { facts[fact: "worst-stale"] = worstStale }
    return facts
  }

  private var worstStale: Value {
    let worst = stale.sorted { a, b in
      (-a.latency, timeline.added[a.element]) < (-b.latency, timeline.added[b.element])
    }.prefix(8)
    return .list(
      worst.map { entry in
        .map(
          ValueMap(facts: [
            "element": timeline.value(of: entry.element), "latency": .integer(entry.latency),
            "known": .integer(index(timeline.known[entry.element])),
            "last-absent": .integer(index(timeline.lastAbsent[entry.element])),
          ]))
      })
  }
}

extension SetOutcome {
  private static let shown = 8

  private func index(_ position: Int32) -> Int { history.index(at: Int(position)) }

  private func text(_ element: Int) -> String { timeline.value(of: element).text() }

  private mutating func append(
    _ type: String, count: Int, positions: [Int32], _ heading: String, _ details: [String]
  ) {
    let more = count - details.count
    let rest = more > 0 ? ["  and \(more) more"] : []
    anomalies.append(
      Anomaly(
        type, count: count,
        operations: Set(positions.filter { $0 >= 0 }.map { index($0) }).sorted(),
        explanation: ([heading] + details + rest).joined(separator: "\n")))
  }

  private mutating func appendLost() {
    guard !lost.isEmpty else { return }
    let shown = lost.prefix(SetOutcome.shown)
    let details = shown.map { element in
      let (present, known) = (timeline.lastPresent[element], timeline.known[element])
      let since =
        present >= 0 ? "last in the read invoked at op \(index(present))" : "in no read ever"
      let how =
        known == timeline.acknowledged[element]
        ? "acknowledged at op \(index(known))" : "first read at op \(index(known))"
      return "  \(text(element)): \(how), \(since), missing from the read invoked at op "
        + "\(index(timeline.lastAbsent[element]))"
    }
    let positions = shown.flatMap { element in
      [timeline.known[element], timeline.lastPresent[element], timeline.lastAbsent[element]]
    }
    append(
      "lost", count: lost.count, positions: positions,
      "lost (\(lost.count)): known to be in the set, and gone for good", details)
  }

  private mutating func appendDuplicated() {
    let duplicated = (0..<timeline.count).filter { timeline.duplicated[$0] >= 0 }
    guard !duplicated.isEmpty else { return }
    let shown = duplicated.prefix(SetOutcome.shown)
    append(
      "duplicated", count: duplicated.count, positions: shown.map { timeline.duplicated[$0] },
      "duplicated (\(duplicated.count)): more than once in one read",
      shown.map { "  \(text($0)): in the read at op \(index(timeline.duplicated[$0]))" })
  }

  private mutating func appendPhantom() {
    let phantoms = (0..<timeline.count).filter { isPhantom($0) }
    guard !phantoms.isEmpty else { return }
    let shown = phantoms.prefix(SetOutcome.shown)
    let details = shown.map { element in
      let added = timeline.added[element]
      let why =
        added < 0
        ? "was never added"
        : timeline.possible[element] < 0
          ? "was added at op \(index(added)) only, and that failed"
          : "was added at op \(index(added)) at the earliest"
      return "  \(text(element)): read at op \(index(timeline.firstRead[element])), but \(why)"
    }
    append(
      "phantom", count: phantoms.count,
      positions: shown.flatMap { [timeline.added[$0], timeline.firstRead[$0]] },
      "phantom (\(phantoms.count)): read, though no add can have brought them", details)
  }

  /// Whether an element was read though no add of it can have happened by then.
  private func isPhantom(_ element: Int) -> Bool {
    let (read, possible) = (timeline.firstRead[element], timeline.possible[element])
    return read >= 0 && (possible < 0 || read < possible)
  }

  private mutating func appendDiverging() {
    let final = timeline.reads.filter(\.isFinal)
    guard let first = final.first else { return }
    let differing = final.filter { !timeline.areEqual($0, first) }
    guard let other = differing.first else { return }
    let left = timeline.elements(of: first).sorted()
    let right = timeline.elements(of: other).sorted()
    let (inLeft, inRight) = (Set(left), Set(right))
    let details = [
      missing(other, left.filter { !inRight.contains($0) }),
      missing(first, right.filter { !inLeft.contains($0) }),
    ].compactMap { $0 }
    append(
      "diverging", count: differing.count, positions: [first.completion, other.completion],
      "diverging (\(differing.count) of \(final.count) final reads): other than the first one",
      details)
  }

  private func missing(_ read: SetTimeline.Read, _ elements: [Int32]) -> String? {
    guard !elements.isEmpty else { return nil }
    let values = elements.map { timeline.value(of: Int($0)).text(limit: 20) }
    let completion = Int(read.completion)
    return "  the one at op \(history.index(at: completion)) of process "
      + "\(history.process(at: completion)) lacks \(listing(values))"
  }
}

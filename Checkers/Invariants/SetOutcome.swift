internal import Histories
internal import Values
internal import Verdicts

/// Counts, latencies and violations of a set's timeline.
struct SetOutcome {
  private(set) var anomalies: [Anomaly] = []
  private(set) var stableCount = 0

  private let timeline: SetTimeline
  private let lines: [Operation]
  private var lost: [SetTimeline.Element] = []
  private var stale: [(element: SetTimeline.Element, latency: Int)] = []
  private var neverRead = 0
  private var stableLatencies: [Int] = []

  init(_ timeline: SetTimeline, _ history: History) {
    self.timeline = timeline
    lines = history.operations
    for element in timeline.elements where element.added >= 0 { classify(element) }
    appendLost()
    appendDuplicated()
    appendPhantom()
    appendDiverging()
  }

  private mutating func classify(_ element: SetTimeline.Element) {
    if element.lastPresent >= 0 && element.lastAbsent < element.lastPresent {
      stableCount += 1
      let latency = latency(of: element)
      stableLatencies.append(latency)
      if latency > 0 { stale.append((element, latency)) }
    } else if element.known >= 0 && element.lastAbsent > element.lastPresent
      && element.lastAbsent > element.known
    {
      lost.append(element)
    } else {
      neverRead += 1
    }
  }

  /// Milliseconds, rounded down, from when an element was known until no read missed it any more.
  private func latency(of element: SetTimeline.Element) -> Int {
    guard element.lastAbsent >= 0 else { return 0 }
    let (absent, known) = (lines[element.lastAbsent].time, lines[element.known].time)
    guard absent >= 0, known >= 0 else { return 0 }
    return Int(max(0, absent + 1 - known) / 1_000_000)
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
      (-a.latency, a.element.added) < (-b.latency, b.element.added)
    }.prefix(8)
    return .list(
      worst.map { entry in
        .map(
          ValueMap(facts: [
            "element": entry.element.value, "latency": .integer(entry.latency),
            "known": .integer(lines[entry.element.known].index),
            "last-absent": .integer(lines[entry.element.lastAbsent].index),
          ]))
      })
  }
}

extension SetOutcome {
  private static let shown = 8

  private func index(_ position: Int) -> Int { lines[position].index }

  private mutating func append(
    _ type: String, count: Int, positions: [Int], _ heading: String, _ details: [String]
  ) {
    let more = count - details.count
    let rest = more > 0 ? ["  and \(more) more"] : []
    anomalies.append(
      Anomaly(
        type, count: count, operations: Set(positions.map { index($0) }).sorted(),
        explanation: ([heading] + details + rest).joined(separator: "\n")))
  }

  private mutating func appendLost() {
    guard !lost.isEmpty else { return }
    let shown = lost.prefix(SetOutcome.shown)
    let details = shown.map { element in
      let since =
        element.lastPresent >= 0
        ? "last in the read invoked at op \(index(element.lastPresent))" : "in no read ever"
      let known =
        element.known == element.acknowledged
        ? "acknowledged at op \(index(element.known))" : "first read at op \(index(element.known))"
      return "  \(element.value.text()): \(known), \(since), missing from the read invoked at op "
        + "\(index(element.lastAbsent))"
    }
    let positions = shown.flatMap { element in
      [element.known, element.lastPresent, element.lastAbsent].filter { $0 >= 0 }
    }
    append(
      "lost", count: lost.count, positions: positions,
      "lost (\(lost.count)): known to be in the set, and gone for good", details)
  }

  private mutating func appendDuplicated() {
    let duplicated = timeline.elements.filter { $0.duplicated >= 0 }
    guard !duplicated.isEmpty else { return }
    let shown = duplicated.prefix(SetOutcome.shown)
    append(
      "duplicated", count: duplicated.count, positions: shown.map(\.duplicated),
      "duplicated (\(duplicated.count)): more than once in one read",
      shown.map { "  \($0.value.text()): in the read at op \(index($0.duplicated))" })
  }

  private mutating func appendPhantom() {
    let phantoms = timeline.elements.filter { $0.firstRead >= 0 && isPhantom($0) }
    guard !phantoms.isEmpty else { return }
    let shown = phantoms.prefix(SetOutcome.shown)
    let details = shown.map { element in
      let why =
        element.added < 0
        ? "was never added"
        : !element.isPossible
          ? "was added at op \(index(element.added)) only, and that failed"
          : "was added at op \(index(element.added)) at the earliest"
      return "  \(element.value.text()): read at op \(index(element.firstRead)), but \(why)"
    }
    append(
      "phantom", count: phantoms.count,
      positions: shown.flatMap { [$0.added, $0.firstRead].filter { $0 >= 0 } },
      "phantom (\(phantoms.count)): read, though no add can have brought them", details)
  }

  /// Whether an element was read though no add of it can have happened by then.
  private func isPhantom(_ element: SetTimeline.Element) -> Bool {
    !element.isPossible || element.firstRead < element.possible
  }

  private mutating func appendDiverging() {
    let final = timeline.reads.filter(\.isFinal)
    guard let first = final.first,
      let other = final.first(where: { $0.elements != first.elements })
    else { return }
    let differing = final.filter { $0.elements != first.elements }.count
    let (left, right) = (Set(first.elements), Set(other.elements))
    let details = [
      missing(other, first.elements.filter { !right.contains($0) }),
      missing(first, other.elements.filter { !left.contains($0) }),
    ].compactMap { $0 }
    append(
      "diverging", count: differing, positions: [first.completion, other.completion],
      "diverging (\(differing) of \(final.count) final reads): other than the first one", details)
  }

  private func missing(_ read: SetTimeline.Read, _ elements: [Int32]) -> String? {
    guard !elements.isEmpty else { return nil }
    let values = elements.map { timeline.elements[Int($0)].value.text(limit: 20) }
    let line = lines[read.completion]
    return "  the one at op \(line.index) of process \(line.process) lacks \(listing(values))"
  }
}

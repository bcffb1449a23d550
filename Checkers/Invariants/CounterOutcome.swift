internal import Histories
internal import Values
internal import Verdicts

/// What a counter's reads show, judged in one of three ways.
struct CounterOutcome {
  private(set) var anomalies: [Anomaly] = []
  /// Why nothing is known where no anomaly was found.
  private(set) var doubt: String?
  private(set) var facts: ValueMap

  private let timeline: CounterTimeline
  private let lines: [Operation]
  /// Reads that are no sum that their view allows, with the view.
  private var unacceptable: [(read: CounterTimeline.Read, view: CounterTimeline.View)] = []
  private var sums: [CounterTimeline.View: SubsetSums] = [:]

  private static let shown = 8
  private static let tooMany =
    "the indeterminate adds have more different sums than can be kept to compare a read with"

  init(_ timeline: CounterTimeline, _ history: History) {
    self.timeline = timeline
    lines = history.operations
    let whole = timeline.wholeView
    facts = ValueMap(facts: [
      "attempt-count": .integer(timeline.attempts),
      "acknowledged-count": .integer(timeline.acknowledged.count),
      "indeterminate-count": .integer(timeline.adds.count - timeline.acknowledged.count),
      "read-count": .integer(timeline.reads.count), "sum": .integer(timeline.sum(of: whole)),
    ])
    facts[fact: "out-of-bounds-count"] = .integer(timeline.reads.count { isOutOfBounds($0) })
  }

  private func isOutOfBounds(_ read: CounterTimeline.Read) -> Bool {
    !timeline.bounds(of: timeline.view(of: read)).contains(read.value)
  }
}

// MARK: Judging

extension CounterOutcome {
  /// By the bounds of linearizability.
  mutating func judgeEveryRead() {
    guard !timeline.reads.isEmpty else {
      doubt = "no read was answered"
      return
    }
    let found = timeline.reads.filter(isOutOfBounds)
    guard !found.isEmpty else { return }
    let details = found.prefix(CounterOutcome.shown).map { read in
      let bounds = timeline.bounds(of: timeline.view(of: read))
      return "  \(text(read)), not within \(bounds.lowerBound) and \(bounds.upperBound)"
    }
    append(
      "out-of-bounds", count: found.count,
      positions: found.prefix(CounterOutcome.shown).map(\.completion),
      "out-of-bounds (\(found.count) of \(timeline.reads.count) reads): less than what was "
        + "acknowledged before, or more than what was begun", details)
  }

  /// As Maelstrom does: each read that is marked final, alone, against all adds.
  mutating func judgeMarkedReads() {
    let marked = timeline.reads.filter {
      timeline.finalReads.isMarked($0.invocation, $0.completion)
    }
    let view = timeline.wholeView
    judge(marked) { _ in view }
  }

  /// By what the system came to.
  mutating func judgeFinalReads() {
    let timeline = timeline
    let final = timeline.reads.filter(\.isFinal)
    guard !final.isEmpty else {
      doubt = timeline.finalReads.unrest ?? "no final read was answered"
      return
    }
    if let unrest = timeline.finalReads.unrest {
      doubt = unrest
      // What was missing may still have come, but nothing can come that is no sum of adds.
      judge(final) { CounterTimeline.View(acknowledged: 0, invoked: timeline.view(of: $0).invoked) }
    } else {
      judge(final) { timeline.view(of: $0) }
      appendDiverging(final)
    }
  }

  private mutating func judge(
    _ final: [CounterTimeline.Read], in view: (CounterTimeline.Read) -> CounterTimeline.View
  ) {
    for read in final { judge(read, view(read)) }
    appendUnacceptable(of: final.count)
    facts[fact: "final-reads"] = .list(final.map { .integer($0.value) })
    guard let last = final.last, let sums = sums(view(last)) else { return }
    facts[fact: "acceptable"] = .list(
      sums.ranges.prefix(32).map { .list([.integer($0.lowerBound), .integer($0.upperBound)]) })
  }

  private mutating func judge(_ read: CounterTimeline.Read, _ view: CounterTimeline.View) {
    switch sums(view)?.contains(read.value) {
    case true?: break
    case false?: unacceptable.append((read, view))
    case nil: doubt = doubt ?? CounterOutcome.tooMany
    }
  }

  private mutating func sums(_ view: CounterTimeline.View) -> SubsetSums? {
    if let known = sums[view] { return known }
    let made = SubsetSums(
      base: timeline.sum(of: view), timeline.uncertain(in: view).map(\.delta))
    sums[view] = made
    return made
  }
}

// MARK: Evidence

extension CounterOutcome {
  private mutating func append(
    _ type: String, count: Int, positions: [Int], _ heading: String, _ details: [String]
  ) {
    anomalies.append(
      Anomaly(
        type, count: count, operations: Set(positions.map { lines[$0].index }).sorted(),
        explanation: ([heading] + details).joined(separator: "\n")))
  }

  private func text(_ read: CounterTimeline.Read) -> String {
    let line = lines[read.completion]
    let node = line.extra[fact: "node"]?.name.map { " of \($0)" } ?? ""
    return "the read at op \(line.index)\(node) answered \(read.value)"
  }

  /// What is acceptable is told for the first such read; mostly it is the same for all.
  private mutating func appendUnacceptable(of count: Int) {
    guard let view = unacceptable.first?.view else { return }
    let shown = unacceptable.prefix(CounterOutcome.shown)
    let more = unacceptable.count - shown.count
    let uncertain = timeline.uncertain(in: view)
    let details =
      shown.map { "  \(text($0.read))" } + (more > 0 ? ["  and \(more) more"] : [])
      + [
        "  acceptable: \(listing(rangeTexts(view)))",
        "  adds that were certainly there (\(view.acknowledged)) make \(timeline.sum(of: view))",
        "  adds that may have been there (\(uncertain.count)): " + listing(addTexts(uncertain)),
      ]
    append(
      "unacceptable", count: unacceptable.count,
      positions: shown.map(\.read.completion)
        + uncertain.prefix(CounterOutcome.shown).map(\.invocation),
      "unacceptable (\(unacceptable.count) of \(count) final reads): no sum that the adds allow",
      details)
  }

  private mutating func rangeTexts(_ view: CounterTimeline.View) -> [String] {
    (sums(view)?.ranges ?? []).map { range in
      range.lowerBound == range.upperBound
        ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    }
  }

  private func addTexts(_ adds: [CounterTimeline.Add]) -> [String] {
    adds.isEmpty ? ["none"] : adds.map { "\($0.delta) (op \(lines[$0.invocation].index))" }
  }

  /// Compares the reads that may have seen the same adds as the last one.
  private mutating func appendDiverging(_ final: [CounterTimeline.Read]) {
    guard let last = final.last else { return }
    let view = timeline.view(of: last)
    let alike = final.filter { timeline.view(of: $0) == view }
    guard let first = alike.first, let other = alike.first(where: { $0.value != first.value })
    else { return }
    let count = alike.count { $0.value != first.value }
    append(
      "diverging", count: count, positions: [first.completion, other.completion],
      "diverging (\(count) of \(alike.count) final reads): other than the first one",
      [first, other].map { "  \(text($0))" })
  }
}

internal import Histories
internal import Verdicts

/// Finds circles of operations in which each polled what the one before sent, or followed it.
///
/// In the serialization graph there is a wr from each send to each poll of its message, and a ww from
/// each send to the next one of the log. An operation that failed has no node; of one without an
/// outcome nothing is known to come after. Circles of wr are G1c, with process and real-time order
/// (Adya); circles of ww, G0, are allowed, because transactions of sends are not isolated from each
/// other, and so are those that need some: these are counted apart.
struct KafkaCycles {
  /// How many circles of ww there are, under the names of their classes.
  private(set) var allowed: [(type: String, count: Int)] = []

  private let history: KafkaHistory
  private let precedences: KafkaPrecedences

  /// - Complexity: O(*n*) where there are no cycles.
  init(_ history: KafkaHistory, _ logs: KafkaLogs, into report: inout CaseReport) {
    self.history = history
    precedences = KafkaPrecedences(history, logs)
    let graph = LabelledGraph(precedences)
    for (scope, knots) in graph.knots(of: .ww, by: ConsistencyScope.allCases) {
      allowed.append((CycleClass.g0.phenomenon(scope).rawValue, knots.count))
    }
    for (scope, knots) in graph.knots(of: .wr, by: ConsistencyScope.allCases) {
      for knot in knots { describe(knot, scope, into: &report) }
    }
  }

  private func describe(
    _ knot: LabelledGraph, _ scope: ConsistencyScope, into report: inout CaseReport
  ) {
    report.add(CycleClass.g1c.phenomenon(scope).rawValue) {
      var found = CycleSearch(knot) { _ in false }.find(.g1c, scope)
      // Only polls go back in the order of time, and few do: a short circle has one of them.
      knot.forEachEdge { if $0.label == .wr, $0.from > $0.to { found?.edge = $0 } }
      let circle = (found?.witness ?? []).map { knot.transactions[Int($0.from)] }.filter { $0 >= 0 }
        .map { precedences.acts[Int($0)] }
      return (circle.map { history.index($0) }, steps(of: circle))
    }
  }

  private func steps(of circle: [Int]) -> String {
    circle.indices.map { step(from: circle[$0], to: circle[($0 + 1) % circle.count]) }
      .joined(separator: "; ")
  }

  private func step(from act: Int, to next: Int) -> String {
    let (here, there) = (history.index(act), history.index(next))
    let polled = history.runs(of: next).lazy.flatMap { history.pairs(of: $0) }
      .map { history.messages[$0] }
      .first { message in
        let writer = history.writers[Int(message)]
        return writer >= 0 && history.sends[Int(writer)].act == act
      }
    if let polled {
      let key = history.keyText(history.versions.keys[Int(polled)])
      return
        "op \(there) polled message \(history.text(polled)) of key \(key), which op \(here) sent"
    }
    let began = history.columns.index(at: Int(history.acts[next].invocation))
    return history.acts[act].process == history.acts[next].process
      ? "process \(history.process(act)) ended op \(here) before it began op \(began)"
      : "op \(here) had ended before op \(began) began"
  }
}

/// The sends and polls of a history in an order that agrees with time, and what depends on what.
struct KafkaPrecedences: Precedences {
  /// The operations in that order: those that succeeded by their ends, others by their beginnings.
  private(set) var acts: [Int] = []
  private(set) var isInstalled: [Bool] = []
  private(set) var sessions: [Int32] = []
  private(set) var begins: [Int32] = []
  private(set) var ends: [Int32] = []
  let sessionCount: Int
  let lineCount: Int
  let isTimed = true
  let hubCount = 0
  private let history: KafkaHistory
  private let logs: KafkaLogs
  /// For each operation its place in the order, or -1.
  private var places: [Int32]

  init(_ history: KafkaHistory, _ logs: KafkaLogs) {
    self.history = history
    self.logs = logs
    sessionCount = history.processCount
    lineCount = history.columns.count
    places = Array(repeating: -1, count: history.acts.count)
    var actsOfLines = [Int32](repeating: -1, count: lineCount)
    for (act, facts) in history.acts.enumerated()
    where facts.kind == .access && facts.outcome != .fail {
      let line = Int(facts.isOk ? facts.completion : facts.invocation)
      actsOfLines[line] = Int32(truncatingIfNeeded: act)
    }
    for act in actsOfLines.lazy.map({ Int($0) }) where act >= 0 {
      let facts = history.acts[act]
      places[act] = Int32(truncatingIfNeeded: acts.count)
      acts.append(act)
      isInstalled.append(true)
      sessions.append(facts.process)
      begins.append(facts.invocation)
      ends.append(facts.isOk ? facts.completion : Transactions.never)
    }
  }

  var count: Int { acts.count }

  func visit(_ emit: (Int32, Int32, Dependency) -> Void) {
    for run in history.runs.indices {
      let reader = places[Int(history.runs[run].act)]
      var last: Int32 = -1
      for pair in history.pairs(of: run) {
        let writer = sender(of: history.messages[pair])
        guard reader >= 0, writer >= 0, writer != reader, writer != last else { continue }
        emit(writer, reader, .wr)
        last = writer
      }
    }
    for slot in logs.offsets.indices.dropLast() where logs.keys[slot] == logs.keys[slot + 1] {
      let (here, next) = (logs.messages(at: slot), logs.messages(at: slot + 1))
      // Where several messages are said to be, the order of sends isn't known.
      guard here.count == 1, next.count == 1, let first = here.first, let second = next.first
      else { continue }
      let (earlier, later) = (sender(of: first), sender(of: second))
      if earlier >= 0, later >= 0, earlier != later { emit(earlier, later, .ww) }
    }
  }

  private func sender(of message: Int32) -> Int32 {
    let send = history.writers[Int(message)]
    return send < 0 ? -1 : places[Int(history.sends[Int(send)].act)]
  }
}

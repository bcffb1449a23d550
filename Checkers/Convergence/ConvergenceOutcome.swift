internal import Histories
internal import Values
internal import Verdicts

/// What was found in a history of a replicated data type.
struct ConvergenceOutcome {
  let history: ReplicaHistory
  private var report: CaseReport
  /// Reads that the specification was asked about, and those of which not all that they had seen is known.
  private var judgedCount = 0
  private var unjudgedCount = 0
  private var visibility = Visibility()
  /// Why nothing is proved, where nothing is.
  private var doubt: String?

  private static let meanings: [(type: String, meaning: String)] = [
    ("phantom", "reads show what nobody wrote, or replicas have seen what nobody asked for"),
    ("duplicated", "reads show an element twice"),
    ("below-bound", "reads show a counter below its bound"),
    ("malformed-tree", "reads show what is no tree"),
    ("unreadable", "reads show what is no value of the type"),
    ("reused-update", "two updates have one name, so a replica forgot that it made the first"),
    ("context-shrank", "a replica had seen updates, and later had not"),
    ("diverging", "replicas that had seen the same updates answered differently"),
    ("unexplained", "reads show what the type does not say for the updates that were seen"),
    (
      "arbitration-cycle",
      "updates are ordered before others that they had seen, so that they change nothing"
    ),
    ("misordered", "reads of a text show elements in orders that no single order agrees with"),
    ("interleaved", "a text shows an element within a run of others that it had not seen"),
    ("lost", "updates were acknowledged, and replicas do not have them in the end"),
  ]

  init(_ history: ReplicaHistory) {
    self.history = history
    report = CaseReport(ConvergenceOutcome.meanings)
  }

  /// Notes a case with the lines that show it; its text is only made where it is shown.
  mutating func add(
    _ type: String, _ lines: [Int32], _ detail: (_ text: ReplicaText, _ ops: [Int]) -> String
  ) {
    let text = ReplicaText(history: history)
    report.add(type) {
      let ops = lines.map(text.index)
      return (ops, detail(text, ops))
    }
  }

  mutating func judge() {
    guard history.problem == nil else { return }
    judgeAnswers()
    judgeNames()
    judgeChains()
    judgeAgreement()
    judgeStamps()
    judgeRanges()
    if history.reused.isEmpty { judgeBySpecification() }
    if history.type == .text { judgeText() }
    judgeEnd()
  }

  func finding(_ name: String) -> Finding {
    var finding = Finding(name, .valid)
    finding.facts = facts
    finding.add(report.anomalies)
    if let problem = history.problem {
      finding.verdict = .merged([finding.verdict, .unknown])
      finding.reason = finding.reason ?? problem
    } else if finding.verdict == .valid {
      finding.verdict = openQuestion == nil ? .valid : .unknown
      finding.reason = openQuestion ?? restriction
    }
    return finding
  }

  /// Why nothing is proved though nothing was found, where it is so.
  private var openQuestion: String? {
    let reads = history.reads
    if reads.isEmpty { return "there is no read to judge" }
    if !reads.contains(where: { $0.row >= 0 }) {
      guard reads.contains(where: \.isFinal) else {
        return
          "no read says what it had seen, and none is marked final, so that nothing is known of "
          + "what replicas agree on"
      }
      if history.type == .map || history.type == .tree {
        return "no read says what it had seen, and without that it is not known what a "
          + "\(history.type.name) must be"
      }
    }
    if judgedCount == 0, unjudgedCount > 0 {
      return
        "of no read it is known what it must answer: each had seen updates of which nobody tells, "
        + "or that have no stamp where the type needs one"
    }
    return doubt
  }

  /// What a valid verdict does not rest on.
  private var restriction: String? {
    var parts: [String] = []
    if judgedCount < history.reads.count {
      parts.append(
        "\(judgedCount) of \(history.reads.count) reads were judged by what they had seen")
    }
    if !history.reads.contains(where: \.isFinal) {
      parts.append("no final reads: nothing is said of lost updates")
    }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  private var facts: ValueMap {
    var facts = ValueMap(facts: [
      "type": .string(history.type.name), "updates": .integer(history.attemptCount),
      "acknowledged": .integer(history.acknowledgedCount),
      "named": .integer(history.updateCount), "reads": .integer(history.reads.count),
      "replicas": .integer(history.replicaNames.count),
      "judged-reads": .integer(judgedCount), "unjudged-reads": .integer(unjudgedCount),
    ])
    for (name, value) in visibility.facts { facts[fact: name] = value }
    if let largest = history.bytes.values.max(by: { $0.state < $1.state }), history.updateCount > 0
    {
      func perUpdate(_ bytes: Int) -> Value {
        .double((Double(bytes) / Double(history.updateCount) * 10).rounded() / 10)
      }
      facts[fact: "state-bytes"] = .integer(largest.state)
      facts[fact: "metadata-bytes"] = .integer(max(0, largest.state - largest.value))
      facts[fact: "metadata-bytes-per-update"] = perUpdate(max(0, largest.state - largest.value))
      facts[fact: "sent-bytes-per-update"] = perUpdate(
        history.bytes.values.reduce(0) { $0 + $1.sent })
    }
    return facts
  }
}

// MARK: - Judging

extension ConvergenceOutcome {
  private mutating func judgeAnswers() {
    let answers = Answers(history)
    var faults: [ValueCode: (fault: Fault, place: Value)?] = [:]
    for read in history.reads {
      if faults[read.answer] == nil { faults[read.answer] = .some(answers.fault(in: read.answer)) }
      guard let found = faults[read.answer] ?? nil else { continue }
      add(found.fault.rawValue, [read.completion]) { text, ops in
        "op \(ops[0]) of \(text.replica(read.replica)): \(found.place.text()) in "
          + text.text(read.answer)
      }
    }
  }

  private mutating func judgeNames() {
    for (first, second) in history.reused {
      add("reused-update", [history.lines[Int(first)], history.lines[Int(second)]]) { text, _ in
        "\(text.text(update: Int(first))) and \(text.text(update: Int(second)))"
      }
    }
    for update in history.invented {
      add("phantom", [history.lines[Int(update)]]) { text, ops in
        "op \(ops[0]): a replica made the update \(text.text(update: Int(update))), which nobody had "
          + "asked for"
      }
    }
    // Updates without a known name may have been made wherever replicas have seen more than is known.
    var seen = [Int32](repeating: 0, count: history.width)
    for read in history.reads where read.row >= 0 {
      for replica in 0..<history.width {
        seen[replica] = max(seen[replica], history.count(of: Int32(replica), in: read.row))
      }
    }
    let total = seen.reduce(0) { $0 + Int($1) }
    guard total > history.attemptCount, let last = history.reads.last else { return }
    let attemptCount = history.attemptCount
    add("phantom", [last.completion]) { _, _ in
      "\(total) updates were seen, and only \(attemptCount) had been asked for"
    }
  }

  private mutating func judgeChains() {
    for shrinking in ReplicaChains.shrinkings(in: history) {
      add("context-shrank", [shrinking.earlier, shrinking.later]) { text, ops in
        "op \(ops[0]) had seen \(text.text(context: shrinking.earlierRow)), and op \(ops[1]) at the "
          + "same replica \(text.text(context: shrinking.laterRow))"
      }
    }
  }

  /// That what was seen decides what is answered.
  private mutating func judgeAgreement() {
    var firsts: [[Int32]: Int] = [:]
    for (place, read) in history.reads.enumerated() where read.row >= 0 {
      let start = Int(read.row) * history.width
      let context = Array(history.contexts[start..<start + history.width])
      guard let first = firsts[context].map({ history.reads[$0] }) else {
        firsts[context] = place
        continue
      }
      guard first.answer != read.answer else { continue }
      add("diverging", [first.completion, read.completion]) { text, ops in
        "op \(ops[0]) of \(text.replica(first.replica)) answered \(text.text(first.answer)), op "
          + "\(ops[1]) of \(text.replica(read.replica)) \(text.text(read.answer)), and both had seen "
          + text.text(context: read.row)
      }
    }
  }

  /// That updates are ordered after all that they had seen, and no two alike.
  private mutating func judgeStamps() {
    guard history.type.needsStamps, history.reused.isEmpty else { return }
    let orders = StampOrders(history)
    var known: [ReplicaHistory.Stamp: Int] = [:]
    for update in 0..<history.updateCount {
      guard let stamp = history.stamps[update] else { continue }
      let same = known.updateValue(update, forKey: stamp).flatMap {
        orders.areOrdered($0, update) ? $0 : nil
      }
      guard let earlier = orders.later(thanSeenBy: update) ?? same else { continue }
      let history = history
      add("arbitration-cycle", [history.lines[earlier], history.lines[update]]) { text, _ in
        guard let other = history.stamps[earlier] else { return "" }
        return "\(text.text(update: update)) has the stamp \(stamp.text), and "
          + "\(text.text(update: earlier))\(history.saw(update, earlier) ? ", which it had seen," : "") "
          + other.text
      }
    }
  }

  private mutating func judgeBySpecification() {
    switch history.type {
    case .growOnlyCounter, .counter, .boundedCounter: judge(by: CounterSpecification.self)
    case .growOnlySet, .twoPhaseSet, .lastWriterSet, .addWinsSet, .removeWinsSet:
      judge(by: SetSpecification.self)
    case .lastWriterRegister: judge(by: LastWriterRegisterSpecification.self)
    case .multiValueRegister: judge(by: MultiValueRegisterSpecification.self)
    case .enableWinsFlag, .disableWinsFlag: judge(by: FlagSpecification.self)
    case .map: judge(by: MapSpecification.self)
    case .text: judge(by: TextSpecification.self)
    case .tree: judge(by: TreeSpecification.self)
    case .cart: judge(by: CartSpecification.self)
    }
  }

  /// Goes through the reads of each replica in the order of what they had seen.
  private mutating func judge<Rules: Specification>(by _: Rules.Type) {
    var rules = Rules(history)
    visibility = Visibility(history)
    let needsStamps = history.type.needsStamps
    for (replica, places) in ReplicaChains.readChains(in: history) {
      rules.reset()
      var seen = [Int32](repeating: 0, count: history.width)
      // What the replica was seen to have seen, though it may have forgotten it.
      var noted = seen
      var isKnown = true
      for place in places {
        let read = history.reads[place]
        let extends = (0..<history.width).allSatisfy {
          seen[$0] <= history.count(of: Int32($0), in: read.row)
        }
        if !extends {
          rules.reset()
          seen = Array(repeating: 0, count: history.width)
          isKnown = true
        }
        for origin in 0..<history.width {
          let count = history.count(of: Int32(origin), in: read.row)
          guard seen[origin] < count else { continue }
          let named = history.named[origin]
          let end = min(Int(count), named.count)
          if end < Int(count) { isKnown = false }
          for update in named[min(Int(seen[origin]), end)..<end] {
            guard update >= 0, !needsStamps || history.stamps[Int(update)] != nil else {
              isKnown = false
              continue
            }
            rules.see(Int(update))
            guard replica >= 0, history.numbers[Int(update)] > noted[origin] else { continue }
            visibility.note(Int(update), at: replica, in: read)
          }
          noted[origin] = max(noted[origin], count)
          seen[origin] = count
        }
        guard isKnown else {
          unjudgedCount += 1
          continue
        }
        judgedCount += 1
        if !rules.allows(read.answer) { refuse(place, rules.value) }
      }
    }
    visibility.finish(history)
  }

  private mutating func refuse(_ place: Int, _ expected: Value) {
    let read = history.reads[place]
    let text = ReplicaText(history: history)
    report.add("unexplained") {
      let answer = text.history.table.value(of: read.answer)
      let decisive = Array(text.differences(answer, expected, read.row).prefix(6))
      let ops = [text.index(read.completion)] + decisive.map { text.index(text.history.lines[$0]) }
      let detail =
        "op \(ops[0]) of \(text.replica(read.replica)) answered \(answer.text()) where "
        + "\(text.history.type.specification) would be \(expected.text()); it had seen "
        + text.text(context: read.row)
        + (decisive.isEmpty
          ? "" : ", among them " + decisive.map { text.text(update: $0) }.joined(separator: ", "))
      return (ops, detail)
    }
  }

  private mutating func judgeText() {
    let order = TextOrder(history)
    if let circle = order.circle {
      add("misordered", circle.map(\.line)) { text, _ in
        let steps = circle.map { pair in
          "\(order.value(of: pair.before).text()) before \(order.value(of: pair.after).text()) "
            + "(op \(text.index(pair.line)))"
        }
        return listing(steps, limit: 12)
      }
    }
    let interleavings = order.interleavings()
    for found in interleavings.found {
      add("interleaved", [history.reads[found.read].completion]) { text, ops in
        "op \(ops[0]) shows \(text.text(found.stranger)) between \(text.text(found.before)) and "
          + "\(text.text(found.after)), which was inserted right behind it; the insert of "
          + "\(text.text(found.stranger)) had not seen \(text.text(found.before))"
      }
    }
    if !interleavings.isComplete {
      doubt = doubt ?? "the reads are too long to look for interleaved runs in all of them"
    }
  }
}

// MARK: - The end

extension ConvergenceOutcome {
  /// What replicas came to when the faults were over.
  private mutating func judgeEnd() {
    let final = history.reads.filter(\.isFinal)
    guard let first = final.first else { return }
    if let unrest = history.unrest {
      doubt = doubt ?? unrest
      return
    }
    let isComplete = judgeFinalContexts(final)
    for read in final.dropFirst() where read.answer != first.answer {
      // Reads that had seen the same are compared elsewhere, and what is lost is enough to say.
      let haveContexts = read.row >= 0 && first.row >= 0
      if haveContexts, !isComplete || history.areEqual(read.row, first.row) { continue }
      add("diverging", [first.completion, read.completion]) { text, ops in
        "in the end op \(ops[0]) answered \(text.text(first.answer)), and op \(ops[1]) "
          + text.text(read.answer)
      }
    }
    let unexplained = history.updateCount == 0 ? final : final.filter { $0.row < 0 }
    if !unexplained.isEmpty { judgeFinalValues(unexplained) }
  }

  /// That every replica has every update that was acknowledged.
  ///
  /// - Returns: Whether it is so.
  private mutating func judgeFinalContexts(_ final: [ReplicaHistory.Read]) -> Bool {
    var isComplete = true
    var least = [Int32](repeating: .max, count: history.width)
    for read in final where read.row >= 0 {
      for origin in least.indices {
        let count = history.count(of: Int32(truncatingIfNeeded: origin), in: read.row)
        least[origin] = min(least[origin], count)
      }
    }
    for update in 0..<history.updateCount where history.isAcknowledged[update] {
      let (origin, number) = (history.origins[update], history.numbers[update])
      guard least[Int(origin)] < number else { continue }
      let missing = final.filter { $0.row >= 0 && history.count(of: origin, in: $0.row) < number }
      guard let read = missing.first else { continue }
      isComplete = false
      add("lost", [history.lines[update], read.completion]) { text, ops in
        "\(text.text(update: update)) is missing at \(missing.count) of \(final.count) replicas, such "
          + "as \(text.replica(read.replica)) in op \(ops[1])"
      }
    }
    return isComplete
  }
}

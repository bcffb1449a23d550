import Values

/// Tells why transactions precede each other, and names them T1, T2, … as they are met.
struct CausalExplanation {
  private let reads: ReadsFrom
  private let sessions: SessionOrder?
  private(set) var members: [Int] = []
  private var places: [Int32: Int] = [:]
  var reasons: [String] = []

  init(_ reads: ReadsFrom, _ sessions: SessionOrder?) {
    self.reads = reads
    self.sessions = sessions
  }

  private var transactions: Transactions { reads.transactions }

  var incident: Incidents.Incident {
    Incidents.Incident(transactions: members, reasons: reasons)
  }

  /// The name of a transaction, which is given to it where it has none.
  mutating func name(_ transaction: Int32) -> String {
    if let place = places[transaction] { return "T\(place + 1)" }
    places[transaction] = members.count
    members.append(Int(transaction))
    return "T\(members.count)"
  }

  /// What a read shows, as `key 5 = 3`.
  func text(ofRead step: Int) -> String {
    "\(transactions.keyText(transactions.keys[step])) = \(transactions.text(observedBy: step))"
  }

  /// The first step by which a transaction read from another one.
  func read(by reader: Int32, from writer: Int32) -> Int? {
    transactions.steps(of: Int(reader)).first { reads.sources[$0] == writer }
  }

  /// Why one transaction led to another right away.
  mutating func directReason(_ from: Int32, _ to: Int32) -> String {
    let (first, second) = (name(from), name(to))
    if let step = read(by: to, from: from) {
      return "\(second) read \(text(ofRead: step)), which \(first) wrote"
    }
    return "process \(transactions.process(of: Int(from))) executed \(first) before \(second)"
  }

  /// Adds a line for each step of the shortest way by reads and the order of processes from one
  /// transaction to another.
  mutating func addCauses(of effect: Int32, from cause: Int32) {
    for (from, to) in way(from: cause, to: effect) {
      let reason = directReason(from, to)
      reasons.append("\(name(from)) < \(name(to)), because \(reason).")
    }
  }

  /// Breadth first, backwards.
  private func way(from cause: Int32, to effect: Int32) -> [(from: Int32, to: Int32)] {
    var next: [Int32: Int32] = [effect: -1]
    var queue = [effect]
    var place = 0
    while place < queue.count {
      let transaction = queue[place]
      place += 1
      if transaction == cause { break }
      var causes = transactions.steps(of: Int(transaction)).map { reads.sources[$0] }
      if let sessions { causes.append(sessions.predecessors[Int(transaction)]) }
      for earlier in causes where earlier >= 0 && next[earlier] == nil {
        next[earlier] = transaction
        queue.append(earlier)
      }
    }
    var way: [(from: Int32, to: Int32)] = []
    var transaction = cause
    while let later = next[transaction], later >= 0 {
      way.append((transaction, later))
      transaction = later
    }
    return way
  }
}

extension CommitOrder {
  /// A read of the initial state of what had been overwritten for it.
  func incident(_ constraint: CommitConstraint) -> Incidents.Incident {
    var text = CausalExplanation(reads, sessions)
    let reader = Int32(
      truncatingIfNeeded: reads.transactions.transaction(of: Int(constraint.read)))
    let (first, second) = (text.name(reader), text.name(constraint.from))
    let shown = text.text(ofRead: Int(constraint.read))
    addSeen(constraint.from, reader, to: &text)
    text.reasons.append(
      "However, \(first) < \(second), because \(first) read \(shown), the initial state, and "
        + "\(second) wrote it: a contradiction!")
    return text.incident
  }

  /// A transaction whose reads contradict causal order: one shows what had been overwritten, or several
  /// show what was written in a circle.
  func incident(contradiction: [CommitConstraint]) -> Incidents.Incident {
    var text = CausalExplanation(reads, sessions)
    for constraint in contradiction { _ = text.name(constraint.from) }
    for (place, constraint) in contradiction.enumerated() {
      let reader = Int32(
        truncatingIfNeeded: reads.transactions.transaction(of: Int(constraint.read)))
      text.addCauses(of: reader, from: constraint.from)
      let (first, second) = (text.name(constraint.from), text.name(constraint.to))
      let isLast = place == contradiction.count - 1
      let reason =
        "\(text.name(reader)) read \(text.text(ofRead: Int(constraint.read))), which \(second) "
        + "wrote, and not what \(first) had written there"
      let next = contradiction[(place + 1) % contradiction.count].from
      if constraint.to != next { text.addCauses(of: next, from: constraint.to) }
      text.reasons.append(
        "\(isLast ? "However, " : "")\(first) < \(second), because \(reason)"
          + (isLast ? ": a contradiction!" : "."))
    }
    return text.incident
  }

  /// A circle of constraints, and of what they must agree with.
  func incident(
    _ cycle: [LabelledGraph.Edge], _ constraint: (LabelledGraph.Edge) -> CommitConstraint?
  ) -> Incidents.Incident {
    var text = CausalExplanation(reads, sessions)
    for edge in cycle { _ = text.name(edge.from) }
    for (place, edge) in cycle.enumerated() {
      let (first, second) = (text.name(edge.from), text.name(edge.to))
      let isLast = place == cycle.count - 1
      var reason: String
      if edge.label == .rw, let constraint = constraint(edge) {
        let reader = Int32(
          truncatingIfNeeded: reads.transactions.transaction(of: Int(constraint.read)))
        let third = text.name(reader)
        if reader != edge.to { addSeen(edge.from, reader, to: &text) }
        reason =
          "\(third) saw \(first), and read \(text.text(ofRead: Int(constraint.read))), which "
          + "\(second) wrote, and not what \(first) had written there"
      } else if edge.label == .ww {
        reason = "\(second) wrote the later version of a key that both wrote"
      } else {
        reason = text.directReason(edge.from, edge.to)
      }
      if isLast { reason += ": a contradiction!" } else { reason += "." }
      text.reasons.append("\(isLast ? "However, " : "")\(first) < \(second), because \(reason)")
    }
    return text.incident
  }

  /// Adds why a reader had seen a transaction by the rule.
  private func addSeen(_ seen: Int32, _ reader: Int32, to text: inout CausalExplanation) {
    switch rule {
    case .earlierReads, .reads:
      let reason = text.directReason(seen, reader)
      text.reasons.append("\(text.name(seen)) < \(text.name(reader)), because \(reason).")
    case .causes: text.addCauses(of: reader, from: seen)
    }
  }
}

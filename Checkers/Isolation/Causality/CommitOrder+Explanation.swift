import Values

/// Tells why transactions precede each other, and names them T1, T2, … as they are met.
struct CausalExplanation {
  private let reads: ReadsFrom
  private let sessions: SessionOrder?
  private(set) var incident = Incidents.Incident(transactions: [], reasons: [])
  private var places: [Int32: Int] = [:]

  init(_ reads: ReadsFrom, _ sessions: SessionOrder?) {
    self.reads = reads
    self.sessions = sessions
  }

  private var transactions: Transactions { reads.transactions }

  /// The place of a transaction among those that are told of, to which it is added where it is new.
  private mutating func place(_ transaction: Int32) -> Int {
    if let place = places[transaction] { return place }
    let place = incident.transactions.count
    places[transaction] = place
    incident.transactions.append(Int(transaction))
    return place
  }

  /// The name of a transaction, which is given to it where it has none.
  mutating func name(_ transaction: Int32) -> String { "T\(place(transaction) + 1)" }

  /// What a read shows, as `key 5 = 3`.
  func text(ofRead step: Int) -> String {
    "\(transactions.keyText(transactions.keys[step])) = \(transactions.text(observedBy: step))"
  }

  /// Adds that one transaction precedes another, and why.
  mutating func add(
    _ from: Int32, _ to: Int32, _ kind: Witness.Kind, _ ground: Witness.Ground,
    isLast: Bool = false
  ) {
    incident.witness.edges.append(
      .init(from: place(from), to: place(to), kind: kind, ground: ground))
    incident.reasons.append(
      "\(isLast ? "However, " : "")\(name(from)) < \(name(to)), because \(ground.reason)"
        + (isLast ? ": a contradiction!" : "."))
  }

  /// Adds that one transaction read from another one, or came after it in its process.
  mutating func addDirect(_ from: Int32, _ to: Int32, isLast: Bool = false) {
    let (first, second) = (name(from), name(to))
    let step = transactions.steps(of: Int(to)).first { reads.sources[$0] == from }
    guard let step else {
      let process = transactions.process(of: Int(from))
      let reason = "process \(process) executed \(first) before \(second)"
      return add(from, to, .process, .init(reason: reason), isLast: isLast)
    }
    let key = transactions.keys[step]
    add(
      from, to, .wr,
      .init(
        reason: "\(second) read \(text(ofRead: step)), which \(first) wrote",
        fromStep: lastWrite(of: key, by: from), toStep: step, key: key),
      isLast: isLast)
  }

  /// The step by which a transaction wrote a key last.
  func lastWrite(of key: Int32, by transaction: Int32) -> Int? {
    transactions.steps(of: Int(transaction)).last {
      transactions.keys[$0] == key && transactions.kinds[$0] == .write
    }
  }

  /// Adds that what a read shows was committed after what was seen by then.
  mutating func add(_ constraint: CommitConstraint, isLast: Bool) {
    let (first, second) = (name(constraint.from), name(constraint.to))
    let step = Int(constraint.read)
    let key = transactions.keys[step]
    let reader = name(Int32(truncatingIfNeeded: transactions.transaction(of: step)))
    add(
      constraint.from, constraint.to, .ww,
      .init(
        reason:
          "\(reader) saw \(first), and read \(text(ofRead: step)), which \(second) wrote, and "
          + "not what \(first) had written there",
        fromStep: lastWrite(of: key, by: constraint.from),
        toStep: lastWrite(of: key, by: constraint.to), key: key),
      isLast: isLast)
  }

  /// Adds that one transaction wrote a later version of a key than another one.
  mutating func add(_ from: Int32, _ to: Int32, writing key: Int32, isLast: Bool) {
    add(
      from, to, .ww,
      .init(
        reason:
          "\(name(to)) wrote the version of \(transactions.keyText(key)) after \(name(from))'s",
        fromStep: lastWrite(of: key, by: from), toStep: lastWrite(of: key, by: to), key: key),
      isLast: isLast)
  }

  /// Adds each step of the shortest way by reads and the order of processes from one transaction to
  /// another.
  mutating func addCauses(of effect: Int32, from cause: Int32) {
    for (from, to) in way(from: cause, to: effect) { addDirect(from, to) }
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

extension CausalExplanation {
  private func reader(_ constraint: CommitConstraint) -> Int32 {
    Int32(truncatingIfNeeded: transactions.transaction(of: Int(constraint.read)))
  }

  /// Tells of a read of the initial state of what had been overwritten for it.
  mutating func addInitialRead(_ constraint: CommitConstraint, _ rule: CommitRule) {
    let (reader, step) = (reader(constraint), Int(constraint.read))
    let (first, second) = (name(reader), name(constraint.from))
    addSeen(constraint.from, reader, rule)
    let key = transactions.keys[step]
    add(
      reader, constraint.from, .rw,
      .init(
        reason: "\(first) read \(text(ofRead: step)), the initial state, and \(second) wrote it",
        fromStep: step, toStep: lastWrite(of: key, by: constraint.from), key: key),
      isLast: true)
  }

  /// Tells of a transaction whose reads contradict causal order: one shows what had been overwritten, or
  /// several show what was written in a circle.
  mutating func add(contradiction: [CommitConstraint]) {
    for constraint in contradiction { _ = name(constraint.from) }
    for (place, constraint) in contradiction.enumerated() {
      addCauses(of: reader(constraint), from: constraint.from)
      let next = contradiction[(place + 1) % contradiction.count].from
      if constraint.to != next { addCauses(of: next, from: constraint.to) }
    }
    for (place, constraint) in contradiction.enumerated() {
      add(constraint, isLast: place == contradiction.count - 1)
    }
  }

  /// Adds why a reader had seen a transaction by a rule.
  fileprivate mutating func addSeen(_ seen: Int32, _ reader: Int32, _ rule: CommitRule) {
    switch rule {
    case .earlierReads, .reads: addDirect(seen, reader)
    case .causes: addCauses(of: reader, from: seen)
    }
  }
}

extension CommitOrder {
  private func reader(_ constraint: CommitConstraint) -> Int32 {
    Int32(truncatingIfNeeded: reads.transactions.transaction(of: Int(constraint.read)))
  }

  /// A read of the initial state of what had been overwritten for it.
  func incident(_ constraint: CommitConstraint) -> Incidents.Incident {
    var text = CausalExplanation(reads, sessions)
    text.addInitialRead(constraint, rule)
    return text.incident
  }

  /// A transaction whose reads contradict causal order.
  func incident(contradiction: [CommitConstraint]) -> Incidents.Incident {
    var text = CausalExplanation(reads, sessions)
    text.add(contradiction: contradiction)
    return text.incident
  }

  /// A circle of constraints, and of what they must agree with.
  func incident(
    _ cycle: [LabelledGraph.Edge], constraint: (LabelledGraph.Edge) -> CommitConstraint?,
    versionKey: (LabelledGraph.Edge) -> Int32
  ) -> Incidents.Incident {
    var text = CausalExplanation(reads, sessions)
    for edge in cycle { _ = text.name(edge.from) }
    for (place, edge) in cycle.enumerated() {
      let isLast = place == cycle.count - 1
      if edge.label == .rw, let constraint = constraint(edge) {
        let reader = reader(constraint)
        if reader != edge.to { text.addSeen(edge.from, reader, rule) }
        text.add(constraint, isLast: isLast)
      } else if edge.label == .ww {
        text.add(edge.from, edge.to, writing: versionKey(edge), isLast: isLast)
      } else {
        text.addDirect(edge.from, edge.to, isLast: isLast)
      }
    }
    return text.incident
  }
}

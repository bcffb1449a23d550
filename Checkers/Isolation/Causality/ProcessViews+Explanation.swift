extension ProcessViews {
  /// What a process can't have seen, step by step, and what it is called.
  func incident(
    of session: Int, _ violation: Violation
  ) throws(LimitReached) -> (phenomenon: Phenomenon, incident: Incidents.Incident) {
    let found = try derivations(of: session) ?? ([], 0, violation)
    var proof = ViewProof(
      reads, order, session: Int32(session), found.found, certain: found.certain)
    return proof.explain(found.violation)
  }

  /// What a violation is called as far as that is known without its proof.
  func phenomenon(_ violation: Violation) -> Phenomenon {
    switch (order.kind, violation) {
    case (.causes, .initialRead): .writeHBInitRead
    case (.causes, _): .cyclicHB
    case (.programs, .initialRead): .writePRAMInitRead
    case (.programs, _): .cyclicPRAM
    }
  }
}

/// Tells why what a process read can't be explained: each order that reads tell of after what it rests on.
private struct ViewProof {
  private typealias Derived = ProcessViews.Derived

  private let reads: ReadsFrom
  private let order: ViewOrder
  private let session: Int32
  /// What reads told, in the order in which it was found, and by what it leads to.
  private let derived: [Derived]
  /// How many of these come first that others, and later ones of these, may rest on.
  private let certain: Int
  private var byTarget: [Int32: [Int]] = [:]
  private var text: CausalExplanation
  /// What was told.
  private var told: Set<Int> = []
  private var toldDirectly: Set<CommitConstraint.Pair> = []
  private var restsOnReads = false

  init(
    _ reads: ReadsFrom, _ order: ViewOrder, session: Int32, _ derived: [ProcessViews.Derived],
    certain: Int
  ) {
    self.certain = certain
    self.reads = reads
    self.order = order
    self.session = session
    self.derived = derived
    for (place, one) in derived.enumerated() { byTarget[one.to, default: []].append(place) }
    text = CausalExplanation(reads, order.sessions)
  }

  private var transactions: Transactions { reads.transactions }

  /// One step of a way: a direct one, or one that a read tells of.
  private struct Step {
    var from: Int32
    var to: Int32
    var derived: Int?
  }

  mutating func explain(
    _ violation: ProcessViews.Violation
  ) -> (phenomenon: Phenomenon, incident: Incidents.Incident) {
    let isCausal = order.kind == .causes
    switch violation {
    case .initialRead(let step, let writer):
      let reader = reader(of: step)
      _ = text.name(reader)
      tell(way(from: writer, to: reader, before: derived.count))
      let (first, second) = (text.name(reader), text.name(writer))
      let key = transactions.keys[step]
      text.add(
        reader, writer, .rw,
        .init(
          reason:
            "\(first) read \(text.text(ofRead: step)), the initial state, and \(second) wrote it",
          fromStep: step, toStep: text.lastWrite(of: key, by: writer), key: key),
        isLast: true)
      let base: Phenomenon = restsOnReads ? .writeHBInitRead : .writeCOInitRead
      return (isCausal ? base : .writePRAMInitRead, text.incident)
    case .circle(let last):
      tell(way(from: last.from, to: reader(of: last.step), before: certain))
      tell(way(from: last.to, to: last.from, before: derived.count))
      add(last, isLast: true)
      return (isCausal ? restsOnReads ? .cyclicHB : .writeCORead : .cyclicPRAM, text.incident)
    case .ownFuture(let step, let writer):
      let reader = reader(of: step)
      _ = text.name(reader)
      text.addDirect(writer, reader)
      let process = transactions.process(of: Int(reader))
      text.add(
        reader, writer, .process,
        .init(
          reason: "process \(process) executed \(text.name(reader)) before \(text.name(writer))"),
        isLast: true)
      return (isCausal ? .cyclicCO : .cyclicPRAM, text.incident)
    }
  }

  private func reader(of step: Int) -> Int32 {
    Int32(truncatingIfNeeded: transactions.transaction(of: step))
  }

  /// Tells each step of a way, and before it what it rests on.
  private mutating func tell(_ way: [Step]) {
    for step in way {
      guard let place = step.derived else { continue }
      restsOnReads = true
      guard told.insert(place).inserted else { continue }
      let one = derived[place]
      tell(self.way(from: one.from, to: reader(of: one.step), before: min(place, certain)))
      add(one, isLast: false)
    }
    for step in way where step.derived == nil {
      guard toldDirectly.insert(.init(from: step.from, to: step.to)).inserted else { continue }
      text.addDirect(step.from, step.to)
    }
  }

  private mutating func add(_ derived: ProcessViews.Derived, isLast: Bool) {
    let reader = reader(of: derived.step)
    let key = transactions.keys[derived.step]
    let names = [derived.from, derived.to, reader].map { text.name($0) }
    text.add(
      derived.from, derived.to, .ww,
      .init(
        reason:
          "\(names[2]) read \(text.text(ofRead: derived.step)), which \(names[1]) wrote, and "
          + "\(names[0]), which came before \(names[2]), wrote \(transactions.keyText(key)), too",
        fromStep: text.lastWrite(of: key, by: derived.from),
        toStep: text.lastWrite(of: key, by: derived.to), key: key),
      isLast: isLast)
  }

  /// The shortest way from one transaction to another by direct steps, where there is one, else by what
  /// was known before something was found.
  private func way(from cause: Int32, to effect: Int32, before bound: Int) -> [Step] {
    let direct = shortest(from: cause, to: effect, before: 0)
    return direct.isEmpty ? shortest(from: cause, to: effect, before: bound) : direct
  }

  private func shortest(from cause: Int32, to effect: Int32, before bound: Int) -> [Step] {
    var next: [Int32: Step] = [:]
    var queue = [effect]
    var place = 0
    while place < queue.count {
      let transaction = queue[place]
      place += 1
      if transaction == cause, place > 1 { break }
      func visit(_ earlier: Int32, _ derived: Int?) {
        guard earlier >= 0, earlier != effect, next[earlier] == nil else { return }
        next[earlier] = Step(from: earlier, to: transaction, derived: derived)
        queue.append(earlier)
      }
      visit(order.sessions.predecessors[Int(transaction)], nil)
      if order.kind == .causes || transactions.sessions[Int(transaction)] == session {
        for step in transactions.steps(of: Int(transaction)) { visit(reads.sources[step], nil) }
      }
      for place in byTarget[transaction] ?? [] where place < bound {
        visit(derived[place].from, place)
      }
    }
    var way: [Step] = []
    var transaction = cause
    while transaction != effect, let step = next[transaction] {
      way.append(step)
      transaction = step.to
    }
    return way
  }
}

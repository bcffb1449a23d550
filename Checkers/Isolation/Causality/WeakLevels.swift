import Values

/// Decides the levels that need no order of versions, where nothing stronger holds.
///
/// Read committed, read atomic and causal convergence are told by what must have been committed before
/// what, see ``CommitRule``; causal consistency by what each transaction's causes tell, which are the
/// bad patterns of Bouajjani and others (On verifying causal consistency, POPL 2017) where each
/// transaction reads one key.
///
/// What is known of the order of versions, as lists tell it, is taken into account.
struct WeakLevels {
  private(set) var incidents = Incidents()
  private(set) var holding: Set<ConsistencyModel> = []
  /// Why models could not be decided.
  private(set) var problems: [ConsistencyModel: String] = [:]

  private let scanned: ScannedHistory
  private let reads: ReadsFrom
  private let sessions: SessionOrder
  private let open: Set<ConsistencyModel>

  /// - Parameter open: The models that are to be decided.
  /// - Complexity: O(*n* *k*) for *n* steps and *k* processes as a rule.
  init(
    _ scanned: ScannedHistory, open: Set<ConsistencyModel>, _ limits: CheckLimits
  ) throws(LimitReached) {
    self.scanned = scanned
    self.open = open
    reads = ReadsFrom(scanned)
    sessions = SessionOrder(scanned.transactions, scanned.isInstalled)
    try judgeWithSessions(limits)
    if !scanned.chains.tellsGuarantees { judgeGuarantees() }
    let dataRules = rules(withSessions: false)
    if !dataRules.isEmpty { try judge(dataRules, nil, CausalOrder(reads, nil), limits) }
    try judgeViews(limits)
  }

  /// The rules that decide what is open, the strictest first.
  private func rules(withSessions: Bool) -> [CommitRule] {
    let known = holding.reduce(into: Set<ConsistencyModel>()) { $0.formUnion($1.implied) }
    func isOpen(_ models: ConsistencyModel...) -> Bool {
      models.contains { open.contains($0) && !known.contains($0) }
    }
    if withSessions, isOpen(.causalConvergence, .causal) {
      return [.causes, .reads, .earlierReads]
    }
    if isOpen(.readAtomic) || withSessions && isOpen(.strongSessionReadAtomic) {
      return [.reads, .earlierReads]
    }
    return isOpen(.readCommitted, .monotonicAtomicView)
      || withSessions && isOpen(.strongSessionReadCommitted) ? [.earlierReads] : []
  }

  private mutating func judgeWithSessions(_ limits: CheckLimits) throws(LimitReached) {
    let rules = rules(withSessions: true)
    guard
      !rules.isEmpty || open.contains(.writesFollowReads) || open.contains(.causalMemory)
    else { return }
    let order = CausalOrder(reads, sessions)
    guard order.circle.isEmpty else {
      let incident = incident(shortest(order.circle, withSessions: true))
      add(.cyclicCO, incident)
      // Some process in the circle wrote what came before what it had read.
      if open.contains(.writesFollowReads) { add(.writeBeforeRead, incident) }
      return
    }
    if !scanned.chains.tellsGuarantees { holding.insert(.writesFollowReads) }
    try judge(rules, sessions, order, limits)
  }

  /// Judges by rules, the strictest first, up to one by which there is an order of commits.
  private mutating func judge(
    _ rules: [CommitRule], _ sessions: SessionOrder?, _ order: CausalOrder, _ limits: CheckLimits
  ) throws(LimitReached) {
    guard order.circle.isEmpty else {
      return add(.g1c, incident(shortest(order.circle, withSessions: false)))
    }
    var broken: CommitOrder?
    for rule in rules {
      try limits.poll()
      let constraints = rule == .causes ? CausalConstraints(reads, self.sessions, order) : nil
      let commits = CommitOrder(
        reads, sessions, order, rule, versions: scanned.chains.visitKnownOrder,
        visit: constraints?.visit ?? DirectConstraints(reads, sessions, rule).visit)
      guard commits.violationCount > 0 else {
        // Where single reads contradict the level, weaker ones may hold still; of lists those without
        // sessions at least, for lists show more than whose write was last.
        let model = rule.model(withSessions: sessions != nil)
        holding.formUnion([model, rule.model(withSessions: false)])
        if scanned.transactions.kind == .register {
          holding.formUnion(model.implied.filter { !$0.isGuarantee })
        }
        break
      }
      if let constraints { judgeCausality(commits, constraints) }
      if rule == rules.last, !scanned.chains.tellsGuarantees { holding.insert(.readCommitted) }
      broken = commits
    }
    if let broken { add(broken, withSessions: sessions != nil) }
  }

  /// - Parameter causes: The constraints of causal convergence, which go in a circle.
  private mutating func judgeCausality(_ causes: CommitOrder, _ constraints: CausalConstraints) {
    if let first = causes.initialReads.first {
      return add(.writeCOInitRead, causes.incident(first))
    }
    do throws(TooManyLanes) {
      if let contradiction = try constraints.firstContradiction(causes.parts) {
        add(.writeCORead, causes.incident(contradiction: contradiction))
      } else if scanned.transactions.kind == .register {
        holding.insert(.causal)
      } else {
        problems[.causal] =
          "it is not causally convergent, and plain causality is judged of registers"
      }
    } catch {
      problems[.causal] = "it is not causally convergent, and too many processes were part of that"
    }
  }

  /// Judges by what each process can have seen.
  private mutating func judgeViews(_ limits: CheckLimits) throws(LimitReached) {
    for (model, kind) in [
      (ConsistencyModel.causalMemory, ViewOrder.Kind.causes), (.pram, .programs),
    ] where open.contains(model) {
      guard scanned.transactions.kind == .register else {
        problems[model] = "it is judged of registers"
        continue
      }
      guard Set(incidents.phenomena).isDisjoint(with: model.prohibited) else { continue }
      try limits.poll()
      let order: ViewOrder
      do throws(TooManyLanes) {
        order = try ViewOrder(kind, reads, sessions)
      } catch {
        problems[model] = "there are too many processes for as long a history"
        continue
      }
      if try judge(ProcessViews(reads, order), limits) { holding.formUnion([model, .pram]) }
      if holding.contains(.pram) { return }
    }
  }

  /// Whether each process can have seen an order.
  private mutating func judge(
    _ views: ProcessViews, _ limits: CheckLimits
  ) throws(LimitReached) -> Bool {
    var violations: [(session: Int, ProcessViews.Violation)] = []
    try views.visit(limits) { violations.append(($0, $1)) }
    var incidents = incidents
    for (place, (session, violation)) in violations.enumerated() {
      guard place < WeakLevels.shownMax else {
        _ = incidents.note(views.phenomenon(violation))
        continue
      }
      let (phenomenon, incident) = try views.incident(of: session, violation)
      if incidents.note(phenomenon) { incidents.show(phenomenon, incident) }
    }
    self.incidents = incidents
    return violations.isEmpty
  }

  /// How many processes' views are told of.
  private static let shownMax = 3

  private mutating func judgeGuarantees() {
    // Whatever a process wrote can have reached all others in order.
    holding.insert(.monotonicWrites)
    let single = Set(scanned.incidents.phenomena)
    let isConvergent =
      holding.contains(.causalConvergence)
      && single.isDisjoint(with: ConsistencyModel.causalConvergence.prohibited)
    guard !isConvergent else {
      // One order of all explains what each process read.
      holding.formUnion([.readYourWrites, .monotonicReads])
      return
    }
    guard open.contains(.readYourWrites) || open.contains(.monotonicReads) else { return }
    let views = SessionViews(reads)
    var incidents = incidents
    views.visit { phenomenon, step, earlier in
      guard incidents.note(phenomenon) else { return }
      incidents.show(phenomenon, views.incident(phenomenon, step, earlier))
    }
    self.incidents = incidents
    if incidents.count(of: .unreadOwnWrite) == 0 { holding.insert(.readYourWrites) }
    if incidents.count(of: .nonmonotonicRead) == 0 { holding.insert(.monotonicReads) }
  }

  private mutating func add(_ commits: CommitOrder, withSessions: Bool) {
    let phenomenon = commits.rule.phenomenon(withSessions: withSessions)
    for place in 0..<commits.violationCount where incidents.note(phenomenon) {
      guard place < commits.incidents.count else { continue }
      incidents.show(phenomenon, commits.incidents[place])
    }
  }

  private mutating func add(_ phenomenon: Phenomenon, _ incident: Incidents.Incident) {
    if incidents.note(phenomenon) { incidents.show(phenomenon, incident) }
  }

  /// The shortest circle of the transactions of one.
  private func shortest(_ circle: [Int32], withSessions: Bool) -> [Int32] {
    var places: [Int32: Int32] = [:]
    for (place, member) in circle.enumerated() { places[member] = Int32(place) }
    var edges: [LabelledGraph.Edge] = []
    for (place, member) in circle.enumerated() {
      func add(_ cause: Int32, _ label: Dependency) {
        guard let from = places[cause] else { return }
        edges.append(.init(from: from, to: Int32(place), label: label))
      }
      if withSessions { add(sessions.predecessors[Int(member)], .process) }
      for step in reads.transactions.steps(of: Int(member)) { add(reads.sources[step], .wr) }
    }
    return LabelledGraph(transactions: circle, edges: edges).shortestCycle.map(\.from)
  }

  private func incident(_ circle: [Int32]) -> Incidents.Incident {
    var text = CausalExplanation(reads, sessions)
    for transaction in circle { _ = text.name(transaction) }
    for (place, from) in circle.enumerated() {
      text.addDirect(from, circle[(place + 1) % circle.count], isLast: place == circle.count - 1)
    }
    return text.incident
  }
}

extension VersionChains {
  /// Visits pairs of transactions of which the second wrote a later version of a key, as far as
  /// that is known whatever level holds.
  fileprivate func visitKnownOrder(_ emit: (_ from: Int32, _ to: Int32, _ key: Int32) -> Void) {
    guard isObserved || isAssumed else { return }
    for slot in 0..<Int32(writers.count) where writers[Int(slot)] >= 0 {
      let chain = chains[Int(slot)]
      let key = keys[Int(chain)]
      guard isLast(slot) else {
        emit(writers[Int(slot)], writers[Int(slot) + 1], key)
        continue
      }
      if isInitial(chain), isObserved {
        for other in otherChains(of: key) {
          emit(writers[Int(slot)], writers[Int(starts[Int(other)])], key)
        }
      }
      guard !laterStarts.isEmpty else { continue }
      for place in laterStarts[Int(chain)]..<laterStarts[Int(chain) + 1]
      where laterLabels[Int(place)].isEmpty {
        let head = starts[Int(laterChains[Int(place)])]
        emit(writers[Int(slot)], writers[Int(head)], key)
      }
    }
  }
}

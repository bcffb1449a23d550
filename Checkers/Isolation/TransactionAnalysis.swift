package import Histories
import Values

/// What a history of transactions says of each consistency model, and why.
///
/// Where the orders of versions decide a model, see ``ConsistencyModel/isDecidedByVersions``, and
/// these are known, it is decided by them; what is left of the weak ones by ``WeakLevels``.
package struct TransactionAnalysis {
  package let transactions: Transactions
  /// What is wrong, and how often.
  let incidents: Incidents
  /// All phenomena that are there, but for some that follow from others.
  package let found: Set<Phenomenon>
  package let decisions: [ConsistencyModel: ModelDecision]
  /// What contradicts the assumptions.
  package let broken: [String]

  /// - Parameters:
  ///   - models: What was promised, which only the counts depend on, and whether levels that take
  ///     long to decide are.
  ///   - assumptions: What is taken for granted of the versions of registers.
  ///   - operations: How operations on single registers are read, where these are what there is.
  /// - Throws: When an operation is no transaction.
  /// - Complexity: O(*n*) for *n* steps and elements of reads where there are no cycles.
  package init(
    _ columns: HistoryColumns, _ kind: TransactionKind, for models: [ConsistencyModel],
    assuming assumptions: Set<VersionAssumption> = [], operations: SingleOperations? = nil,
    within limits: CheckLimits = CheckLimits()
  ) throws(TransactionProblem) {
    let read: Transactions
    do throws(MalformedTransaction) {
      read = try Transactions(columns, kind, operations)
    } catch {
      throw .malformed(error)
    }
    do throws(LimitReached) {
      self = try TransactionAnalysis(read, for: models, assuming: assumptions, limits)
    } catch {
      throw .limit(error.reason)
    }
  }

  private init(
    _ read: Transactions, for models: [ConsistencyModel],
    assuming assumptions: Set<VersionAssumption>, _ limits: CheckLimits
  ) throws(LimitReached) {
    try limits.poll()
    if read.kind == .register, assumptions.isEmpty, !models.isEmpty,
      models.allSatisfy(\.needsNoVersions)
    {
      let scan = RegisterScan(read, ordersVersions: false)
      var decider = ModelDecider(
        ScannedHistory(scan), scan.incidents, [], asked: Set(models), limits)
      try decider.decide(only: Set(models))
      transactions = scan.transactions
      (incidents, found, decisions) = (decider.incidents, decider.found, decider.decisions)
      broken = []
      return
    }
    let scanned = ScannedHistory(read, assumptions)
    broken = scanned.broken
    let prohibited = models.reduce(into: Set<Phenomenon>()) { $0.formUnion($1.prohibited) }
    let scopes = Set(prohibited.map(\.scope))
    let counted: ConsistencyScope =
      scopes.contains(.realtime) && read.isTimed
      ? .realtime : scopes.isDisjoint(with: [.process, .realtime]) ? .data : .process
    let analysis = try CycleAnalysis(
      Dependencies(scanned.transactions, scanned.isInstalled, scanned.chains),
      adding: scanned.incidents, countedScope: counted, limits)
    transactions = scanned.transactions
    let judged = try InterleavedWrites(scanned, counted).judge(analysis, limits)
    var decider = ModelDecider(
      scanned, judged.incidents, judged.found, asked: Set(models), limits)
    try decider.decide()
    incidents = decider.incidents
    found = decider.found
    decisions = decider.decisions
  }

  /// The strongest models that hold.
  package var holding: [ConsistencyModel] {
    let all = ConsistencyModel.allCases.filter { decisions[$0] == .holds }
    return all.filter { model in !all.contains { $0 != model && $0.implies(model) } }
  }
}

/// A history after the passes over single transactions and keys.
struct ScannedHistory {
  var transactions: Transactions
  var isInstalled: [Bool]
  var chains: VersionChains
  var incidents: Incidents
  /// What contradicts the assumptions.
  var broken: [String] = []

  /// Registers with what their own transactions tell of the order of their versions.
  init(_ scan: RegisterScan) {
    self.init(scan.transactions, scan.isInstalled, scan.chains, scan.incidents)
  }

  private init(
    _ transactions: Transactions, _ isInstalled: [Bool], _ chains: VersionChains,
    _ incidents: Incidents
  ) {
    self.transactions = transactions
    self.isInstalled = isInstalled
    self.chains = chains
    self.incidents = incidents
  }

  init(_ transactions: Transactions, _ assumptions: Set<VersionAssumption>) {
    switch transactions.kind {
    case .listAppend:
      let scan = ListScan(transactions)
      self = ScannedHistory(scan.transactions, scan.isInstalled, scan.chains, scan.incidents)
    case .register: self = ScannedHistory(RegisterScan(transactions))
    }
    if transactions.kind == .register, chains.hasOpenChains || !assumptions.isEmpty {
      let order = AssumedOrder(transactions, isInstalled, chains, assumptions)
      (chains, broken) = (order.chains, order.broken)
    }
  }
}

/// Decides each model from what is there.
struct ModelDecider {
  private(set) var decisions: [ConsistencyModel: ModelDecision] = [:]
  private(set) var incidents: Incidents
  private(set) var found: Set<Phenomenon>
  private let scanned: ScannedHistory
  /// What was promised: levels that take long to decide are decided where they are among it.
  private let asked: Set<ConsistencyModel>
  private var problems: [ConsistencyModel: String] = [:]
  private let limits: CheckLimits

  init(
    _ scanned: ScannedHistory, _ incidents: Incidents, _ found: Set<Phenomenon>,
    asked: Set<ConsistencyModel>, _ limits: CheckLimits
  ) {
    self.scanned = scanned
    self.asked = asked
    self.limits = limits
    self.incidents = incidents
    self.found = found.union(incidents.phenomena)
  }

  /// Decides some models that need no order of versions, and of the others what follows.
  mutating func decide(only models: Set<ConsistencyModel>) throws(LimitReached) {
    ruleOut()
    // What else is wrong is told of those, too, that are ruled out by now.
    try judgeWeakLevels(models)
    guard scanned.transactions.ambiguity == nil else { return leave(open) }
    for model in open where models.contains(model) {
      decisions[model] = .undecided(reason(model))
    }
    for model in open {
      decisions[model] = .undecided("it was not asked for, and does not follow from what was")
    }
  }

  mutating func decide() throws(LimitReached) {
    ruleOut()
    guard scanned.transactions.ambiguity == nil else { return leave(open) }
    for model in open where isProven(model) { hold(model) }
    if open.contains(where: { $0.isDecidedByCommits || $0.isGuarantee }) {
      try judgeWeakLevels(Set(open.filter { !$0.isOfViews || asked.contains($0) }))
    }
    if scanned.chains.hasOpenChains { try tryOrders() }
    leave(open)
  }

  private var open: [ConsistencyModel] {
    ConsistencyModel.allCases.filter { decisions[$0] == nil }
  }

  private mutating func ruleOut() {
    for model in open where !model.prohibited.isDisjoint(with: found) {
      decisions[model] = .ruledOut
    }
  }

  private mutating func judgeWeakLevels(_ open: Set<ConsistencyModel>) throws(LimitReached) {
    try limits.poll()
    let weak = try WeakLevels(scanned, open: open, limits)
    incidents.add(weak.incidents)
    found.formUnion(weak.incidents.phenomena)
    problems.merge(weak.problems) { $1 }
    ruleOut()
    // What can't be told apart may break what seems to hold, and breaks nothing that seems broken.
    guard scanned.transactions.ambiguity == nil else { return }
    for model in weak.holding where decisions[model] == nil { hold(model) }
  }

  private mutating func hold(_ model: ConsistencyModel) {
    for implied in model.implied where decisions[implied] == nil { decisions[implied] = .holds }
  }

  /// Whether a model holds since nothing was found that it prohibits.
  private func isProven(_ model: ConsistencyModel) -> Bool {
    guard model.isDecidedByVersions, scanned.transactions.isTimed || !model.isTimed else {
      return false
    }
    if model.isOfWritesAlone { return true }
    // What registers show of the order of versions does not hold for each process by itself.
    if model.isGuarantee, !scanned.chains.tellsGuarantees { return false }
    guard scanned.chains.isOrdered.allSatisfy({ $0 }) else { return false }
    if !scanned.chains.hasOpenChains { return true }
    return scanned.transactions.kind == .listAppend && model.allowsOpenElements
  }

  /// Tries orders in which the versions may have been installed: a model that holds with one of them
  /// holds.
  private mutating func tryOrders() throws(LimitReached) {
    let chains = scanned.chains
    let byHead = (0..<chains.keys.count).map { chain in
      Int(chains.writers[Int(chains.starts[chain])])
    }
    guard chains.isOrdered.allSatisfy({ $0 }) else { return }
    let byTime = ChainZones(scanned.transactions, scanned.isInstalled, chains).ranks
    for ranks in [byTime, byHead] {
      let open = ConsistencyModel.allCases.filter {
        decisions[$0] == nil && $0.isDecidedByVersions
          && (scanned.transactions.isTimed || !$0.isTimed)
      }
      guard !open.isEmpty else { return }
      let whole = Dependencies(
        scanned.transactions, scanned.isInstalled, chains.completed(byRank: ranks))
      let phenomena = try CycleAnalysis(
        whole, adding: Incidents(), countedScope: nil, limits
      ).found.union(found)
      for model in open where model.prohibited.isDisjoint(with: phenomena) { hold(model) }
    }
  }

  /// Says why models are not decided.
  private mutating func leave(_ models: [ConsistencyModel]) {
    for model in models { decisions[model] = .undecided(reason(model)) }
  }

  private func reason(_ model: ConsistencyModel) -> String {
    let (transactions, chains) = (scanned.transactions, scanned.chains)
    if let (first, second, version) = transactions.ambiguity {
      if second == Transactions.openCompareAndSet {
        return
          "op \(transactions.indices(of: Int(first))[0]), a cas without an answer, took effect, for "
          + "\(transactions.text(of: version)) was read from "
          + "\(transactions.keyText(transactions.versions.keys[Int(version)])); what it had read itself, "
          + "and when, is not judged"
      }
      guard second >= 0 else {
        return "op \(transactions.indices(of: Int(first))[0]) writes "
          + "\(transactions.text(of: version)) to "
          + "\(transactions.keyText(transactions.versions.keys[Int(version)])), the initial state, "
          + "so that what a read saw can't be told"
      }
      let lines = [first, second].map { transactions.indices(of: Int($0))[0] }.sorted()
      return "ops \(lines[0]) and \(lines[1]) both write \(transactions.text(of: version)) to "
        + "\(transactions.keyText(transactions.versions.keys[Int(version)])), so that what a read "
        + "saw can't be told"
    }
    if model.isTimed, !transactions.isTimed {
      return "the history does not say what precedes what in real time"
    }
    if let key = chains.openKey {
      return transactions.kind == .listAppend && chains.isOrdered[Int(key)]
        ? "the order of appends to \(transactions.keyText(key)) that nobody read is not known"
        : "the order of the versions of \(transactions.keyText(key)) is not known"
    }
    if let problem = problems[model] { return problem }
    if model.isOfViews, !asked.contains(model) {
      return "it was not asked for, and does not follow from what holds"
    }
    return "it is not decided by dependencies, and no model that is and implies it holds"
  }
}

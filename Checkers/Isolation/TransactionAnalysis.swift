package import Histories
import Values

/// What a history of transactions says of each consistency model, and why.
///
/// The models that are decided by the orders of versions are those with
/// ``ConsistencyModel/isDecided``; what is known of the others follows from these.
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
  ///   - models: What was promised, which only the counts depend on.
  ///   - assumptions: What is taken for granted of the versions of registers.
  /// - Throws: When an operation is no transaction.
  /// - Complexity: O(*n*) for *n* steps and elements of reads where there are no cycles.
  package init(
    _ columns: HistoryColumns, _ kind: TransactionKind, for models: [ConsistencyModel],
    assuming assumptions: Set<VersionAssumption> = []
  ) throws(MalformedTransaction) {
    let read = try Transactions(columns, kind)
    let scanned = ScannedHistory(read, assumptions)
    broken = scanned.broken
    let prohibited = models.reduce(into: Set<Phenomenon>()) { $0.formUnion($1.prohibited) }
    let scopes = Set(prohibited.map(\.scope))
    let counted: ConsistencyScope =
      scopes.contains(.realtime) && read.isTimed
      ? .realtime : scopes.isDisjoint(with: [.process, .realtime]) ? .data : .process
    let analysis = CycleAnalysis(
      Dependencies(scanned.transactions, scanned.isInstalled, scanned.chains),
      adding: scanned.incidents, countedScope: counted)
    transactions = scanned.transactions
    let judged = InterleavedWrites(scanned, counted).judge(analysis)
    incidents = judged.incidents
    found = judged.found.union(judged.incidents.phenomena)
    var decider = ModelDecider(scanned, found)
    decider.decide()
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

  init(_ transactions: Transactions, _ assumptions: Set<VersionAssumption>) {
    switch transactions.kind {
    case .listAppend:
      let scan = ListScan(transactions)
      (self.transactions, isInstalled) = (scan.transactions, scan.isInstalled)
      (chains, incidents) = (scan.chains, scan.incidents)
    case .register:
      let scan = RegisterScan(transactions)
      (self.transactions, isInstalled) = (scan.transactions, scan.isInstalled)
      (chains, incidents) = (scan.chains, scan.incidents)
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
  private let scanned: ScannedHistory
  private let found: Set<Phenomenon>

  init(_ scanned: ScannedHistory, _ found: Set<Phenomenon>) {
    self.scanned = scanned
    self.found = found
  }

  mutating func decide() {
    for model in ConsistencyModel.allCases where !model.prohibited.isDisjoint(with: found) {
      decisions[model] = .ruledOut
    }
    let open = ConsistencyModel.allCases.filter { decisions[$0] == nil }
    guard scanned.transactions.ambiguity == nil else { return leave(open) }
    for model in open where isProven(model) { hold(model) }
    if scanned.chains.hasOpenChains { tryOrders() }
    leave(ConsistencyModel.allCases.filter { decisions[$0] == nil })
  }

  private mutating func hold(_ model: ConsistencyModel) {
    for implied in model.implied where decisions[implied] == nil { decisions[implied] = .holds }
  }

  /// Whether a model holds since nothing was found that it prohibits.
  private func isProven(_ model: ConsistencyModel) -> Bool {
    guard model.isDecided, scanned.transactions.isTimed || !model.isTimed else { return false }
    if model.isOfWritesAlone { return true }
    guard scanned.chains.isOrdered.allSatisfy({ $0 }) else { return false }
    if !scanned.chains.hasOpenChains { return true }
    return scanned.transactions.kind == .listAppend && model.allowsOpenElements
  }

  /// Tries orders in which the versions may have been installed: a model that holds with one of them
  /// holds.
  private mutating func tryOrders() {
    let chains = scanned.chains
    let byHead = (0..<chains.keys.count).map { chain in
      Int(chains.writers[Int(chains.starts[chain])])
    }
    guard chains.isOrdered.allSatisfy({ $0 }) else { return }
    let byTime = ChainZones(scanned.transactions, scanned.isInstalled, chains).ranks
    for ranks in [byTime, byHead] {
      let open = ConsistencyModel.allCases.filter {
        decisions[$0] == nil && $0.isDecided && (scanned.transactions.isTimed || !$0.isTimed)
      }
      guard !open.isEmpty else { return }
      let whole = Dependencies(
        scanned.transactions, scanned.isInstalled, chains.completed(byRank: ranks))
      let phenomena = CycleAnalysis(whole, adding: Incidents(), countedScope: nil).found
        .union(found)
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
    return "it is not decided by dependencies, and no model that is and implies it holds"
  }
}

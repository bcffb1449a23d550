/// What cycles there are in the serialization graph of a history with known orders of versions.
struct CycleAnalysis {
  /// The phenomena that are there; what follows from one of them may be left out.
  private(set) var found: Set<Phenomenon> = []
  /// How often each occurs: in how many strongly connected components there is such a cycle, as Elle
  /// counts, and none that is worse and implies it; reads and transactions for what is told of those.
  private(set) var incidents: Incidents
  private let dependencies: Dependencies
  private let readOnly: [Bool]
  /// The order of which the components are, in which cycles of dependencies alone are counted.
  private let countedScope: ConsistencyScope?

  /// - Parameters:
  ///   - countedScope: The strongest order that was asked for; nothing where only what is there is
  ///     of interest, and not how often or why.
  /// - Complexity: O(*n* + *m*) where there are no cycles.
  init(
    _ dependencies: Dependencies, adding incidents: Incidents, countedScope: ConsistencyScope?,
    _ limits: CheckLimits
  ) throws(LimitReached) {
    try limits.poll()
    self.dependencies = dependencies
    self.incidents = incidents
    self.countedScope = countedScope
    let transactions = dependencies.transactions
    let graph = LabelledGraph(dependencies)
    readOnly =
      graph.count == 0
      ? []
      : (0..<transactions.count).map { transaction in
        !transactions.steps(of: transaction).contains { transactions.kinds[$0] == .write }
      }
    let everything = Dependency(rawValue: .max)
    let scopes: [ConsistencyScope] =
      transactions.isTimed ? [.data, .process, .realtime] : [.data, .process]
    try limits.poll()
    for knot in graph.knots(LabelledGraph.Ways(everything)) {
      try limits.poll()
      for scope in scopes {
        let isWhole = scope == scopes.last
        let mask: Dependency = [.ww, .wr, .rw, .chained]
        let parts = isWhole ? [knot] : knot.knots(.init(mask.union(scope.mask)))
        for part in parts { analyse(part, scope) }
      }
    }
  }

  private mutating func analyse(_ part: LabelledGraph, _ scope: ConsistencyScope) {
    let isReadOnly = readOnly
    let search = CycleSearch(part) { isReadOnly[Int($0)] }
    var present: [Phenomenon] = []
    let isCounted = countedScope == scope
    addCycles(search, .data, isCounted: isCounted, &present)
    switch scope {
    case .data: addVisibility(part, search, present)
    case .process:
      addCycles(search, scope, isCounted: countedScope != nil, &present)
      if dependencies.chains.tellsGuarantees { addGuarantees(part) }
    case .realtime: addCycles(search, scope, isCounted: countedScope != nil, &present)
    }
  }

  /// Adds the cycles of a scope that do not follow from those that are present.
  private mutating func addCycles(
    _ search: CycleSearch, _ scope: ConsistencyScope, isCounted: Bool,
    _ present: inout [Phenomenon]
  ) {
    for sort in [CycleClass.g0, .g1c, .gSingle, .gNonadjacent, .g2Item] {
      let phenomenon = sort.phenomenon(scope)
      guard !present.contains(where: { $0.closure.contains(phenomenon) }) else { continue }
      // What is known to be there somewhere needs no search where it isn't counted.
      if countedScope == nil, scope != .data, found.contains(phenomenon) { continue }
      guard let cycle = search.find(sort, scope) else { continue }
      present.append(phenomenon)
      found.insert(phenomenon)
      if isCounted { add(phenomenon, cycle) }
    }
  }

  private mutating func add(_ phenomenon: Phenomenon, _ cycle: CycleSearch.Found) {
    guard incidents.note(phenomenon) else { return }
    incidents.show(phenomenon, dependencies.incident(cycle.witness, in: cycle.graph))
  }

  /// Adds what levels between read committed and serializable rule out beside cycles of Elle's.
  private mutating func addVisibility(
    _ part: LabelledGraph, _ search: CycleSearch, _ present: [Phenomenon]
  ) {
    let implied = present.reduce(into: Set<Phenomenon>()) { $0.formUnion($1.closure) }
    guard implied.contains(.g2Item) else { return }
    if !implied.contains(.gUpdate), let cycle = search.find(.update, .data) {
      addSpecial(.gUpdate, cycle)
    }
    guard implied.contains(.gNonadjacent) else { return }
    if let cycle = search.find(.prefix, .data) { addSpecial(.gPrefix, cycle) }
    guard implied.contains(.gSingle) else { return }
    let scan = VisibilityScan(dependencies, part)
    for read in scan.overwrites() {
      found.insert(.gCursor)
      guard countedScope != nil, incidents.note(.gCursor) else { continue }
      incidents.show(.gCursor, scan.incident(ofOverwrite: read))
    }
    let isReadOnly = readOnly
    let whole = CycleSearch(scan.withLaterWrites(part)) { isReadOnly[Int($0)] }
    if let cycle = whole.find(.causality, .data) { addSpecial(.causalityViolation, cycle) }
    for (phenomenon, inOrder) in [
      (Phenomenon.fracturedRead, false), (.observedTransactionVanishes, true),
    ] {
      for fracture in scan.fractures(inOrder: inOrder) {
        found.insert(phenomenon)
        guard countedScope != nil, incidents.note(phenomenon) else { continue }
        incidents.show(phenomenon, scan.incident(fracture))
      }
    }
  }

  private mutating func addSpecial(_ phenomenon: Phenomenon, _ cycle: CycleSearch.Found) {
    found.insert(phenomenon)
    if countedScope != nil { add(phenomenon, cycle) }
  }

  private mutating func addGuarantees(_ part: LabelledGraph) {
    let scan = SessionScan(dependencies, part)
    var (found, incidents) = (found, incidents)
    let isCounted = countedScope != nil
    scan.visit { phenomenon, later, earlier, key in
      found.insert(phenomenon)
      guard isCounted, incidents.note(phenomenon) else { return }
      incidents.show(phenomenon, scan.incident(phenomenon, later, earlier, key))
    }
    (self.found, self.incidents) = (found, incidents)
  }
}

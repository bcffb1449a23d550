import Environments
import Values

/// What happens in one round of a family: the fault, as it would strike if it were alone.
struct Round: Sendable {
  var fault: Fault
  var aim = ScheduledFault.Aim.drawn

  /// One of a family's variants, with its shape and targets drawn.
  init(
    _ variants: [NemesisSpec], among names: NodeNames, _ draws: Draws
  ) throws(NemesisError) {
    var draws = draws
    switch draws.element(of: variants) {
    case .partition(let shape):
      fault = .cut(try shape.links(among: names, &draws))
      aim = shape == .primary ? .primaries : .drawn
    case .kill(let ending, let target):
      fault = .kill(ending, try target.nodes(among: names, &draws))
      aim = target.aim
    case .pause(let target):
      fault = .pause(try target.nodes(among: names, &draws))
      aim = target.aim
    case .disk(let kind, let target):
      fault = .disk(kind, try target.nodes(among: names, &draws))
      aim = target.aim
    case .disturb(let disturbance, let target):
      let nodes = try target.nodes(among: names, &draws)
      fault = .disturb(disturbance, Grudges.touching(nodes, of: names.nodes))
      aim = target.aim
    case .limit(let limit, let target):
      fault = .limit(limit, try target.nodes(among: names, &draws))
      aim = target.aim
    case .clock(let kind, let target):
      var changes: [NodeID: ClockChange] = [:]
      for node in try target.nodes(among: names, &draws) {
        changes[node] = kind.change(&draws)
      }
      fault = .skew(changes)
      aim = target.aim
    }
  }
}

extension NemesisSpec.ClockFault {
  /// An amount whose order of magnitude is as random as its digits, in either direction.
  fileprivate func change(_ draws: inout Draws) -> ClockChange {
    switch self {
    case .any:
      let kinds = NemesisSpec.ClockFault.allCases.filter { $0 != .any }
      return draws.element(of: kinds).change(&draws)
    case .offset: return .offset(jump(&draws))
    case .step: return .step(jump(&draws))
    case .freeze: return .freeze
    case .strobe:
      let low = Nanoseconds.milliseconds(1) << Int64(draws.below(10))
      return .strobe(by: jump(&draws), period: draws.within(low...2 * low - 1))
    case .drift:
      let low = Nanoseconds.milliseconds(1) << Int64(draws.below(8))
      let size = draws.within(low...2 * low - 1)
      return .drift(nanosecondsPerSecond: draws.below(2) == 0 ? size : -size)
    }
  }

  private func jump(_ draws: inout Draws) -> Nanoseconds {
    let low = Nanoseconds.milliseconds(1) << Int64(3 + draws.below(15))
    let size = draws.within(low...2 * low - 1)
    return draws.below(2) == 0 ? size : -size
  }
}

/// The beginning or the end of a round.
struct Turn: Comparable, Sendable {
  var time: Nanoseconds
  var family: FaultFamily
  /// The family's place among all, which settles what comes first at the same time.
  var rank: Int
  var number: Int
  var round: Round
  var isEnd = false

  private var key: (Nanoseconds, Int, Int, Int) { (time, rank, number, isEnd ? 1 : 0) }

  static func < (left: Turn, right: Turn) -> Bool { left.key < right.key }
  static func == (left: Turn, right: Turn) -> Bool { left.key == right.key }
}

/// Makes the families' rounds one schedule, in which no fault strikes a process that is gone.
struct Composition {
  let nodes: [NodeID]
  /// By node: the family that took it down.
  private var downFor: [FaultFamily?]
  private var isPaused: [Bool]
  /// By node: whether a fault of its disk holds, while the node may be up.
  private var isAfflicted: [Bool]
  /// Families whose current round is left out.
  private var leftOut: Set<FaultFamily> = []
  /// Families whose current round is meant for nodes in a role: whom it struck is not known here.
  private var aimed: Set<FaultFamily> = []

  init(nodes: [NodeID]) {
    self.nodes = nodes
    downFor = Array(repeating: nil, count: nodes.count)
    isPaused = Array(repeating: false, count: nodes.count)
    isAfflicted = isPaused
  }

  mutating func take(_ turn: Turn) -> ScheduledFault? {
    turn.isEnd ? end(turn) : begin(turn)
  }

  private mutating func begin(_ turn: Turn) -> ScheduledFault? {
    guard let fault = composed(turn.round) else {
      leftOut.insert(turn.family)
      return nil
    }
    if turn.round.aim != .drawn { aimed.insert(turn.family) }
    return ScheduledFault(
      time: turn.time, family: turn.family, f: turn.family.startName, fault: fault,
      aim: turn.round.aim)
  }

  private mutating func end(_ turn: Turn) -> ScheduledFault? {
    guard leftOut.remove(turn.family) == nil else { return nil }
    let struck = release(turn.family, wasAimed: aimed.remove(turn.family) != nil)
    let (f, fault) = turn.family.end(of: struck)
    return ScheduledFault(time: turn.time, family: turn.family, f: f, fault: fault)
  }

  /// The fault without the nodes that it can't strike; nothing where there are no others.
  private mutating func composed(_ round: Round) -> Fault? {
    switch round.fault {
    case .kill(let ending, let wanted):
      let struck = standing(wanted, round)
      takeDown(struck, for: .kill)
      return struck.isEmpty ? nil : .kill(ending, struck)
    case .disk(let fault, let wanted) where fault.kind.isStrike:
      let struck = standing(wanted, round)
      takeDown(struck, for: .disk)
      return struck.isEmpty ? nil : .disk(fault, struck)
    case .disk(let fault, let wanted):
      for node in wanted { isAfflicted[node.index] = true }
      return .disk(fault, wanted)
    case .pause(let wanted):
      let struck = standing(wanted, round)
      for node in struck { isPaused[node.index] = true }
      return struck.isEmpty ? nil : .pause(struck)
    default:
      return round.fault
    }
  }

  /// Those of the wanted nodes that are up.
  ///
  /// A fault for the primaries has another node in their place, as they may be up where the one that
  /// was drawn is not.
  private func standing(_ wanted: [NodeID], _ round: Round) -> [NodeID] {
    let standing = wanted.filter { downFor[$0.index] == nil }
    guard standing.isEmpty, round.aim != .drawn else { return standing }
    return Array(nodes.filter { downFor[$0.index] == nil }.prefix(1))
  }

  private mutating func takeDown(_ struck: [NodeID], for family: FaultFamily) {
    // Those of them that were paused stay so as far as is known here: a fault for the primaries, or one
    // that is spared, may not strike them, and to resume a process that is not paused does nothing.
    for node in struck { downFor[node.index] = family }
  }

  /// The nodes that the end of a family's round concerns.
  private mutating func release(_ family: FaultFamily, wasAimed: Bool) -> [NodeID] {
    guard family.strikesProcesses else { return [] }
    var struck: [NodeID] = []
    for node in nodes {
      let isStruck =
        family == .pause
        ? isPaused[node.index]
        : downFor[node.index] == family || (family == .disk && isAfflicted[node.index])
      // A fault for the primaries struck none that another family is known to have taken down.
      let isHeld = downFor[node.index].map { $0 != family && !aimed.contains($0) } ?? false
      if isStruck || (wasAimed && !isHeld) { struck.append(node) }
      if family == .pause { isPaused[node.index] = false }
      if family == .disk { isAfflicted[node.index] = false }
      if downFor[node.index] == family { downFor[node.index] = nil }
    }
    return struck
  }
}

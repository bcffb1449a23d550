import Environments
import Nemeses
import Values

/// The same with few faults that strike at the right moments, in place of many that struck at any.
///
/// Where three faults must each follow within milliseconds on an election, a schedule of hundreds has
/// three that do, by chance, and hardly anything can be left out of it, for that shifts the elections. So
/// other faults are looked for: each strikes the node that reaches a mark, a moment after it does. How
/// many there are, of which kinds, which marks they wait for and how long is drawn anew for each run.
/// When one fails, its faults are written down with the times at which they came.
extension Shrinker {
  /// With fewer faults than these, they are left out one by one.
  private static let manyFaults = 8
  private static let startEvents = 500

  /// - Returns: A failing script; nothing where none was found, or where that is not worth it.
  mutating func withAmbushes(_ failure: Failure) throws -> Failure? {
    guard anomaly != Divergence.name, failure.script.base.liveness == nil,
      failure.script.disruptions.count >= Shrinker.manyFaults
    else { return nil }
    let nodes = failure.script.base.nodes
    var script = failure.script
    script.base.nodes = Array(nodes.prefix(3))
    // What is simple first, but not for long. What is run may need more nodes.
    if var hunt = try AmbushHunt(failure.script, as: script), (try? hunt.run(0, of: 1)) != nil {
      for count in 1...AmbushHunt.countMax {
        if let found = try firstFailure(in: &hunt, of: count, eventsMax: 1_000_000) { return found }
      }
      if let found = try firstFailure(in: &hunt, of: nil, eventsMax: 10_000_000) { return found }
    }
    guard nodes.count > 3, var hunt = try AmbushHunt(failure.script, as: failure.script) else {
      return nil
    }
    return try firstFailure(in: &hunt, of: nil, eventsMax: 4_000_000)
  }

  /// Runs with so many ambushes, or with any number of them.
  ///
  /// - Parameter eventsMax: How many events the runs may have, with what it costs to begin one.
  private mutating func firstFailure(
    in hunt: inout AmbushHunt, of ambushCount: Int?, eventsMax: Int
  ) throws -> Failure? {
    let count = eventsMax / (try hunt.meanEvents(ambushCount) + Shrinker.startEvents)
    let found = try firstInOrder(of: count, cores: cores) {
      [fails, interrupted, hunt] number -> Failure? in
      guard !interrupted() else { return nil }
      let (script, outcome) = try hunt.run(number, of: ambushCount)
      guard try fails(script.plan, outcome) else { return nil }
      let named = script.with(outcome.ambushed)
      let again = try SimulatedRun(named.plan).run()
      return try fails(named.plan, again) ? Failure(script: named, outcome: again) : nil
    }
    hunt.first += count
    runCount += found.map { $0.place + 1 } ?? count
    return found?.result
  }
}

/// A mark that a node reached.
struct MarkSighting: Hashable, Sendable {
  var label: String
  /// Whether the node took itself for a leader then.
  var isLeader: Bool
}

/// Runs with ambushes, each drawn from its number.
private struct AmbushHunt: Sendable {
  private let script: Script
  /// The number of the first run that was not yet.
  var first = 0
  private let marks: Favoured<String>
  /// One fault of each kind that the script has.
  private let faults: Favoured<ScheduledFault>

  static let countMax = 4
  private static let requestCounts = [0, 0, 10, 40]

  /// - Parameters:
  ///   - whole: A script that fails, from which the marks and the kinds of faults are taken.
  ///   - script: What runs in place of it, but for the faults.
  init?(_ whole: Script, as script: Script) throws {
    self.script = script
    let outcome = try SimulatedRun(whole.plan, reportsMarks: true).run()
    var labels: [String] = []
    var faults: [ScheduledFault] = []
    for sighting in outcome.sightings where !labels.contains(sighting.label) {
      labels.append(sighting.label)
    }
    for disruption in whole.disruptions
    where !faults.contains(where: { $0.kind == disruption.start.kind }) {
      faults.append(disruption.start)
    }
    guard !labels.isEmpty, !faults.isEmpty else { return nil }
    let leaders = Set(outcome.sightings.filter(\.isLeader).map(\.label))
    marks = Favoured(labels) { leaders.contains($0) }
    self.faults = Favoured(faults) { $0.silences }
  }

  func run(_ number: Int, of count: Int?) throws -> (script: Script, outcome: Outcome) {
    let seed = mixed(script.seed &+ UInt64(first + number) &+ 1)
    var draws = Draws(seed: seed, stream: 0x616d_6275_7368)
    var script = script
    script.seed = seed
    script.disruptions = []
    script.base.timeLimit = .milliseconds(500) << Int64(draws.below(3))
    script.spread(draws.element(of: AmbushHunt.requestCounts))
    let ambushes = ambushes(count ?? 1 + draws.below(AmbushHunt.countMax), &draws)
    var plan = script.plan
    plan.nemesis = []
    for ambush in ambushes where !plan.nemesis.contains(ambush.fault.family.rawValue) {
      plan.nemesis.append(ambush.fault.family.rawValue)
    }
    return (script, try SimulatedRun(plan, ambushes: ambushes).run())
  }

  /// How many events a run has, by a few of them.
  func meanEvents(_ ambushCount: Int?) throws -> Int {
    let probeCount = 8
    var events = 0
    for number in 0..<probeCount {
      events += try run(number, of: ambushCount).outcome.statistics.events ?? 0
    }
    return events / probeCount
  }

  /// All alike but for how long they wait, or each of its own kind.
  private func ambushes(_ count: Int, _ draws: inout Draws) -> [Ambush] {
    let areAlike = draws.below(2) == 0
    var ambushes: [Ambush] = []
    for _ in 0..<count {
      let kind = areAlike ? ambushes.last : nil
      let trigger = kind?.trigger ?? .mark(marks.draw(&draws))
      let fault = kind?.fault ?? faults.draw(&draws)
      // A delay whose order of magnitude is as random as its digits.
      let delay = draws.logarithmic(.microseconds(10), doublings: 13)
      ambushes.append(
        Ambush(trigger: trigger, delay: delay, fault: fault))
    }
    return ambushes
  }
}

/// What is drawn from, every second time from the best of it.
private struct Favoured<Element: Sendable>: Sendable {
  private let all: [Element]
  private let best: [Element]

  init(_ all: [Element], isBest: (Element) -> Bool) {
    self.all = all
    best = all.filter(isBest)
  }

  func draw(_ draws: inout Draws) -> Element {
    let takesBest = draws.below(2) == 0 && !best.isEmpty
    return draws.element(of: takesBest ? best : all)
  }
}

extension ScheduledFault {
  /// What tells faults that can do different things apart.
  fileprivate var kind: String {
    switch fault {
    case .disk(let fault, _): "disk \(fault.kind.rawValue)"
    case .kill(let ending, _): "kill \(ending.rawValue)"
    default: family.rawValue
    }
  }

  /// Whether nobody hears of the node that it strikes.
  fileprivate var silences: Bool {
    switch fault {
    case .cut, .kill, .pause: true
    default: false
    }
  }
}

extension Script {
  /// Keeps the last requests, and spreads them over the time.
  fileprivate mutating func spread(_ count: Int) {
    requests = requests.suffix(count)
    let first = requests.first?.time ?? 0
    let length = max(1, (requests.last?.time ?? 0) - first + 1)
    for place in requests.indices {
      let part = Double(requests[place].time - first) / Double(length)
      requests[place].time = Nanoseconds(part * Double(base.timeLimit))
    }
  }

  /// The same with faults of a run.
  fileprivate func with(_ faults: [ScheduledFault]) -> Script {
    var script = self
    script.disruptions = Script.pairs(of: faults)
    return script
  }
}

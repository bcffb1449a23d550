public import Algorithms
import Environments
import Invariants
import Isolation
import Nemeses
import Nodes
import Systems
import Values

extension Plan {
  /// More nodes than this are taken for a slip of the pen.
  public static let nodesMax = 10_000
  static let concurrencyMax = 100_000
  static let transactionLengthMax = 10_000
  /// Operations a second: slower ones come so rarely that it is a slip, faster ones have no time.
  static let rates = 1e-6...1e9
  /// Sums of durations up to this one stay far within what nanoseconds can count.
  static let longestDuration = Nanoseconds.seconds(100_000_000)

  /// Refuses fields that no test can be made of, so that nothing is made of them.
  func checkFields() throws(PlanError) {
    if let name = nodes.indices.first(where: { nodes[..<$0].contains(nodes[$0]) }) {
      throw PlanError("nodes: \"\(nodes[name])\" is there twice")
    }
    for name in nodes where name.isEmpty || name.hasPrefix(".") || !name.allSatisfy(\.isOfName) {
      throw PlanError(
        "nodes: \"\(name)\" is no name for a node; it has letters, digits, and - _ . :")
    }
    try Plan.check("nodes", nodes.count, within: 1...Plan.nodesMax)
    try Plan.check("concurrency", concurrency, within: 1...Plan.concurrencyMax)
    try Plan.check("key-count", keyCount, within: 1...Plan.concurrencyMax)
    try Plan.check("max-writes-per-key", maxWritesPerKey, within: 1...Int.max)
    try Plan.check("max-txn-length", maxTransactionLength, within: 1...Plan.transactionLengthMax)
    guard rate == 0 || Plan.rates.contains(rate) else {
      throw PlanError("rate: \(rate) is neither 0 nor from 0.000001 to 1000000000 a second")
    }
    let chances = [
      ("delays", delays != nil), ("choices", choices != nil), ("reseed", reseeding != nil),
    ]
    for (field, isGiven) in chances where isGiven && place != .simulated {
      throw PlanError(
        "\(field): only a simulation's chance can be decided; \"env\" is \(place.rawValue)")
    }
    if strikesAtMarks {
      guard place == .simulated else {
        throw PlanError("at-marks: only a simulation knows when nodes reach marks; --env simulated")
      }
      guard !marks.isEmpty else { throw PlanError("at-marks: \(systemName) has no marks") }
    }
    let durations = [
      ("time-limit", timeLimit), ("latency", latency), ("timeout", timeout),
      ("liveness", liveness),
      ("nemesis-interval", nemesisInterval),
    ]
    for (field, duration) in durations {
      guard let duration, !(0...Plan.longestDuration).contains(duration) else { continue }
      throw PlanError(
        "\(field): \(duration.durationText) is not from 0 to "
          + Plan.longestDuration.durationText)
    }
    guard Latency(distribution: latencyDistribution, mean: 0) != nil else {
      throw PlanError.latencyDistribution(latencyDistribution)
    }
    if let availability, AvailabilityChecker.Demand(availability) == nil {
      throw PlanError("availability: \"\(availability)\" is neither total nor from 0 to 1")
    }
    try checkConsistencyModels()
  }

  /// Refuses names that no model has; Maelstrom runs the test, and then can't judge it.
  private func checkConsistencyModels() throws(PlanError) {
    guard !isCompatible else { return }
    do throws(UnknownModel) {
      _ = try ConsistencyModel.models(named: consistencyModels)
    } catch {
      throw PlanError("consistency-models: \(error.description)")
    }
  }

  private static func check(
    _ field: String, _ number: Int?, within range: ClosedRange<Int>
  ) throws(PlanError) {
    guard let number else { return }
    guard number >= range.lowerBound else {
      throw PlanError("\(field): \(number) is too few, at least \(range.lowerBound)")
    }
    guard number <= range.upperBound else {
      throw PlanError("\(field): \(number) is too many, at most \(range.upperBound)")
    }
  }
}

extension Plan {
  /// The marks that a thorough campaign of the system reaches.
  var marks: [String] {
    bundledDescription?.marks ?? []
  }
}

extension AlgorithmDescription {
  /// Refuses planted bugs and options that the system hasn't, and values that an option can't have.
  public func check(bugs: [String], options: [String: String]) throws(PlanError) {
    for bug in bugs where !self.bugs.contains(where: { $0.name == bug }) {
      throw PlanError("\(name) has no planted bug \"\(bug)\"; \(it(has: self.bugs.map(\.name)))")
    }
    for (option, value) in options.sorted(by: { $0.key < $1.key }) {
      guard let known = self.options.first(where: { $0.name == option }) else {
        throw PlanError(
          "\(name) has no option \"\(option)\"; \(it(has: self.options.map(\.name)))")
      }
      try known.check(value)
    }
  }

  private func it(has names: [String]) -> String {
    names.isEmpty ? "it has none" : "it has \(names.joined(separator: ", "))"
  }
}

extension AlgorithmOption {
  /// Refuses a value of another kind than the standard one's, which the algorithm could not read.
  func check(_ text: String) throws(PlanError) {
    let kind: String
    if !choices.isEmpty {
      kind = "one of \(choices.joined(separator: ", "))"
      if choices.contains(text) { return }
    } else if Int(standard) != nil {
      kind = "a whole number of at least 1"
      if let count = Int(text), count > 0 { return }
    } else if Nanoseconds(duration: standard) != nil {
      kind = "a duration such as \(standard)"
      if let duration = Nanoseconds(duration: text), duration <= Plan.longestDuration { return }
    } else if standard == "true" || standard == "false" {
      kind = "true or false"
      if text == "true" || text == "false" { return }
    } else {
      return
    }
    throw PlanError("option \(name): \"\(text)\" is not \(kind)")
  }
}

extension [ScheduledFault] {
  /// In the order of their times, as a schedule must be; those of one time as they stand.
  var inOrder: [ScheduledFault] {
    enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
      .map(\.element)
  }
}

extension Character {
  /// Whether a node's name, which names a folder, too, can have it.
  fileprivate var isOfName: Bool { isLetter || isNumber || "-_.:".contains(self) }
}

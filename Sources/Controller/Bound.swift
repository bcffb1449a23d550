import Values
import Verdicts

/// A bound of something that a run measures: `msgs-per-op<30`, `p50<400ms`.
struct Bound: Hashable, Sendable {
  /// What is measured.
  enum Measure: String, Hashable, Sendable, CaseIterable {
    /// Messages between servers for each operation of the main phase.
    case messagesPerOperation = "msgs-per-op"
    /// Quantiles of how long added elements took to be read everywhere, where the workload has
    /// such; else of how long operations that succeeded took.
    case median = "p50"
    case p95
    case p99
    case max
    /// Quantiles of how long operations that succeeded took, whatever the workload.
    case operationMedian = "op-p50"
    case operationP95 = "op-p95"
    case operationP99 = "op-p99"
    case operationMax = "op-max"
    /// The share of operations that succeeded, 0 to 1.
    case availability
    /// Operations that succeeded, a second.
    case rate

    /// The quantile's name in checkers' facts; nothing where it is no latency.
    var quantile: String? {
      switch self {
      case .median, .operationMedian: "0.5"
      case .p95, .operationP95: "0.95"
      case .p99, .operationP99: "0.99"
      case .max, .operationMax: "1"
      case .messagesPerOperation, .availability, .rate: nil
      }
    }

    var isOfOperations: Bool { rawValue.hasPrefix("op-") }
  }

  enum Relation: String, Hashable, Sendable, CaseIterable {
    // The longer ones first, so that they are found first.
    case atMost = "<="
    case atLeast = ">="
    case below = "<"
    case above = ">"

    func holds(_ measured: Double, _ bound: Double) -> Bool {
      switch self {
      case .atMost: measured <= bound
      case .atLeast: measured >= bound
      case .below: measured < bound
      case .above: measured > bound
      }
    }
  }

  let text: String
  let measure: Measure
  let relation: Relation
  /// Milliseconds where a latency is measured.
  let bound: Double

  /// - Throws: When the text is no bound of anything that is measured.
  init(_ text: String) throws(PlanError) {
    self.text = text
    guard let (relation, name, bound) = Bound.parts(of: text) else {
      throw PlanError("expect: \"\(text)\" is no bound such as msgs-per-op<30 or p50<400ms")
    }
    guard let measure = Measure(rawValue: name) else {
      throw PlanError(
        "expect: nothing called \"\(name)\" is measured; there are "
          + Measure.allCases.map(\.rawValue).joined(separator: ", "))
    }
    let number =
      measure.quantile == nil
      ? Double(bound)
      : Double(bound) ?? Nanoseconds(duration: bound).map { Double($0) / 1e6 }
    guard let number, number.isFinite, number >= 0 else {
      throw PlanError(
        "expect: \"\(bound)\" in \"\(text)\" is not "
          + (measure.quantile == nil ? "a number" : "a duration such as 400ms"))
    }
    self.measure = measure
    self.relation = relation
    self.bound = number
  }

  private static func parts(of text: String) -> (Relation, String, String)? {
    for relation in Relation.allCases {
      let sides = text.split(separator: relation.rawValue, omittingEmptySubsequences: false)
      guard sides.count == 2 else { continue }
      return (relation, String(sides[0]).trimmed, String(sides[1]).trimmed)
    }
    return nil
  }
}

extension String {
  fileprivate var trimmed: String {
    var text = drop { $0 == " " }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}

extension Outcome {
  /// Whether what was measured keeps to its bounds; unknown where something was not measured.
  func finding(on bounds: [Bound]) -> Finding {
    var lines: [String] = []
    var unmet = 0
    var unmeasured: [String] = []
    for bound in bounds {
      guard let measured = measured(bound.measure) else {
        unmeasured.append(bound.measure.rawValue)
        continue
      }
      let holds = bound.relation.holds(measured, bound.bound)
      if !holds { unmet += 1 }
      let unit = bound.measure.quantile == nil ? "" : " ms"
      let rounded = Double(Int(measured * 1000)) / 1000
      lines.append("\(bound.text): \(rounded)\(unit)\(holds ? "" : ", not met")")
    }
    if unmet > 0 {
      return Finding(
        "expect", .invalid, reason: "\(unmet) of \(bounds.count) not met",
        anomalies: [
          Anomaly(
            "unmet-expectation", count: unmet, operations: [],
            explanation: lines.joined(separator: "\n"))
        ])
    }
    guard unmeasured.isEmpty else {
      return Finding(
        "expect", .unknown,
        reason: "nothing was measured for \(unmeasured.joined(separator: ", "))")
    }
    return Finding("expect", .valid, reason: lines.joined(separator: "; "))
  }

  private func measured(_ measure: Bound.Measure) -> Double? {
    switch measure {
    case .messagesPerOperation: return messagesPerOperation
    case .availability: return fact("availability", "ok-fraction")?.double
    case .rate: return fact("stats", "ok-rate")?.double
    default: break
    }
    guard let quantile = measure.quantile else { return nil }
    if !measure.isOfOperations, let stable = fact("set-full", "stable-latencies") {
      return stable.map?[.string(quantile)]?.double
    }
    let latencies = fact("stats", "latencies-us")?.map
    return latencies?[.string(quantile)]?.double.map { $0 / 1000 }
  }

  private func fact(_ checker: String, _ name: String) -> Value? {
    findings.first { $0.checker == checker }?.facts[.string(name)]
  }
}

extension Value {
  fileprivate var double: Double? {
    switch self {
    case .double(let number): number
    case .integer(let number): Double(number)
    default: nil
    }
  }
}

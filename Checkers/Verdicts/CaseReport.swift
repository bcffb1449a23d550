/// Gathers the cases of each anomaly, and writes what a person needs to check the first of them.
package struct CaseReport {
  private struct Cases {
    var count = 0
    var details: [String] = []
    var operations: Set<Int> = []
  }

  /// How many cases of an anomaly are explained.
  package static let shown = 8

  /// The anomalies in the order in which they are reported, and what each of them means.
  private let meanings: [(type: String, meaning: String)]
  private var cases: [String: Cases] = [:]

  package init(_ meanings: [(type: String, meaning: String)]) { self.meanings = meanings }

  /// Notes a case; its operations and its text are only made when it is shown.
  package mutating func add(
    _ type: String, _ operations: @autoclosure () -> [Int], _ detail: @autoclosure () -> String
  ) {
    add(type) { (operations(), detail()) }
  }

  package mutating func add(_ type: String, _ shown: () -> (operations: [Int], detail: String)) {
    var noted = cases[type] ?? Cases()
    noted.count += 1
    if noted.details.count < CaseReport.shown {
      let (operations, detail) = shown()
      noted.details.append("  \(detail)")
      noted.operations.formUnion(operations)
    }
    cases[type] = noted
  }

  package var anomalies: [Anomaly] {
    meanings.compactMap { type, meaning in
      guard let noted = cases[type] else { return nil }
      var text = ["\(type) (\(noted.count)): \(meaning)"] + noted.details
      let more = noted.count - noted.details.count
      if more > 0 { text.append("  and \(more) more") }
      return Anomaly(
        type, count: noted.count, operations: noted.operations.sorted(),
        explanation: text.joined(separator: "\n"))
    }
  }
}

extension Finding {
  /// Adds anomalies, which make it invalid.
  package mutating func add(_ anomalies: [Anomaly]) {
    guard !anomalies.isEmpty else { return }
    self.anomalies += anomalies
    verdict = .invalid
    reason = self.anomalies.map { "\($0.count) \($0.type)" }.joined(separator: ", ")
  }
}

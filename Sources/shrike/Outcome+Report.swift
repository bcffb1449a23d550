import Controller
import Reports
import SystemPackage
import Values
import Verdicts

extension Plan {
  /// What is tested how, in a line.
  var title: String {
    var title = "\(systemName) \(workload): \(nodes.count) nodes (\(place.rawValue))"
    title += ", \(concurrency) clients, \(timeLimit.durationText)"
    if !nemesis.isEmpty { title += ", nemesis \(nemesis.joined(separator: ","))" }
    if isCompatible { title += ", as Maelstrom, bug for bug" }
    if !bugs.isEmpty { title += ", planted bug \(bugs.joined(separator: ", "))" }
    return title
  }
}

extension Outcome {
  /// The whole outcome as a person reads it.
  var text: String {
    var lines = [TerminalReport.text(findings), statisticsText]
    if let measuresText { lines.append(measuresText) }
    lines += vacuity.map { "  ? vacuous: \($0)" }
    lines += hindrances.map { "  ! hindered: \($0)" }
    lines += warnings.map { "  ! \($0)" }
    if let folder { lines.append("  results: \(folder.path)") }
    lines.append("  replay: \(replayCommand)")
    lines.append(
      hindrances.isEmpty || verdict == .invalid
        ? "\(TerminalReport.mark(verdict)) \(verdict.rawValue)"
        : "! hindered; what there is of a history is \(verdict.rawValue)")
    if plan.isCompatible { lines += ["", verdict.maelstromLine] }
    return lines.joined(separator: "\n")
  }

  private var statisticsText: String {
    var parts = ["\(statistics.operations) operations"]
    if let messagesPerOperation {
      let tenths = Int(messagesPerOperation * 10)
      parts.append("\(tenths / 10).\(tenths % 10) server messages an operation")
    }
    if let events = statistics.events { parts.append("\(events) events") }
    if !statistics.faults.isEmpty {
      parts.append(
        "faults: "
          + statistics.faults.sorted { $0.key < $1.key }.map { "\($0.key) × \($0.value)" }
          .joined(separator: ", "))
    }
    if !statistics.marks.isEmpty {
      parts.append(
        "marks: "
          + statistics.marks.sorted { $0.key < $1.key }.map { "\($0.key) × \($0.value)" }
          .joined(separator: ", "))
    }
    return "  " + parts.joined(separator: "; ")
  }

  /// How fast operations were and how many succeeded, and how long elements took to be everywhere.
  private var measuresText: String? {
    func fact(_ checker: String, _ name: String) -> Value? {
      findings.first { $0.checker == checker }?.facts[.string(name)]
    }
    var parts: [String] = []
    if case .double(let share)? = fact("availability", "ok-fraction") {
      // Rounded down, so that only all is 100 %.
      let tenths = Int(share * 1000)
      parts.append("\(tenths / 10).\(tenths % 10) % ok")
    }
    if let latencies = fact("stats", "latencies-us")?.map {
      parts.append("latency " + quantiles(latencies) { "\($0 / 1000).\($0 / 100 % 10) ms" })
    }
    if let latencies = fact("set-full", "stable-latencies")?.map {
      parts.append("stable latency " + quantiles(latencies) { "\($0) ms" })
    }
    if let failovers = fact("availability", "failover-ms")?.map {
      parts += failovers.entries.compactMap { entry in
        guard let map = entry.value.map, map["count"] != 0 else { return nil }
        return "first success after \(entry.key.name ?? "") "
          + [("p50", "0.5"), ("max", "1")].compactMap { name, key in
            map[.string(key)]?.integer.map { "\(name) \($0) ms" }
          }.joined(separator: ", ")
      }
    }
    return parts.isEmpty ? nil : "  " + parts.joined(separator: "; ")
  }

  private func quantiles(_ map: ValueMap, _ text: (Int) -> String) -> String {
    [("p50", "0.5"), ("p95", "0.95"), ("p99", "0.99"), ("max", "1")]
      .compactMap { name, key in map[.string(key)]?.integer.map { "\(name) \(text($0))" } }
      .joined(separator: ", ")
  }

  /// The machine-readable outcome.
  var document: VerdictDocument {
    var document = VerdictDocument(verdict, findings)
    document.add("mode", .string(plan.isCompatible ? "maelstrom-compat" : "strict"))
    document.add("seed", Int(exactly: plan.seed).map { .integer($0) } ?? .number("\(plan.seed)"))
    document.add("token", token.map { .string($0) })
    document.add("run", folder.map { .string($0.path.string) })
    document.add("replay", .string(replayCommand))
    if !vacuity.isEmpty { document.add("vacuous", .list(vacuity.map { .string($0) })) }
    if !hindrances.isEmpty { document.add("hindered", .list(hindrances.map { .string($0) })) }
    if !warnings.isEmpty { document.add("warnings", .list(warnings.map { .string($0) })) }
    document.add(
      "statistics", statistics.value(messagesPerOperation, seesMessages: !plan.place.hasHosts))
    return document
  }
}

extension RunStatistics {
  /// The numbers of a run, or of a campaign, for machines.
  ///
  /// - Parameter seesMessages: Whether the messages between servers were counted.
  func value(_ messagesPerOperation: Double?, seesMessages: Bool = true) -> Value {
    func counts(_ counts: [String: Int]) -> Value {
      .map(ValueMap(counts.map { .init(key: .string($0.key), value: .integer($0.value)) }))
    }
    var fields: [ValueMap.Entry] = [
      .init(key: "operations", value: .integer(operations)),
      .init(key: "messages-with-clients", value: .integer(withClients)),
      .init(key: "faults", value: counts(faults)),
      .init(key: "marks", value: counts(marks)),
      .init(key: "duration-ns", value: .integer(Int(duration))),
    ]
    if seesMessages {
      fields.append(.init(key: "messages-between-servers", value: .integer(betweenServers)))
      fields.append(.init(key: "messages-lost", value: .integer(lost)))
    }
    if let events { fields.append(.init(key: "events", value: .integer(events))) }
    if let messagesPerOperation {
      fields.append(.init(key: "msgs-per-op", value: .double(messagesPerOperation)))
    }
    return .map(ValueMap(fields))
  }
}

extension Verdict {
  /// The line by which scripts know Maelstrom's verdicts.
  fileprivate var maelstromLine: String {
    switch self {
    case .valid: "Everything looks good! ヽ(‘ー`)ノ"
    case .invalid: "Analysis invalid! (ﾉಥ益ಥ）ﾉ ┻━┻"
    case .unknown: "Errors occurred during analysis, but no anomalies found. ಠ~ಠ"
    }
  }
}

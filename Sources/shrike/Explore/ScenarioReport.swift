import Controller
import Exploration
import Glibc
import Nodes
import Reports
import SystemPackage
import Systems
import Values
import Verdicts

/// What taking the steps of a scenario has brought about, for people and for machines.
struct ScenarioReport {
  var scenario: Scenario
  var replay: ExplorationReplay

  init(_ scenario: Scenario) throws {
    self.scenario = scenario
    if let system = ExplorableSystem.named(scenario.system) {
      try system.description.check(
        bugs: scenario.plan.bugs.sorted(), options: scenario.plan.options)
      self.scenario.plan.adoptJudge(of: system)
    }
    replay = try self.scenario.replay()
  }

  var verdict: Verdict { replay.violation == nil ? .valid : .invalid }

  var exitCode: Controller.ExitCode { Controller.ExitCode(verdict) }

  var text: String {
    var lines = ["\(scenario.system): \(scenario.plan.terms(isBounded: false)), a scenario"]
    lines += replay.steps.lines
    if let violation = replay.violation {
      lines.append(violation.line)
      let rest = scenario.steps.count - replay.steps.count
      if rest > 0 { lines.append("the \(rest) steps after it were not taken") }
    } else {
      lines.append("✓ these steps break nothing")
    }
    return lines.joined(separator: "\n")
  }

  var document: Value {
    var finding = Finding("exploration", verdict, reason: replay.violation?.explanation)
    finding.anomalies = replay.violation.map { [$0.anomaly(after: replay.steps)] } ?? []
    var document = VerdictDocument(verdict, [finding])
    scenario.add(to: &document)
    return document.value
  }
}

extension Scenario {
  /// Whether an argument names one: by a token, or by a file that has steps.
  init?(named what: String) throws {
    if what.hasPrefix(Scenario.prefix), let scenario = try Scenario.of(token: what) {
      self = scenario
      return
    }
    guard let bytes = Scenario.contents(of: what), let value = try? Value(json: bytes),
      value["steps"] != nil
    else { return nil }
    do { try self.init(value: value) } catch { throw PlanError("\(what): \(error)") }
  }

  private static func contents(of file: String) -> [UInt8]? {
    var status = stat()
    // A run's folder is no scenario.
    guard stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return try? FileContents.read(FilePath(file))
  }

  /// A file may have the name of a token.
  private static func of(token: String) throws -> Scenario? {
    do { return try Scenario(token: token) } catch {
      if contents(of: token) != nil { return nil }
      throw error
    }
  }

  /// Writes the scenario for people to read and edit.
  func write(to file: String) throws {
    do {
      let target = try FileDescriptor.open(
        FilePath(file), .writeOnly, options: [.create, .truncate],
        permissions: .standard)
      try target.closeAfter { _ = try target.writeAll((value.indentedJSON + "\n").utf8) }
    } catch {
      throw PlanError("--scenario \(file): \(error)")
    }
  }

  var replayCommand: String { "shrike replay \(token)" }

  /// Under the names that runs use.
  func add(to document: inout VerdictDocument) {
    document.add("scenario", value)
    document.add("token", .string(token))
    document.add("replay", .string(replayCommand))
  }
}

extension Violation {
  var line: String {
    "✗ \(invariant): \(explanation)"
      + (nodes.isEmpty ? "" : " (\(nodes.map { "n\($0.index + 1)" }.joined(separator: ", ")))")
  }

  func anomaly(after steps: [ExplorationStep]) -> Anomaly {
    Anomaly(
      invariant, operations: [], explanation: steps.lines.joined(separator: "\n"),
      window: .list(steps.map(\.value)))
  }
}

extension [ExplorationStep] {
  /// The steps, numbered, with what they bring about.
  var lines: [String] {
    enumerated().flatMap { number, step in
      ["\(number + 1). \(step.event)"] + step.consequences.map { "     \($0)" }
    }
  }
}

extension ExplorationStep {
  fileprivate var value: Value {
    .map(
      ValueMap([
        .init(key: "node", value: node.map { .string("n\($0.index + 1)") } ?? .null),
        .init(key: "event", value: .string(event)),
        .init(key: "consequences", value: .list(consequences.map { .string($0) })),
      ]))
  }
}

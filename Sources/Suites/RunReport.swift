public import Values
public import Verdicts

/// What the `shrike test` of a case said: the document of its `--json`.
public struct RunReport: Hashable, Sendable {
  /// A kind of violation that a checker found.
  public struct Anomaly: Hashable, Sendable {
    public var checker: String
    public var type: String
    public var count: Int
    public var explanation: String

    public init(checker: String, type: String, count: Int = 1, explanation: String = "") {
      self.checker = checker
      self.type = type
      self.count = count
      self.explanation = explanation
    }
  }

  public var verdict: Verdict
  /// What was found against the system; a campaign's failures in the order of their seeds.
  public var anomalies: [Anomaly] = []
  /// Why the verdict is unknown.
  public var reasons: [String] = []
  /// What kept the harness from doing its work.
  public var hindrances: [String] = []
  public var token: String?
  /// The line that runs the case, or a campaign's first failure, again.
  public var replay: String?
  /// The folders that were left.
  public var folders: [String] = []

  public init(_ verdict: Verdict) { self.verdict = verdict }

  /// - Returns: Nothing where the document is none of a verdict.
  public init?(document: Value) {
    guard let verdict = document["verdict"]?.name.flatMap(Verdict.init(rawValue:)) else {
      return nil
    }
    self.verdict = verdict
    token = document["token"]?.name
    replay = document["replay"]?.name
    folders = (document["run"]?.name).map { [$0] } ?? RunReport.texts(document["folders"])
    hindrances = RunReport.texts(document["hindered"])
    readFindings(document)
    if let failures = document["failures"]?.elements {
      for failure in failures { readFailure(failure) }
      token = failures.first?["token"]?.name
      replay = failures.first?["replay"]?.name
    }
    // Of many failures only the first are listed, but what was found in any of them is.
    for signature in document["signatures"]?.elements ?? [] { readSignature(signature) }
    if document["reasons"] != nil {
      reasons += RunReport.texts(document["reasons"])
    } else {
      reasons += RunReport.texts(document["vacuous"]).map { "vacuous: \($0)" }
    }
  }

  private mutating func readFindings(_ document: Value) {
    for finding in document["checkers"]?.elements ?? [] {
      let checker = finding["name"]?.name ?? "checker"
      if finding["verdict"]?.name == Verdict.unknown.rawValue {
        reasons.append("\(checker): \(finding["reason"]?.name ?? "undecided")")
      }
      guard finding["verdict"]?.name == Verdict.invalid.rawValue else { continue }
      for anomaly in finding["anomalies"]?.elements ?? [] {
        anomalies.append(
          Anomaly(
            checker: checker, type: anomaly["type"]?.name ?? "unnamed",
            count: anomaly["count"]?.integer ?? 1,
            explanation: anomaly["explanation"]?.name ?? ""))
      }
    }
  }

  /// A failure of a campaign; the later ones tell only their anomalies' types.
  private mutating func readFailure(_ failure: Value) {
    if failure["checkers"] != nil { return readFindings(failure) }
    for type in RunReport.texts(failure["anomalies"]) {
      anomalies.append(Anomaly(checker: "campaign", type: type))
    }
  }

  /// What failures have in common: anomalies as `checker/type`.
  private mutating func readSignature(_ signature: Value) {
    for name in RunReport.texts(signature["anomalies"]) {
      guard let slash = name.firstIndex(of: "/") else { continue }
      let type = String(name[name.index(after: slash)...])
      guard !anomalies.contains(where: { $0.type == type }) else { continue }
      anomalies.append(Anomaly(checker: String(name[..<slash]), type: type))
    }
  }

  private static func texts(_ value: Value?) -> [String] {
    (value?.elements ?? []).compactMap(\.name)
  }

  /// The types of what was found, each once, in the order in which they came.
  public var types: [String] {
    var types: [String] = []
    for anomaly in anomalies where !types.contains(anomaly.type) { types.append(anomaly.type) }
    return types
  }

  /// What was found, for a person to follow: the first of each type.
  public var explanation: String {
    var shown: [String] = []
    var parts: [String] = []
    for anomaly in anomalies where !shown.contains(anomaly.type) {
      shown.append(anomaly.type)
      let times = anomaly.count == 1 ? "" : " × \(anomaly.count)"
      parts.append("\(anomaly.checker): \(anomaly.type)\(times)\n\(anomaly.explanation)")
    }
    return (parts + reasons).joined(separator: "\n")
  }
}

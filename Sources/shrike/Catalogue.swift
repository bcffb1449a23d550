import Algorithms
import Environments
import Nodes
import Systems
import Workloads

/// What `list` prints.
enum Catalogue {
  static var overview: String {
    ["system", "workload", "nemesis", "checker", "model", "format"]
      .compactMap(section).joined(separator: "\n\n")
      + "\n\n`shrike list system raft` explains one of them."
  }

  /// All of one kind, a line each.
  static func section(_ kind: String) -> String? {
    guard let rows = rows(kind) else { return nil }
    let title = kind == "nemesis" ? "Nemeses" : "\(kind.prefix(1).uppercased())\(kind.dropFirst())s"
    return "\(title)\n\(table(rows))"
  }

  /// One of a kind that has no page of its own.
  static func line(_ kind: String, _ name: String) -> String? {
    rows(kind)?.first { names(of: $0).contains(name) }.map { "\($0.0): \($0.1)" }
  }

  /// The names of all of a kind.
  static func names(_ kind: String) -> [String] { (rows(kind) ?? []).flatMap(names(of:)) }

  private static func names(of row: (String, String)) -> [String] {
    row.0.split(separator: ",").map { String($0.drop { $0 == " " }) }
  }

  private static func rows(_ kind: String) -> [(String, String)]? {
    switch kind {
    case "system": BundledSystem.all.map { ($0.description.name, $0.description.summary) }
    case "workload": workloads.map { ($0.name, $0.summary) }
    case "nemesis": nemeses
    case "checker": checkers
    case "model": models
    case "format": formats
    default: nil
    }
  }

  private static let nemeses = [
    (
      "partition",
      "cuts links; partition:one, halves, majority, bridge, ring, one-way, primary, random"
    ),
    (
      "kill",
      "kill -9 and restart; kill:one, minority, majority, all, primaries, or names; kill:stop in "
        + "order, kill:upgrade to another version (simulated)"
    ),
    ("pause", "SIGSTOP and SIGCONT; targets as for kill"),
    ("delay", "adds latency to messages; delay:50ms:exponential"),
    ("loss", "loses a share of the messages; loss:20%, loss:type=vote+heartbeat"),
    ("duplicate", "delivers a share of the messages twice"),
    ("reorder", "delivers a share of the messages late, behind later ones"),
    (
      "corrupt",
      "delivers a share of the messages damaged, so that they can't be decoded (simulated)"
    ),
    ("rate", "limits what a link carries; rate:20kB:500ms, bytes a second and queue (simulated)"),
    ("clog", "holds messages back until it ends (simulated)"),
    ("clock", "clock:offset, step, drift, freeze, strobe (simulated)"),
    (
      "disk",
      "disk:power-loss, lost-sync, torn, reorder, sync-error, corrupt, wipe, misdirect, stale, "
        + "full, stall, read-only (simulated)"
    ),
    ("all, none", "all that the system claims to survive and the environment offers; no faults"),
  ]

  private static let checkers = [
    ("linearizable", "operations take effect one at a time, between invocation and completion"),
    ("set-full", "added elements are read, once each, for good, everywhere"),
    ("counter", "final reads are the sum of what was added"),
    ("list-append", "transactions of appends and reads keep to a model, as far as keys alone tell"),
    ("rw-register", "transactions of writes and reads keep to a model, as far as keys alone tell"),
    ("unique-ids", "no identifier is generated twice"),
    ("echo", "answers are what was sent"),
    ("kafka", "messages keep their offsets, and are polled in order, each once, none lost"),
    ("availability", "which share of the operations succeeded"),
    ("stats", "counts, rates and latencies"),
  ]

  private static let models =
    CheckerRegistry.models.map { ($0.name, $0.operations) } + [
      ("list-append", "txn [[\"append\", k, v], [\"r\", k, null]] → reads filled with lists"),
      ("rw-register", "txn [[\"w\", k, v], [\"r\", k, null]] → reads filled"),
    ]

  private static let formats = [
    ("jsonl", "an operation a line, as JSON; what Shrike writes"),
    ("jepsen-edn", "Jepsen's history.edn: an operation map a line, or all in a vector or list"),
    ("elle-json", "the JSON that elle-cli reads: an array of objects, or an object a line"),
    ("porcupine-etcd", "lines of Jepsen's log, as in Porcupine's tests: a cas-register"),
    ("porcupine-kv", "maps with :key, as in Porcupine's tests: a key-value store"),
    ("binary", "Shrike's columns, for histories of millions of lines; `shrike convert` writes it"),
  ]

  static func table(_ rows: [(String, String)]) -> String {
    let width = (rows.map(\.0.count).max() ?? 0) + 2
    return rows.map { name, summary in
      "  \(name)\(String(repeating: " ", count: width - name.count))\(summary)"
    }.joined(separator: "\n")
  }

  /// A system, explained.
  static func page(_ system: AlgorithmDescription) -> String {
    var parts = [
      "\(system.name): \(system.summary)", "Promise: \(system.promise)",
      "Assumptions: \(system.assumptions)", "Source: \(system.paper)",
      "Workloads: \(system.workloads.joined(separator: ", "))",
      "Survives (--nemesis): \(system.survives.joined(separator: ", "))",
    ]
    switch system.quorum {
    case .one: parts.append("Makes progress (--liveness): each node that is up")
    case .majority: parts.append("Makes progress (--liveness): a majority that is up")
    case .all: parts.append("Makes progress (--liveness): all nodes together")
    }
    if !system.messageTypes.isEmpty {
      let types = system.messageTypes.joined(separator: ", ")
      parts.append("Types of messages (--nemesis loss:type=...): \(types)")
    }
    if !system.versions.isEmpty {
      parts.append(
        "Versions (--nemesis kill:upgrade)\n"
          + table(system.versions.enumerated().map { ("\($0 + 1)", $1) }))
    }
    if !system.options.isEmpty {
      parts.append(
        "Options (--option name=value)\n"
          + table(system.options.map { ($0.name, "\($0.summary) (\($0.standard))") }))
    }
    if !system.bugs.isEmpty {
      parts.append(
        "Planted bugs (--bug name)\n" + system.bugs.map(lines(of:)).joined(separator: "\n"))
    }
    if !system.marks.isEmpty {
      parts.append(
        "Marks that a thorough campaign reaches (--require-marks)\n"
          + system.marks.map { "  \($0)" }.joined(separator: "\n"))
    }
    let workload = system.workloads.first ?? "lin-kv"
    var examples = [
      "shrike test \(system.name) -w \(workload) --time-limit 20s --rate 100 --nemesis partition,kill,pause",
      "shrike test \(system.name) -w \(workload) --env simulated --runs 100 --nemesis all",
    ]
    if let bug = system.bugs.first {
      examples.append(
        "shrike test \(system.name) --bug \(bug.name) --env simulated --runs 1000 --nemesis all")
    }
    parts.append("Try\n" + examples.map { "  \($0)" }.joined(separator: "\n"))
    return parts.joined(separator: "\n\n")
  }

  /// A planted bug, where it comes from and what it is found by.
  private static func lines(of bug: PlantedBug) -> String {
    var lines = ["  \(bug.name): \(bug.summary)", "    source: \(bug.source)"]
    if !bug.violates.isEmpty {
      lines.append("    violates: \(bug.violates.joined(separator: ", "))")
    }
    return lines.joined(separator: "\n")
  }

  /// A workload, explained.
  static func page(_ workload: any Workload.Type) -> String {
    let systems = BundledSystem.all.map(\.description)
      .filter { $0.workloads.contains(workload.name) }.map(\.name)
    return """
      \(workload.name): \(workload.summary)

      Operations
      \(workload.operations.map { "  \($0)" }.joined(separator: "\n"))

      Bundled systems: \(systems.joined(separator: ", "))
      """
  }
}

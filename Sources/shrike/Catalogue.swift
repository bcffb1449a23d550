import Algorithms
import Environments
import Manifests
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
    case "system": systems
    case "workload": workloads.map { ($0.name, $0.summary) }
    case "nemesis": nemeses
    case "checker": checkers
    case "model": models
    case "format": formats
    default: nil
    }
  }

  /// Those that are run and simulated, and those that are there to be explored.
  private static var systems: [(String, String)] {
    BundledSystem.all.map { ($0.description.name, $0.description.summary) }
      + SystemManifest.allBuiltIn.map { ($0.name, "\($0.summary) (--env lab)") }
      + ExplorableSystem.all.filter { !$0.isRun }.map {
        ($0.description.name, "\($0.description.summary) (shrike explore)")
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
    (
      "clock",
      "moves or stops clocks; clock:offset, step, drift, freeze, strobe"
    ),
    (
      "disk",
      "disk:power-loss, crash-at-sync:3, sync-error, lost-sync, stall, full, read-only, corrupt, "
        + "truncate, swap, wipe (simulated, lab); torn, reorder, misdirect, stale (simulated); "
        + "read-error:file=*.wal, write-error, slow-io (lab)"
    ),
    ("cpu", "lets a node use a share of one core; cpu:10%:one (lab)"),
    ("memory", "lets a node use so many bytes, and kills it for more; memory:64MB:one (lab)"),
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
    ("bank", "reads of accounts add up to the money that there is, without debts"),
    ("long-fork", "all see independent writes in one order"),
    ("monotonic", "keys whose values only grow are seen to grow"),
    ("causal-reverse", "who sees a write sees all that had ended before it began"),
    ("convergence", "replicas that have seen the same updates answer the same, as their type says"),
    ("best-effort-delivery", "acknowledged messages are delivered everywhere, each once, for good"),
    ("reliable-delivery", "the same of all messages that anyone delivered"),
    ("fifo-delivery", "the same, and each sender's messages in the order of their broadcasts"),
    ("causal-delivery", "the same, and after all that their sender had delivered"),
    ("total-order-delivery", "as reliable-delivery, in one order everywhere"),
    ("causal-total-order-delivery", "as causal-delivery, in one order everywhere"),
    ("replies", "no server of a chat shows a reply before what it replies to"),
    ("happens-before", "stamps of logical clocks agree with what happened before what"),
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
    ("plume", "w(key,value,session,transaction) a line: Plume, PolySI, IsoVista, AWDIT"),
    ("awdit-test", "w key value a line, ----- between transactions, ===== between sessions"),
    ("dbcop", "dbcop's JSON, or its binary histories of 2019"),
    ("cobra", "Cobra's T*.log, a session each: their folder, or one of them"),
    ("chronos", "the JSON of Chronos: transactions with times of start and commit"),
    ("binary", "Shrike's columns, for histories of millions of lines; `shrike convert` writes it"),
  ]

  static func table(_ rows: [(String, String)]) -> String {
    let width = (rows.map(\.0.count).max() ?? 0) + 2
    return rows.map { name, summary in
      "  \(name)\(String(repeating: " ", count: width - name.count))\(summary)"
    }.joined(separator: "\n")
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

import Convergence

/// What `list model NAME` and `list checker NAME` print.
extension Catalogue {
  /// A model of single objects or of transactions, explained.
  static func modelPage(_ name: String) -> String? {
    guard let operations = operations(ofModel: name) else { return nil }
    let options = options(ofModel: name)
    var parts = [name, "Operations: f value → what an ok answers\n\(indented(operations))"]
    if !options.isEmpty { parts.append("Options\n\(table(options))") }
    parts.append("Try\n  shrike check history.jsonl --model \(name)")
    return parts.joined(separator: "\n\n")
  }

  /// A checker, explained.
  static func checkerPage(_ name: String) -> String? {
    guard let line = line("checker", name) else { return nil }
    var parts = [line]
    if let operations = operations(ofChecker: name) {
      parts.append("Operations: f value → what an ok answers\n\(indented(operations))")
    }
    let options = options(ofChecker: name)
    if !options.isEmpty { parts.append("Options\n\(table(options))") }
    parts.append(
      name == "linearizable"
        ? "Try\n  shrike check history.jsonl --model cas-register"
        : "Try\n  shrike check history.jsonl --checker \(name)"
          + (name == "convergence" ? " --type or-set" : ""))
    return parts.joined(separator: "\n\n")
  }

  private static func indented(_ lines: [String]) -> String {
    lines.map { "  \($0)" }.joined(separator: "\n")
  }

  private static func operations(ofModel name: String) -> [String]? {
    switch name {
    case "register": ["read null → v", "write v"]
    case "cas-register": ["read null → v", "write v", "cas [from, to]"]
    case "key-value":
      [
        "read [k, null] → [k, v], also get", "write [k, v], also put", "cas [k, [from, to]]",
        "append [k, text]", "delete [k, null]",
        "range [[from, to], null] → [[from, to], [[k, v], …]], of from ≤ k < to",
        "txn [[\"r\", k, null], [\"w\", k, v]] → the same, filled",
      ]
    case "multi-register": ["txn [[\"r\", k, null], [\"w\", k, v]] → the same, filled"]
    case "mutex": ["acquire null → null, or a fencing token, which must grow", "release null"]
    case "semaphore": ["acquire n", "release n"]
    case "set":
      ["add e", "remove e", "contains e → [e, true] or [e, false]", "read null → [e, …]"]
    case "queue":
      ["enqueue v, also push", "dequeue null → v, or null when it is empty; also pop"]
    case "stack": ["push v, also enqueue", "pop null → v, or null when it is empty; also dequeue"]
    case "priority-queue":
      ["insert v or [priority, v]", "remove-min null → the same, or null when it is empty"]
    case "counter", "fetch-add": ["add d", "read null → n", "fetch-add d → [d, before]"]
    case "log":
      [
        "send [k, v] → [k, [offset, v]]",
        "poll [k, offset] → [k, [[offset, v], …]], without a gap from the first at or after offset",
      ]
    case "list-append": ["txn [[\"append\", k, v], [\"r\", k, null]] → reads filled with lists"]
    case "rw-register": ["txn [[\"w\", k, v], [\"r\", k, null]] → reads filled"]
    default: nil
    }
  }

  private static func options(ofModel name: String) -> [(String, String)] {
    let limits = [
      ("--keyed", "values are [key, value], and each key is judged alone"),
      ("--memory 2G", "what searches may hold"),
      ("--check-timeout 60s", "after how long the verdict is unknown"),
    ]
    let initial = ("--initial V", "the state before the first operation, as JSON")
    let registers = [
      initial,
      ("--failed-cas ignored|observed", "a failed cas did not happen, or saw another value"),
      ("--null-read observed|unknown", "a read of null saw null, or says nothing"),
    ]
    let levels = [
      (
        "--consistency L,…",
        "linearizable; sequential, 2-atomic; of reads and writes causal-memory, causal-convergence, "
          + "causal, PRAM, a session guarantee, or ladder for the strongest that hold"
      )
    ]
    switch name {
    case "multi-register": return registers + limits
    case "register", "cas-register", "key-value": return registers + levels + limits
    case "mutex":
      return [
        ("--ownerless", "any process may release"),
        ("--reentrant", "the owner may acquire again, and releases as often"),
      ] + limits
    case "semaphore": return [("--permits N", "how many permits there are; 1")] + limits
    case "counter", "fetch-add": return [initial] + limits
    case "list-append", "rw-register":
      return [("--consistency-models M,…", "what must be kept to; strict-serializable")]
    default: return limits
    }
  }

  private static func options(ofChecker name: String) -> [(String, String)] {
    switch name {
    case "bank":
      [
        ("--total-amount N", "how much money there is; what most reads add up to"),
        ("--negative-balances", "balances may be below 0"),
      ]
    case "long-fork": [("--group-size N", "how many keys a group has; what the reads have")]
    case "causal-reverse": [("--keyed", "values are [key, value], and each key is judged alone")]
    case "convergence": [("--type T", "the data type; one of those above")]
    default: []
    }
  }

  private static func operations(ofChecker name: String) -> [String]? {
    switch name {
    case "linearizable": ["those of the --model; see shrike list models"]
    case "set-full": ["add e, also broadcast", "read null → [e, …]"]
    case "counter": ["add d", "read null → n"]
    case "unique-ids": ["generate null → id"]
    case "echo": ["echo v → v"]
    case "kafka":
      [
        "send [k, v] → [k, [offset, v]]", "poll null → {k: [[offset, v], …]}", "assign [k, …]",
        "crash",
      ]
    case "bank": ["transfer {from, to, amount}", "read null → {account: balance, …}"]
    case "long-fork":
      [
        "write [[\"w\", k, v]], each k once", "read [[\"r\", k, null], …] → the same, filled",
        "txn, either of these",
      ]
    case "monotonic": ["read null → {k: n, …}", "any other that answers such a map"]
    case "causal-reverse": ["write e, each e once", "read null → [e, …]"]
    case "convergence":
      DataType.allCases.map { type in
        let updates = type.updates.map { "\($0.f) \($0.value)" }.joined(separator: "; ")
        return "\(type.name): \(updates); a read is \(type.specification)"
      } + [
        "\"update\": [replica, k] of an ok update says that it was its replica's k-th",
        "\"context\": [[replica, count], …] of any ok says how many updates of each it had seen",
        "\"stamp\": [time, replica] of an ok update orders it, where the type orders updates",
        "\"replica\" of any ok says who answered; reads marked \"final\": true are the last ones",
        "\"own\": [[f, value, context, result, stamp], …] of a final read: all its replica's updates",
        "without these, final reads are judged, and each read by itself",
      ]
    case _ where name.hasSuffix("-delivery"):
      [
        "broadcast m → m, each m once, with \"message\":[node, k] and \"delivered\":c: it is the node's "
          + "k-th, from 1, and broadcast when the node had delivered c messages",
        "read null → [m, …], with \"at\":node and \"from\":p: what the node delivered from its place p on, "
          + "in order; final reads with \"final\":true",
      ]
    case "replies":
      [
        "post [room, m], each m once", "reply [room, m] → [room, m, t], to t",
        "read room → [[m, t], …] as they are shown, with \"at\":server; t null but for replies",
        "read null → those of all rooms; final reads with \"final\":true",
      ]
    case "happens-before":
      [
        "event e, each e once", "tell [e, to], each e once",
        "read null → [[kind, e, stamp, bytes], …], with \"at\":node and \"from\":p: the node's log from its "
          + "place p on, kind being event, send or receive",
        "stamp is [\"lamport\", t], [\"vector\", [n, …]], [\"dotted\", node, k, [n, …]] or "
          + "[\"interval-tree\", t], t being n or [n, t, t]",
      ]
    case "availability", "stats": ["any"]
    default: operations(ofModel: name)
    }
  }
}

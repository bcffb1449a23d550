import Values

/// The claims, by the numbers of a well-known introductory guide.
extension Claim {
  public static let all = [lamportClocks, vectorClocks, cartMerge, convergence, chat]

  private static func plan(
    _ system: String, _ workload: String, options: [String: String] = [:],
    nemesis: [String] = ["partition", "kill", "pause", "loss", "duplicate", "reorder"],
    nodes: Int = 5, bugs: [String] = []
  ) -> Plan {
    var plan = Plan(
      system: system, workload: workload, nodes: (1...nodes).map { "n\($0)" },
      concurrency: 2 * nodes)
    plan.place = .simulated
    plan.rate = 100
    plan.timeLimit = .seconds(10)
    plan.timeout = .milliseconds(500)
    plan.nemesis = nemesis
    plan.nemesisInterval = .milliseconds(500)
    plan.options = options
    plan.bugs = bugs
    return plan
  }

  private static let lamportClocks = Claim(
    4, "Lamport clocks: A → B implies L(A) < L(B), and not the converse.",
    [
      Experiment(
        "the implication holds, and a witness refutes the converse",
        plan("lamport-clock", "clocks"), facts: ["concurrent-with-smaller-stamp", "stamp-bytes"]),
      Experiment(
        "a clock that a message does not advance breaks the implication",
        plan("lamport-clock", "clocks", bugs: ["no-merge"]), .invalid(["unordered"])),
    ])

  private static let vectorClocks = Claim(
    5, "Vector clocks: V(A) < V(B) exactly where A → B; they grow with the nodes.",
    ["vector-clock", "dotted-version-vector", "interval-tree-clock"].flatMap { system in
      [3, 10].map { nodes in
        Experiment(
          "\(system), \(nodes) nodes", plan(system, "clocks", nodes: nodes), facts: ["stamp-bytes"])
      }
    } + [
      Experiment(
        "with an entry for two nodes, concurrent events seem ordered",
        plan("vector-clock", "clocks", bugs: ["shared-entry"]), .invalid(["falsely-ordered"]))
    ])

  private static let cartMerge = Claim(
    16, "Merging carts as a union of items keeps data.",
    [
      Experiment(
        "a cart that keeps adds, changes and removes apart", plan("crdt-cart", "crdt-cart")),
      Experiment(
        "the union by larger quantity brings removed items back and loses decrements",
        plan("crdt-cart-union", "crdt-cart"), .invalid(["unexplained", "diverging"])),
    ])

  private static let convergence = Claim(
    17, "Convergent data types converge without coordination; their metadata grows.",
    [
      "g-counter", "pn-counter", "bounded-counter", "g-set", "2p-set", "lww-set", "or-set",
      "rw-set", "lww-register", "mv-register", "ew-flag", "dw-flag", "or-map", "cart",
    ].map { type in
      Experiment(
        "\(type), by deltas that are merged", plan("crdt-\(type)", "crdt-\(type)"),
        facts: ["metadata-bytes", "metadata-bytes-per-update", "sent-bytes-per-update"])
    }
      + [
        ("pn-counter-op", "pn-counter"), ("or-set-op", "or-set"),
        ("lww-register-op", "lww-register"), ("mv-register-op", "mv-register"),
        ("rga", "text"), ("fugue", "text"), ("tree", "tree"),
      ].map { system, type in
        Experiment(
          "\(system), by operations that are told", plan("crdt-\(system)", "crdt-\(type)"),
          facts: ["metadata-bytes", "metadata-bytes-per-update", "sent-bytes-per-update"])
      } + [
        Experiment(
          "or-set-op, by operations that are told in the order of each node only",
          plan("crdt-or-set-op", "crdt-or-set", options: ["delivery": "fifo"]),
          .invalid(["unexplained", "diverging"])),
        Experiment(
          "lww-register, stamped by clocks that are apart",
          plan(
            "crdt-lww-register", "crdt-lww-register", options: ["clock": "wall"],
            nemesis: ["clock:offset"]), .invalid(["arbitration-cycle"])),
      ])

  private static let chat = Claim(
    41, "A chat on causal order: no reply is shown before its message.",
    [
      Experiment("causal order", plan("chat", "chat")),
      Experiment(
        "FIFO order shows replies first", plan("chat", "chat", options: ["order": "fifo"]),
        .invalid(["reply-before-message"])),
      Experiment(
        "and so does the order of arrival", plan("chat", "chat", options: ["order": "arrival"]),
        .invalid(["reply-before-message"])),
    ])
}

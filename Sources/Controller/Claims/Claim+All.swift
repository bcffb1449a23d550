import Values

/// The claims, by the numbers of a well-known introductory guide.
extension Claim {
  public static let all = [lamportClocks, vectorClocks, cartMerge, convergence, chat]

  private static func plan(
    _ system: String, _ workload: String, options: [String: String] = [:],
    nemesis: [String] = ["partition", "kill", "pause", "loss", "duplicate", "reorder"]
  ) -> Plan {
    var plan = Plan(
      system: system, workload: workload, nodes: (1...5).map { "n\($0)" }, concurrency: 10)
    plan.place = .simulated
    plan.rate = 100
    plan.timeLimit = .seconds(10)
    plan.timeout = .milliseconds(500)
    plan.nemesis = nemesis
    plan.nemesisInterval = .milliseconds(500)
    plan.options = options
    return plan
  }

  private static let lamportClocks = Claim(
    4, "Lamport clocks: A → B implies L(A) < L(B), and not the converse.", [])

  private static let vectorClocks = Claim(
    5, "Vector clocks: V(A) < V(B) exactly where A → B; they grow with the nodes.", [])

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
    41, "A chat on causal order: no reply is shown before its message.", [])
}

import Environments
import Nodes
import Simulations
import Testing
import Values

struct DiskFaultTests {
  static let kinds = DiskFault.Kind.allCases.filter { !$0.isOfTransfers }

  /// How a strike or an affliction of one node's disk ended.
  struct Course {
    var struck: FaultReport
    var mended: FaultReport
    var simulation: Simulation<Ledger>
    var acknowledged = 0
    var submitted = 0

    var total: Int { simulation.node(n1).total }
  }

  /// Breaks the disk of a ledger that is used meanwhile, and mends it.
  static func course(
    _ fault: DiskFault, seed: UInt64, bugs: Set<String> = [], tokens: Bool = false,
    additions: Int = 12, then crash: Fault? = nil
  ) -> Course {
    let simulation = simulate(Ledger.self, seed: seed) {
      $0.bugs = bugs
      if tokens { $0.options = ["tokens": ""] }
    }
    var course = Course(struck: FaultReport(), mended: FaultReport(), simulation: simulation)
    func add(_ count: Int) {
      for _ in 0..<count {
        simulation.submit(
          .addDelta(1), as: RequestID(client: course.submitted, number: 0), to: n1)
        course.submitted += 1
        course.acknowledged += simulation.run(for: .microseconds(150)).count
      }
    }
    add(4)
    course.acknowledged += simulation.run(for: .milliseconds(5)).count
    if additions > 0 { add(1) }
    course.struck = simulation.apply(.disk(fault, [n1]))
    add(additions)
    course.acknowledged += simulation.run(for: .milliseconds(20)).count
    if let crash {
      _ = simulation.apply(crash)
      _ = simulation.apply(.restart([n1]))
      simulation.run(for: .milliseconds(25))
    }
    course.mended = simulation.apply(.mendDisks([n1]))
    course.acknowledged += simulation.run(for: .milliseconds(30)).count
    return course
  }

  @Test(
    "every fault of disks takes hold, says so, and is over when the disk is mended",
    arguments: kinds)
  func takesHold(kind: DiskFault.Kind) {
    var affected = 0
    for seed in 0..<30 as Range<UInt64> {
      let fault = DiskFault(kind, probability: 1)
      let course = Self.course(fault, seed: seed)
      let simulation = course.simulation
      #expect(course.struck.did.keys.map(\.self) == [n1])
      #expect(course.mended.tookHold == true, "seed \(seed)")
      #expect(course.mended.did[n1] != nil)
      if kind != .corrupt && kind != .stale {
        #expect(simulation.faults.disks[kind] >= course.mended.affected ?? 0, "seed \(seed)")
      }
      affected += course.mended.affected ?? 0
      #expect(simulation.isUp(n1), "seed \(seed)")
      // Nothing is left of it: what is added now is acknowledged, and lasts.
      let total = course.total
      simulation.submit(.addDelta(1), as: RequestID(client: 99, number: 0), to: n1)
      #expect(simulation.run(for: .milliseconds(5)).count == 1, "seed \(seed)")
      _ = simulation.apply(.powerLoss([n1]))
      _ = simulation.apply(.mendDisks([n1]))
      simulation.run(for: .milliseconds(30))
      #expect(course.total == total + 1, "seed \(seed)")
      #expect(simulation.apply(.mendDisks([n1])) == FaultReport())
    }
    #expect(affected > 0)
  }

  @Test("a fault that met no operation would have met one of the harness's own", arguments: kinds)
  func probes(kind: DiskFault.Kind) {
    let course = Self.course(DiskFault(kind), seed: 3, additions: 0)
    #expect(course.mended.tookHold == true)
    // These touch what is durable already.
    let touchesAll = kind.takesFiles || kind == .wipe
    #expect(touchesAll || course.mended.affected == 0)
    #expect(touchesAll || course.total == 4)
  }

  @Test(
    "what a ledger acknowledged survives what destroys nothing durable",
    arguments: [.powerLoss, .torn, .reorder, .syncError, .crashAtSync, .full, .stall, .readOnly]
      as [DiskFault.Kind])
  func careful(kind: DiskFault.Kind) {
    for seed in 0..<150 as Range<UInt64> {
      for tokens in [false, true] {
        let course = Self.course(DiskFault(kind), seed: seed, tokens: tokens)
        let range = course.acknowledged...course.submitted
        #expect(range.contains(course.total), "seed \(seed), tokens \(tokens)")
      }
    }
  }

  @Test(
    "a careless ledger is shown up",
    arguments: [
      (.powerLoss, "no-sync", false), (.torn, "no-checksum", false),
      (.reorder, "no-sync", false), (.syncError, "no-failure", true),
      (.full, "no-failure", true), (.readOnly, "no-failure", true),
    ] as [(DiskFault.Kind, String, Bool)])
  func careless(kind: DiskFault.Kind, bug: String, tokens: Bool) {
    let wrong = (0..<600 as Range<UInt64>).filter { seed in
      let course = Self.course(DiskFault(kind), seed: seed, bugs: [bug], tokens: tokens)
      return !(course.acknowledged...course.submitted).contains(course.total)
    }
    #expect(wrong.count > 10)
  }

  @Test("on a stalled disk power loss takes all that was acknowledged before it was synced")
  func stall() {
    func losing(_ bugs: Set<String>) -> Int {
      (0..<60 as Range<UInt64>).count { seed in
        let fault = DiskFault(.stall, latency: .seconds(1))
        let course = Self.course(fault, seed: seed, bugs: bugs, then: .powerLoss([n1]))
        return course.total < course.acknowledged
      }
    }
    #expect(losing([]) == 0)
    #expect(losing(["no-sync"]) > 40)
  }

  @Test("a stalled disk takes longer, by a given time or by one of any order of magnitude")
  func stallLatency() {
    var times: [Nanoseconds] = []
    for seed in 0..<200 as Range<UInt64> {
      for latency in [nil, .milliseconds(300)] as [Nanoseconds?] {
        let simulation = simulate(Ledger.self, seed: seed)
        _ = simulation.apply(.disk(DiskFault(.stall, latency: latency), [n1]))
        let begin = simulation.now
        simulation.submit(.addDelta(1), as: RequestID(client: 0, number: 0), to: n1)
        while simulation.advance(until: begin + .seconds(20)).isEmpty {}
        let time = simulation.now - begin
        if latency == nil {
          times.append(time)
        } else {
          #expect((Nanoseconds.milliseconds(300) ... .milliseconds(302)).contains(time))
        }
      }
    }
    #expect(times.allSatisfy { (Nanoseconds.milliseconds(1) ... .seconds(5)).contains($0) })
    #expect(times.contains { $0 < .milliseconds(4) } && times.contains { $0 > .seconds(2) })
  }

  @Test("power is lost at the sync that is asked for, and nothing of it was acknowledged")
  func crashAtSync() {
    for number in 1...5 {
      let simulation = simulate(Ledger.self, seed: UInt64(number))
      #expect(
        simulation.apply(.disk(DiskFault(.crashAtSync, sync: number), [n1])).did
          == [n1: "crash-at-sync"])
      var acknowledged = 0
      for request in 0..<8 {
        simulation.submit(.addDelta(1), as: RequestID(client: 0, number: request), to: n1)
        acknowledged += simulation.run(for: .milliseconds(5)).count
      }
      #expect(acknowledged == number - 1 && !simulation.isUp(n1))
      let report = simulation.apply(.mendDisks([n1]))
      #expect(report == FaultReport(did: [n1: "restarted"], tookHold: true, affected: 1))
      simulation.run(for: .milliseconds(30))
      #expect(simulation.isUp(n1) && number - 1...number ~= simulation.node(n1).total)
    }
  }

  @Test("files that are named are refused, for simulated ones have no names")
  func files() {
    let simulation = simulate(Ledger.self)
    #expect(simulation.support(for: DiskFault(.corrupt)) == .supported)
    #expect(simulation.support(for: DiskFault(.corrupt, files: "*.wal")) != .supported)
  }

  @Test("faults of single reads and writes are refused, and it is said where they are had")
  func transfers() {
    let simulation = simulate(Ledger.self)
    for kind in DiskFault.Kind.allCases {
      let support = simulation.support(for: DiskFault(kind))
      guard kind.isOfTransfers else {
        #expect(support == .supported)
        continue
      }
      guard case .unsupported(let reason) = support else {
        Issue.record("\(kind) is supported")
        continue
      }
      #expect(reason.contains("--env lab"))
    }
  }

  @Test("a node without a token is stopped when a sync fails, and is no node that died")
  func stopped() {
    let simulation = simulate(Ledger.self)
    _ = simulation.apply(.disk(DiskFault(.syncError, probability: 1), [n1]))
    simulation.submit(.addDelta(1), as: RequestID(client: 0, number: 0), to: n1)
    #expect(simulation.run(for: .milliseconds(30)).isEmpty)
    #expect(!simulation.isUp(n1))
    #expect(simulation.faults.stops == 1 && simulation.faults.kills == 0)
    let report = simulation.apply(.mendDisks([n1]))
    #expect(report == FaultReport(did: [n1: "restarted"], tookHold: true, affected: 1))
    simulation.run(for: .milliseconds(30))
    #expect(simulation.isUp(n1) && simulation.node(n1).total == 0)
  }

  @Test("a node with a token hears that a sync failed, and is restarted at the end")
  func told() {
    let simulation = simulate(Ledger.self) { $0.options = ["tokens": ""] }
    _ = simulation.apply(.disk(DiskFault(.readOnly), [n1]))
    simulation.submit(.addDelta(1), as: RequestID(client: 0, number: 0), to: n1)
    #expect(simulation.run(for: .milliseconds(30)).isEmpty)
    #expect(simulation.isUp(n1) && simulation.node(n1).isHalted)
    #expect(simulation.apply(.mendDisks([n1])).did == [n1: "mended and restarted"])
    simulation.run(for: .milliseconds(30))
    #expect(!simulation.node(n1).isHalted)
  }

  @Test("a node that starts on a full disk finds all that was durable, and can't add to it")
  func fullAtRestart() {
    let simulation = simulate(Ledger.self)
    for number in 0..<5 {
      simulation.submit(.addDelta(1), as: RequestID(client: 0, number: number), to: n1)
      #expect(simulation.run(for: .milliseconds(2)).count == 1)
    }
    _ = simulation.apply(.disk(DiskFault(.full), [n1]))
    for _ in 0..<3 {
      _ = simulation.apply(.kill([n1]))
      _ = simulation.apply(.restart([n1]))
      simulation.run(for: .milliseconds(30))
      #expect(simulation.node(n1).total == 5)
    }
    simulation.submit(.addDelta(1), as: RequestID(client: 0, number: 9), to: n1)
    #expect(simulation.run(for: .milliseconds(5)).isEmpty && !simulation.isUp(n1))
    _ = simulation.apply(.mendDisks([n1]))
    simulation.run(for: .milliseconds(30))
    #expect(simulation.node(n1).total == 5)
  }

  @Test("the end of a disk's fault does not restart who was killed")
  func killed() {
    for kind in Self.kinds where !kind.isStrike {
      let simulation = simulate(Ledger.self)
      _ = simulation.apply(.disk(DiskFault(kind), [n1]))
      _ = simulation.apply(.kill([n1]))
      _ = simulation.apply(.mendDisks([n1]))
      simulation.run(for: .milliseconds(30))
      #expect(!simulation.isUp(n1), "\(kind)")
      _ = simulation.apply(.restart([n1]))
      simulation.run(for: .milliseconds(30))
      #expect(simulation.isUp(n1), "\(kind)")
    }
  }

  @Test("faults of disks shift nothing in a system that stores nothing")
  func streams() {
    func digest(_ fault: Fault?) -> UInt64 {
      let simulation = simulate(Pinger.self, seed: 5)
      simulation.run(for: .milliseconds(20))
      if let fault { _ = simulation.apply(fault) }
      simulation.run(for: .milliseconds(50))
      _ = simulation.apply(.mendDisks([n1, n2, n3]))
      simulation.run(for: .milliseconds(50))
      return simulation.digest
    }
    for kind in Self.kinds where !kind.isStrike {
      #expect(digest(.disk(DiskFault(kind), [n1, n3])) == digest(nil), "\(kind)")
    }
  }
}

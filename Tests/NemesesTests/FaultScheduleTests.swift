import Environments
import Nemeses
import Testing
import Values

@Suite struct FaultScheduleTests {
  let interval = Nanoseconds.seconds(10)

  func schedule(
    _ text: String, nodes: Int = 5, timeLimit: Nanoseconds = .seconds(60), seed: UInt64
  ) throws -> [ScheduledFault] {
    try FaultSchedule(
      parseNemesis(text), names: .numbered(count: nodes), interval: interval,
      timeLimit: timeLimit, seed: seed
    ).faults
  }

  static let mixtures = [
    "partition", "kill", "pause", "disk", "clock", "loss,duplicate", "kill:all,pause:all,disk:all",
    "kill,pause,disk", "disk:full,disk:corrupt,disk:torn:all,kill",
    "kill:primaries,partition:primary", "all", "pause:primaries,disk:primaries",
  ]

  @Test(arguments: UInt64(0)..<300)
  func `each family holds at least once, within two intervals`(seed: UInt64) throws {
    for text in Self.mixtures {
      let faults = try schedule(text, timeLimit: .seconds(20), seed: seed)
      for family in Set(try parseNemesis(text).map(\.family)) {
        let own = faults.filter { $0.family == family }
        let start = try #require(own.first, "\(family) of \(text)")
        #expect(start.breaks)
        let end = own.dropFirst().first
        let heldUntil = end?.time ?? .seconds(20)
        #expect(end.map { !$0.breaks } ?? true)
        #expect(start.time + interval / 6 <= heldUntil)
        #expect(heldUntil <= 2 * interval)
      }
    }
  }

  @Test(arguments: UInt64(0)..<300)
  func `each family begins and ends by turns, in time`(seed: UInt64) throws {
    for text in Self.mixtures {
      let faults = try schedule(text, timeLimit: .seconds(300), seed: seed)
      #expect(zip(faults, faults.dropFirst()).allSatisfy { $0.time <= $1.time })
      #expect(faults.allSatisfy { $0.time >= 0 && $0.time < .seconds(300) })
      for family in FaultFamily.allCases {
        let own = faults.filter { $0.family == family }
        for (place, fault) in own.enumerated() { #expect(fault.breaks == (place % 2 == 0)) }
      }
    }
  }

  @Test(arguments: UInt64(0)..<300)
  func `who is paused is resumed, whomever a fault for the primaries struck`(seed: UInt64) throws {
    let text = "kill:primaries,disk:power-loss:primaries,pause"
    var paused: Set<NodeID> = []
    for fault in try schedule(text, timeLimit: .seconds(300), seed: seed) {
      switch fault.fault {
      case .pause(let nodes): paused.formUnion(nodes)
      case .resume(let nodes):
        #expect(paused.isSubset(of: nodes))
        paused = []
      default: break
      }
    }
  }

  @Test(arguments: UInt64(0)..<300)
  func `what mends ends with nothing broken`(seed: UInt64) throws {
    let names = NodeNames.numbered(count: 5)
    for text in Self.mixtures {
      let faults = try schedule(text, timeLimit: .seconds(120), seed: seed)
      var world = World(nodes: 5)
      for fault in faults { world.apply(fault.fault) }
      let inForce = FaultFamily.allCases.filter { family in
        faults.last { $0.family == family }?.breaks == true
      }
      let healing = FaultSchedule.healing(inForce, nodes: names.nodes)
      for fault in healing {
        #expect(!fault.breaks)
        world.apply(fault.fault)
      }
      #expect(world == World(nodes: 5), "\(text)")
    }
  }

  @Test(arguments: UInt64(0)..<300)
  func `no fault strikes a process that is gone, and each end fits its beginning`(
    seed: UInt64
  ) throws {
    for text in [
      "kill,pause,disk", "kill:all,pause:all,disk:all", "kill:one,pause:one,disk:one",
      "kill,pause,disk:stall,disk:corrupt:all,disk:stale", "kill:all,disk:read-only,pause",
    ] {
      var world = World(nodes: 5)
      for fault in try schedule(text, timeLimit: .seconds(300), seed: seed) {
        switch fault.fault {
        case .kill(_, let nodes), .pause(let nodes):
          #expect(!nodes.isEmpty)
          #expect(nodes.allSatisfy { !world.down.contains($0) })
        case .disk(let fault, let nodes):
          #expect(!nodes.isEmpty)
          if fault.kind.isStrike { #expect(nodes.allSatisfy { !world.down.contains($0) }) }
        case .mendDisks(let nodes):
          #expect(nodes.allSatisfy { world.downForDisk.union(world.afflicted).contains($0) })
          #expect(world.downForDisk.union(world.afflicted).isSubset(of: nodes))
        case .restart(let nodes):
          #expect(!nodes.isEmpty)
          #expect(nodes.allSatisfy { world.down.contains($0) })
        case .resume(let nodes):
          #expect(world.paused.isSubset(of: nodes))
        default: break
        }
        world.apply(fault.fault)
        #expect(world.paused.isDisjoint(with: world.down))
      }
    }
  }

  @Test(arguments: UInt64(0)..<300)
  func `another family does not shift what a family does`(seed: UInt64) throws {
    func own(_ family: FaultFamily, in text: String) throws -> [ScheduledFault] {
      try schedule(text, timeLimit: .seconds(120), seed: seed).filter { $0.family == family }
    }
    for family in ["partition", "kill", "loss", "clock", "pause"] {
      let alone = try schedule(family, timeLimit: .seconds(120), seed: seed)
      let kind = try #require(FaultFamily(rawValue: family))
      for others in ["duplicate", "delay,reorder", "partition:one,loss:5%,clock:drift"]
      where !others.contains(family) {
        #expect(try own(kind, in: "\(others),\(family)") == alone)
        #expect(try own(kind, in: "\(family),\(others)") == alone)
      }
    }
    // Among kills, pauses and power losses, rounds may only be left out or lose nodes.
    let alone = try schedule("kill", timeLimit: .seconds(120), seed: seed)
    let times = Set(alone.map(\.time))
    let together = try own(.kill, in: "kill,pause,disk")
    #expect(together.allSatisfy { times.contains($0.time) })
    #expect(together.first == alone.first)
  }

  @Test func `the schedule is a function of the seed`() throws {
    let all = try (UInt64(0)..<100).map { try schedule("all", seed: $0) }
    #expect(try (UInt64(0)..<100).map { try schedule("all", seed: $0) } == all)
    #expect(Set(all).count == 100)
  }

  @Test func `gaps are uniform from nothing to two intervals`() throws {
    var gaps: [Nanoseconds] = []
    for seed in UInt64(0)..<100 {
      let times = try schedule("partition", timeLimit: .seconds(1000), seed: seed).map(\.time)
      gaps += zip(times.dropFirst(3), times.dropFirst(2)).map { $0 - $1 }
    }
    #expect(gaps.allSatisfy { (0...2 * interval).contains($0) })
    let mean = Double(gaps.reduce(0, +)) / Double(gaps.count) / 1e9
    #expect(abs(mean - 10) < 0.3)
    for quarter in 0..<4 {
      let range = Nanoseconds(quarter) * interval / 2..<Nanoseconds(quarter + 1) * interval / 2
      let share = Double(gaps.count(where: range.contains)) / Double(gaps.count)
      #expect(abs(share - 0.25) < 0.03)
    }
  }

  @Test func `families overlap`() throws {
    var overlaps = 0
    for seed in UInt64(0)..<50 {
      var inForce: Set<FaultFamily> = []
      for fault in try schedule("partition,kill,loss", seed: seed) {
        if fault.breaks { inForce.insert(fault.family) } else { inForce.remove(fault.family) }
        if inForce.count > 1 { overlaps += 1 }
      }
    }
    #expect(overlaps > 50)
  }

  @Test func `operations have their names in the history`() throws {
    var names: [FaultFamily: Set<String>] = [:]
    for seed in UInt64(0)..<20 {
      for fault in try schedule("all", timeLimit: .seconds(200), seed: seed) {
        names[fault.family, default: []].insert(fault.f)
      }
    }
    #expect(
      names == [
        .partition: ["start-partition", "stop-partition"], .kill: ["kill", "restart"],
        .pause: ["pause", "resume"], .delay: ["start-delay", "stop-delay"],
        .loss: ["start-loss", "stop-loss"], .duplicate: ["start-duplicate", "stop-duplicate"],
        .reorder: ["start-reorder", "stop-reorder"], .clock: ["clock"],
        .disk: ["start-disk", "stop-disk"], .corrupt: ["start-corrupt", "stop-corrupt"],
        .rate: ["start-rate", "stop-rate"], .clog: ["start-clog", "stop-clog"],
        .cpu: ["start-cpu", "stop-cpu"], .memory: ["start-memory", "stop-memory"],
      ])
  }

  @Test func `of several nemeses of a family each round does one`() throws {
    var cuts: Set<Int> = []
    for seed in UInt64(0)..<30 {
      for fault in try schedule("kill:one,kill:all", seed: seed) {
        if case .kill(_, let nodes) = fault.fault { cuts.insert(nodes.count) }
      }
    }
    #expect(cuts == [1, 5])
  }

  @Test func `clocks are wrong by amounts of many magnitudes, both ways`() throws {
    var offsets: [Nanoseconds] = []
    var drifts: [Int64] = []
    for seed in UInt64(0)..<100 {
      for fault in try schedule("clock", seed: seed) {
        guard case .skew(let changes) = fault.fault else { continue }
        #expect(!changes.isEmpty)
        for change in changes.values {
          switch change {
          case .offset(let offset): offsets.append(offset)
          case .drift(let rate): drifts.append(rate)
          case .step, .freeze, .strobe: continue
          }
        }
      }
    }
    #expect(offsets.allSatisfy { (.milliseconds(8) ... .seconds(263)).contains(abs($0)) })
    #expect(drifts.allSatisfy { (1_000_000...256_000_000).contains(abs($0)) })
    for some in [offsets, drifts] {
      #expect(some.contains { $0 < 0 } && some.contains { $0 > 0 })
      let sizes = some.map { abs($0) }
      #expect((sizes.max() ?? 0) / (sizes.min() ?? 1) > 50)
    }
  }

  @Test func `no nemesis is no fault, whatever the time limit`() throws {
    #expect(try schedule("none", timeLimit: 1, seed: 0) == [])
  }

  @Test func `a time limit that is too short is refused, with what would do`() {
    #expect {
      try schedule("partition,kill", timeLimit: .seconds(15), seed: 0)
    } throws: { error in
      "\(error)"
        == "a time limit of 15s is too short for each of partition, kill to hold once at a nemesis "
        + "interval of 10s: at least 20s is needed, or an interval of at most 7500ms"
    }
    #expect(throws: Never.self) { try schedule("partition", timeLimit: .seconds(20), seed: 0) }
  }

  @Test func `an interval of next to nothing is refused`() throws {
    #expect(throws: NemesisError.intervalTooShort(0)) {
      try FaultSchedule(
        parseNemesis("kill"), names: .numbered(count: 3), interval: 0, timeLimit: 1, seed: 0)
    }
    #expect(
      "\(NemesisError.intervalTooShort(0))"
        == "a nemesis interval of 0s is too short: at least 1ms is needed")
  }

  @Test(arguments: [
    ("partition", 1, "nemesis partition:random needs at least 2 nodes, and there is 1"),
    ("partition:bridge", 2, "nemesis partition:bridge needs at least 3 nodes, and there are 2"),
    ("loss", 1, "nemesis loss:0.2:all needs at least 2 nodes, and there is 1"),
    ("kill:n7", 2, "there is no node \"n7\"; there are n1, n2"),
  ])
  func `what the cluster is too small for is refused`(text: String, nodes: Int, message: String) {
    #expect {
      try schedule(text, nodes: nodes, seed: 0)
    } throws: { error in
      "\(error)" == message
    }
  }

  @Test(arguments: 1...9)
  func `clusters of every size have a schedule`(count: Int) throws {
    let text = count == 1 ? "kill,pause,clock,disk" : "all"
    for seed in UInt64(0)..<30 { #expect(!(try schedule(text, nodes: count, seed: seed)).isEmpty) }
  }

  @Test func `a fault for the primaries strikes them once they are known`() throws {
    let nodes = NodeNames.numbered(count: 5).nodes
    let leader = NodeID(3)
    let faults = try schedule(
      "partition:primary,kill:primaries,pause:primaries,disk:primaries,loss:primaries,"
        + "clock:primaries,cpu:primaries", timeLimit: .seconds(200), seed: 4)
    for fault in faults {
      #expect(fault.resolved(primaries: [], of: nodes) == fault)
      let resolved = fault.resolved(primaries: [leader], of: nodes).fault
      switch fault.fault {
      case .cut:
        #expect(resolved == .cut(Grudges.complete([[leader], nodes.filter { $0 != leader }])))
      case .kill: #expect(resolved == .kill([leader]))
      case .disk(let kind, _): #expect(resolved == .disk(kind, [leader]))
      case .pause: #expect(resolved == .pause([leader]))
      case .disturb(let disturbance, _):
        #expect(resolved == .disturb(disturbance, Grudges.touching([leader], of: nodes)))
      case .skew:
        guard case .skew(let changes) = resolved else {
          Issue.record("a clock's fault became \(resolved)")
          continue
        }
        #expect(Array(changes.keys) == [leader])
      // Whoever was struck is among those that are mended.
      case .restart(let mended), .resume(let mended), .mendDisks(let mended):
        #expect(mended.contains(leader))
      case .limit(let limit, _): #expect(resolved == .limit(limit, [leader]))
      case .mend, .calm, .resetClocks, .unlimit: break
      }
    }
    #expect(Set(faults.map(\.family)).count == 7)
  }

  @Test func `a fault for followers spares who leads once that is known`() throws {
    let nodes = NodeNames.numbered(count: 5).nodes
    let faults = try schedule(
      "kill:followers,pause:followers,cpu:followers", timeLimit: .seconds(200), seed: 4)
    var count = 0
    for fault in faults where fault.breaks {
      let drawn = try #require(fault.fault.nodes)
      #expect(fault.aim == .followers)
      #expect(fault.resolved(primaries: [], of: nodes) == fault)
      #expect(fault.resolved(primaries: nodes, of: nodes) == fault, "nobody follows")
      let none = try #require(fault.resolved(primaries: drawn, of: nodes).fault.nodes)
      #expect(none.count == 1 && !drawn.contains(none[0]))
      #expect(try ScheduledFault(fault.value(.numbered(count: 5)), .numbered(count: 5)) == fault)
      // One of two may be down for another fault's sake.
      guard drawn.count == 2 else { continue }
      count += 1
      #expect(fault.resolved(primaries: [drawn[0]], of: nodes).fault.nodes == [drawn[1]])
    }
    #expect(count > 10)
  }
}

/// What the faults of a schedule have broken.
struct World: Hashable {
  var nodes: Int
  var cut: [Link] = []
  var down: Set<NodeID> = []
  /// Those of them that a fault of the disk took down, and disks that a fault holds.
  var downForDisk: Set<NodeID> = []
  var afflicted: Set<NodeID> = []
  var paused: Set<NodeID> = []
  var disturbed: Set<Disturbance.Kind> = []
  var isSkewed = false
  var limited: Set<ResourceLimit.Kind> = []

  init(nodes: Int) { self.nodes = nodes }

  mutating func apply(_ fault: Fault) {
    switch fault {
    case .cut(let links): cut = links
    case .mend: cut = []
    case .disk(let fault, let struck) where !fault.kind.isStrike: afflicted.formUnion(struck)
    case .disk(_, let struck):
      downForDisk.formUnion(struck.filter { !down.contains($0) })
      down.formUnion(struck)
      paused.subtract(struck)
    case .mendDisks(let struck):
      afflicted.subtract(struck)
      down.subtract(downForDisk.intersection(struck))
      downForDisk.subtract(struck)
    case .kill(_, let struck):
      down.formUnion(struck)
      paused.subtract(struck)
    case .restart(let struck):
      down.subtract(struck)
      downForDisk.subtract(struck)
    case .pause(let struck): paused.formUnion(struck.filter { !down.contains($0) })
    case .resume(let struck): paused.subtract(struck)
    case .disturb(let disturbance, _): disturbed.insert(disturbance.kind)
    case .calm(let kind): disturbed.remove(kind)
    case .skew: isSkewed = true
    case .resetClocks: isSkewed = false
    case .limit(let limit, _): limited.insert(limit.kind)
    case .unlimit(let kind): limited.remove(kind)
    }
  }
}

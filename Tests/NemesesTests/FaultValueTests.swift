import Environments
import Nemeses
import Testing
import Values

@Suite struct FaultValueTests {
  let names = NodeNames.numbered(count: 5)

  @Test(arguments: UInt64(0)..<100)
  func `every scheduled fault is read back as it was written`(seed: UInt64) throws {
    for text in [
      "all", "partition:primary,kill:primaries,clock:drift", "kill:stop,kill:upgrade:primaries",
      "loss:type=a+b,delay:20ms:exponential,delay:constant:type=c",
    ] {
      let schedule = try FaultSchedule(
        parseNemesis(text), names: names, interval: .seconds(3), timeLimit: .seconds(60),
        seed: seed)
      for fault in schedule.faults {
        let value = fault.value(names)
        #expect(try ScheduledFault(value, names) == fault)
        #expect(try Fault(fault.fault.value(names), names) == fault.fault)
      }
    }
    for kind in DiskFault.Kind.allCases {
      var draws = Draws(seed: seed)
      let fault = Fault.disk(
        DiskFault(
          kind, probability: kind.takesProbability ? draws.unit() : nil,
          latency: kind.takesLatency && draws.chance(0.5) ? draws.within(1...10_000_000_000) : nil,
          sync: kind == .crashAtSync ? draws.below(9) + 1 : nil,
          files: kind.takesFiles ? "*.wal" : nil,
          problem: kind == .writeError && draws.chance(0.5) ? .full : .broken),
        draws.shuffled(names.nodes).prefix(draws.below(6)).sorted())
      #expect(try Fault(fault.value(names), names) == fault)
    }
    for fault in FaultSchedule.healing(FaultFamily.allCases, nodes: names.nodes, at: 5) {
      #expect(try ScheduledFault(fault.value(names), names) == fault)
    }
  }

  @Test func `faults are written as people would`() {
    let link = Link(from: NodeID(0), to: NodeID(1))
    #expect(
      Fault.cut([link]).value(names) == ["fault": "cut", "target": [["n1", "n2"]]])
    #expect(
      Fault.kill(.stop, [NodeID(2)]).value(names) == [
        "fault": "kill", "target": ["n3"], "parameters": ["kind": "stop"],
      ])
    #expect(
      Fault.disturb(
        Disturbance(
          .delay, probability: 1, latency: .milliseconds(20), distribution: .exponential,
          messageTypes: ["vote"]), [link]
      ).value(names) == [
        "fault": "delay", "target": [["n1", "n2"]],
        "parameters": [
          "probability": 1.0, "latency": 0.02, "distribution": "exponential", "types": ["vote"],
        ],
      ])
    #expect(Fault.kill([NodeID(2)]).value(names) == ["fault": "kill", "target": ["n3"]])
    #expect(
      Fault.disturb(Disturbance(.loss, probability: 0.5), [link]).value(names) == [
        "fault": "loss", "target": [["n1", "n2"]], "parameters": ["probability": 0.5],
      ])
    #expect(
      Fault.skew([NodeID(0): .offset(-3_500_000_000)]).value(names) == [
        "fault": "clock", "parameters": ["n1": ["kind": "offset", "seconds": -3.5]],
      ])
  }

  @Test func `faults of disks are written with their kind`() throws {
    #expect(
      Fault.disk(DiskFault(.torn), [NodeID(1)]).value(names) == [
        "fault": "disk", "target": ["n2"], "parameters": ["kind": "torn"],
      ])
    #expect(
      Fault.disk(DiskFault(.stall, latency: .milliseconds(50)), [NodeID(1)]).value(names) == [
        "fault": "disk", "target": ["n2"], "parameters": ["kind": "stall", "latency": 0.05],
      ])
    #expect(
      try Fault(
        ["fault": "disk", "target": ["n1"], "parameters": ["kind": "misdirect"]], names)
        == .disk(DiskFault(.misdirect), [NodeID(0)]))
    #expect(
      Fault.disk(DiskFault(.writeError, files: "wal/*", problem: .full), [NodeID(1)]).value(names)
        == [
          "fault": "disk", "target": ["n2"],
          "parameters": [
            "kind": "write-error", "probability": 0.5, "file": "wal/*", "error": "ENOSPC",
          ],
        ])
    #expect {
      try Fault(
        [
          "fault": "disk", "target": ["n1"],
          "parameters": ["kind": "write-error", "error": "EPERM"],
        ], names)
    } throws: { "\($0)".contains("writes can't fail with \"EPERM\"; there are EIO, ENOSPC") }
    #expect(
      Fault.disk(DiskFault(.torn), [NodeID(0)])
        .operationValue(names, did: [NodeID(0): "torn"]) == ["n1": "torn"])
  }

  @Test func `operations in the history have the values that the contract names`() {
    let link = Link(from: NodeID(0), to: NodeID(1))
    #expect(Fault.cut([link]).operationValue(names, did: [:]) == ["cut": [["n1", "n2"]]])
    #expect(
      Fault.kill([NodeID(0)]).operationValue(names, did: [NodeID(0): "killed"])
        == ["n1": "killed"])
    #expect(
      Fault.skew([NodeID(0): .offset(-3_500_000_000)]).operationValue(names, did: [:])
        == ["n1": ["kind": "offset", "seconds": -3.5]])
    #expect(Fault.mend.operationValue(names, did: [:]) == .null)
  }

  @Test func `a family and a name that are left out are the usual ones`() throws {
    let fault = try ScheduledFault(
      ["time": 7, "fault": "cut", "target": [["n1", "n2"]]], names)
    #expect(fault.family == .partition && fault.f == "start-partition" && fault.time == 7)
    let end = try ScheduledFault(["time": 8, "fault": "restart", "target": ["n1"]], names)
    #expect(end.family == .kill && end.f == "restart")
    let disk = try ScheduledFault(
      ["time": 8, "fault": "restart", "family": "disk", "target": ["n1"]], names)
    #expect(disk.family == .disk && disk.f == "stop-disk")
  }

  @Test func `whole numbers do for fractions`() throws {
    #expect(
      try Fault(
        [
          "fault": "delay", "target": [["n1", "n2"]],
          "parameters": ["probability": 1, "latency": 2],
        ],
        names)
        == .disturb(
          Disturbance(.delay, probability: 1, latency: .seconds(2)),
          [Link(from: NodeID(0), to: NodeID(1))]))
  }

  @Test(
    arguments: [
      ([:], "a fault needs the field \"fault\""),
      (["fault": "explode"], "there is no fault \"explode\""),
      (["fault": "kill"], "the target of \"kill\" is a list of nodes"),
      (
        ["fault": "kill", "target": ["n9"]],
        "there is no node \"n9\"; there are n1, n2, n3, n4, n5"
      ),
      (
        ["fault": "cut", "target": ["n1"]],
        "a link is a list of two nodes: whose messages, and to whom"
      ),
      (["fault": "loss", "target": []], "the fault \"loss\" needs a \"probability\""),
      (["fault": "calm"], "nothing that could be calmed is called \"\""),
      (
        ["fault": "disk", "target": [], "parameters": ["kind": "wet"]],
        "there is no fault of disks \"wet\""
      ),
      (["fault": "clock"], "a clock's fault needs \"parameters\" for each node"),
      (
        ["fault": "clock", "parameters": ["n1": ["kind": "offset"]]],
        "a clock's change is an \"offset\" or a \"step\" in \"seconds\", a \"drift\" in "
          + "\"seconds-per-second\", a \"freeze\", or a \"strobe\" in \"seconds\" with a "
          + "\"period\""
      ),
    ] as [(Value, String)])
  func `what is no fault is refused, and why`(value: Value, message: String) {
    #expect {
      try Fault(value, names)
    } throws: { error in
      "\(error)" == message
    }
  }
}

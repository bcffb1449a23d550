import Controller
import Environments
import Nemeses
import Nodes
import Testing
import Values

/// A cluster of which a test says who takes itself for what; a node without a role is down.
private final class Stage: Environment {
  let names: NodeNames
  var roles: [String?]
  var isRecovering: [Bool]
  /// The nodes at which the next fault does something.
  var reached: [NodeID] = []
  let now: Nanoseconds = 0
  let traffic = Traffic()

  init(_ roles: [String?]) {
    names = .numbered(count: roles.count)
    self.roles = roles
    isRecovering = roles.map { _ in false }
  }

  func role(of node: NodeID) -> String? { roles[node.index] }
  func isWhole(_ node: NodeID) -> Bool { !isRecovering[node.index] }
  func support(for family: FaultFamily) -> FaultSupport { .supported }
  func start() {}
  func stop() {}
  func submit(_ request: Request, as id: RequestID, to node: NodeID) {}
  func advance(until deadline: Nanoseconds) -> [EnvironmentEvent] { [] }

  func apply(_ fault: Fault) -> FaultReport {
    FaultReport(did: Dictionary(uniqueKeysWithValues: reached.map { ($0, "done") }))
  }
}

@Suite("The situations that faults bring about")
struct CoverageTests {
  private static let nodes = (0..<5).map { NodeID($0) }

  /// Applies faults to a stage, each after the stage was set.
  private func coverage(
    _ steps: [(FaultFamily, Fault, reaches: [Int], roles: [String?])], recovering: Int? = nil
  ) -> FaultCoverage {
    let stage = Stage(Array(repeating: "member", count: 5))
    if let recovering { stage.isRecovering[recovering] = true }
    var recorder = CoverageRecorder(stage.names.nodes)
    for (family, fault, reached, roles) in steps {
      stage.roles = roles
      stage.reached = reached.map { NodeID($0) }
      let scheduled = ScheduledFault(time: 0, family: family, f: "f", fault: fault)
      if scheduled.breaks { recorder.look(at: stage) }
      recorder.note(scheduled, stage.apply(fault))
    }
    return recorder.coverage
  }

  private let calm: [String?] = ["leader", "follower", "follower", "candidate", "follower"]

  @Test("a fault of processes strikes those that it did something to, in their roles before it")
  func processes() {
    let coverage = coverage([
      (.kill, .kill(Self.nodes), [0, 1, 2], calm), (.pause, .pause([Self.nodes[3]]), [], calm),
    ])
    #expect(
      coverage.strikes == [.init(.kill, role: "leader"): 1, .init(.kill, role: "follower"): 2])
    #expect(coverage.roles == ["leader", "follower", "candidate"])
    #expect(coverage.families == [.kill], "a pause that found nobody did nothing")
    #expect(coverage.missedStrikes.map(\.description) == ["kill candidate"])
    #expect(coverage.marks == [:])
  }

  @Test(
    "a cut isolates the nodes that are left without a majority to talk to, both ways",
    arguments: [
      // n1 alone, in both directions and in one.
      ([(0, 1), (1, 0), (0, 2), (2, 0), (0, 3), (3, 0), (0, 4), (4, 0)], ["leader": 1]),
      ([(0, 1), (0, 2), (0, 3), (0, 4)], ["leader": 1]),
      // One more link is needed for n1 to be without two of four.
      ([(0, 1), (0, 2)], [:]), ([(0, 1), (1, 0), (0, 2), (3, 0)], ["leader": 1]),
      // n1 and n2 apart from the others.
      ([(0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (1, 4)], ["leader": 1, "follower": 1]),
      // Nobody is in a majority.
      (
        (0..<5).flatMap { one in (0..<5).filter { $0 != one }.map { (one, $0) } },
        ["leader": 1, "follower": 3, "candidate": 1]
      ),
    ] as [([(Int, Int)], [String: Int])])
  func isolation(links: [(Int, Int)], isolated: [String: Int]) {
    let cut = Fault.cut(links.map { Link(from: NodeID($0.0), to: NodeID($0.1)) })
    let strikes = coverage([(.partition, cut, [], calm)]).strikes
    #expect(
      Dictionary(uniqueKeysWithValues: strikes.map { ($0.key.role, $0.value) }) == isolated)
    #expect(strikes.keys.allSatisfy { "\($0)" == "partition isolates \($0.role)" })
  }

  @Test("a disturbance strikes the nodes all of whose links it is on")
  func disturbance() {
    let loss = Disturbance(.loss, probability: 0.5)
    let all = Self.nodes.flatMap { one in
      Self.nodes.filter { $0 != one }.map { Link(from: one, to: $0) }
    }
    let ofFirst = all.filter { $0.source.index == 0 || $0.destination.index == 0 }
    #expect(
      coverage([(.loss, .disturb(loss, ofFirst), [], calm)]).strikes
        == [.init(.loss, role: "leader"): 1])
    #expect(
      coverage([(.loss, .disturb(loss, all), [], calm)]).strikes.values.reduce(0, +) == 5)
    let some = Array(ofFirst.dropLast())
    #expect(coverage([(.loss, .disturb(loss, some), [], calm)]).strikes.isEmpty)
  }

  @Test("families overlap while faults of both are in force, and not after one was ended")
  func overlap() {
    let cut = Fault.cut([Link(from: Self.nodes[0], to: Self.nodes[1])])
    let kill = Fault.kill([Self.nodes[2]])
    let both = coverage([(.kill, kill, [2], calm), (.partition, cut, [], calm)])
    #expect(both.marks == ["overlap: partition + kill": 1])
    let apart = coverage([
      (.partition, cut, [], calm), (.partition, .mend, [], calm), (.kill, kill, [2], calm),
    ])
    #expect(apart.marks == [:])
  }

  @Test("circumstances of a strike are told: others down, booting, paused, recovering")
  func circumstances() {
    let kill = Fault.kill([Self.nodes[2]])
    let oneDown: [String?] = ["leader", nil, "follower", "follower", "follower"]
    let thirdDown: [String?] = ["leader", "follower", nil, "follower", "follower"]
    let nobody: [String?] = [nil, nil, nil, nil, nil]
    #expect(coverage([(.kill, kill, [2], oneDown)]).marks == [NemesisMark.whileDown: 1])
    #expect(coverage([(.kill, kill, [2], nobody)]).marks == [:], "nobody's role is known")
    let booting = coverage([
      (.kill, kill, [2], calm), (.kill, .restart([Self.nodes[2]]), [2], thirdDown),
      (.kill, kill, [2], thirdDown),
    ])
    #expect(booting.marks == [NemesisMark.whileBooting: 1])
    let booted = coverage([
      (.kill, kill, [2], calm), (.kill, .restart([Self.nodes[2]]), [2], thirdDown),
      (.kill, kill, [2], calm),
    ])
    #expect(booted.marks == [:])
    let paused = coverage([
      (.pause, .pause([Self.nodes[2]]), [2], calm), (.kill, kill, [2], calm),
    ])
    #expect(paused.marks == ["overlap: kill + pause": 1, NemesisMark.whilePaused: 1])
    #expect(
      coverage([(.kill, kill, [2], calm)], recovering: 2).marks
        == [NemesisMark.whileRecovering: 1])
  }

  @Test("marks of nemeses are known where their families can reach them")
  func known() {
    #expect(NemesisMark.known([.partition, .loss], nodeCount: 3) == ["overlap: partition + loss"])
    #expect(NemesisMark.known([.kill], nodeCount: 3) == [NemesisMark.whileBooting])
    #expect(
      NemesisMark.known([.kill, .pause, .disk], nodeCount: 1)
        == [NemesisMark.whileBooting, NemesisMark.whilePaused])
    #expect(NemesisMark.known([.kill, .pause], nodeCount: 2).contains(NemesisMark.whileDown))
  }
}

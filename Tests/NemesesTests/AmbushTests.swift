import Environments
import Nemeses
import Testing
import Values

@Suite("Ambushes")
struct AmbushTests {
  private static let names = NodeNames.numbered(count: 3)

  private func schedule(_ ambushes: [Ambush]) -> AmbushSchedule {
    AmbushSchedule(nodes: AmbushTests.names.nodes) { $0 < ambushes.count ? ambushes[$0] : nil }
  }

  private func ambush(
    _ family: FaultFamily, _ fault: Fault, after delay: Nanoseconds = 0
  ) -> Ambush {
    Ambush(
      trigger: .mark("elected"), delay: delay,
      fault: ScheduledFault(time: 0, family: family, f: "start", fault: fault))
  }

  private func isolating(_ node: NodeID) -> Fault {
    .cut(Grudges.complete([[node], AmbushTests.names.nodes.filter { $0 != node }]))
  }

  @Test("strike the node that reaches the mark, a while after it does")
  func target() throws {
    var schedule = schedule([ambush(.kill, .kill(.kill, [NodeID(0)]), after: 5)])
    schedule.note("another mark", by: NodeID(1), isLeader: true, at: 10)
    #expect(schedule.due == .max)
    schedule.note("elected", by: NodeID(2), isLeader: true, at: 20)
    schedule.note("elected", by: NodeID(1), isLeader: true, at: 21)
    #expect(schedule.due == 25)
    #expect(schedule.takeDue(at: 24).isEmpty)
    let struck = schedule.takeDue(at: 25)
    #expect(struck.map(\.fault) == [.kill(.kill, [NodeID(2)])] && struck.map(\.time) == [25])
    schedule.note("elected", by: NodeID(1), isLeader: true, at: 30)
    #expect(schedule.due == .max)
  }

  @Test("wait for leaders' marks or for any, and let some pass")
  func triggers() {
    for trigger in [Ambush.Trigger.leadersMark, .anyMark] {
      var waiting = ambush(.pause, .pause([]))
      waiting.trigger = trigger
      waiting.passes = 1
      var schedule = schedule([waiting])
      schedule.note("a", by: NodeID(0), isLeader: false, at: 1)
      schedule.note("b", by: NodeID(1), isLeader: true, at: 2)
      #expect(schedule.due == (trigger == .anyMark ? 2 : .max))
      schedule.note("c", by: NodeID(2), isLeader: true, at: 3)
      let struck = NodeID(trigger == .anyMark ? 1 : 2)
      #expect(schedule.takeDue(at: 3).map(\.fault) == [.pause([struck])])
    }
  }

  @Test("end what the one before did, where the next does not take its place")
  func ends() throws {
    let cut = ambush(.partition, .cut([]))
    let pause = ambush(.pause, .pause([]))
    var schedule = schedule([cut, cut, pause, pause])
    var done: [[Fault]] = []
    for node in [0, 1, 2, 0] {
      schedule.note("elected", by: NodeID(node), isLeader: true, at: 1)
      done.append(schedule.takeDue(at: 1).map(\.fault))
    }
    let expected: [[Fault]] = [
      [isolating(NodeID(0))], [isolating(NodeID(1))], [.mend, .pause([NodeID(2)])],
      [.resume([NodeID(2)]), .pause([NodeID(0)])],
    ]
    #expect(done == expected)
  }

  @Test("end by themselves after a time, and strike whom they name where they are not aimed")
  func durations() {
    var short = ambush(.kill, .kill(.kill, [NodeID(0), NodeID(1)]))
    short.duration = 10
    short.isAimed = false
    var schedule = schedule([short])
    schedule.note("elected", by: NodeID(2), isLeader: true, at: 5)
    #expect(schedule.takeDue(at: 5).map(\.fault) == [.kill(.kill, [NodeID(0), NodeID(1)])])
    #expect(schedule.due == 15)
    #expect(schedule.takeDue(at: 15).map(\.fault) == [.restart([NodeID(0), NodeID(1)])])
    #expect(schedule.due == .max)
  }

  @Test("mend all nodes after a fault that was meant for the primaries, whoever they were")
  func primaries() {
    var short = ambush(.kill, .kill(.kill, [NodeID(0)]))
    short.fault.aim = .primaries
    short.duration = 10
    short.isAimed = false
    var schedule = schedule([short])
    schedule.note("elected", by: NodeID(2), isLeader: true, at: 5)
    #expect(schedule.takeDue(at: 5).map(\.aim) == [.primaries])
    #expect(schedule.takeDue(at: 15).map(\.fault) == [.restart(AmbushTests.names.nodes)])
  }

  @Test("are a function of the seed, and have all that is asked for in some run")
  func draws() throws {
    let specs = try ["partition", "kill", "loss:10%"].flatMap { try parseNemesis($0) }
    var families: Set<FaultFamily> = []
    var triggers: Set<Ambush.Trigger> = []
    var (aimed, timed) = (Set<Bool>(), Set<Bool>())
    for seed in 0..<100 as Range<UInt64> {
      func draws() throws -> AmbushDraws {
        try AmbushDraws(
          specs, names: AmbushTests.names, marks: ["a", "b"], interval: .milliseconds(100),
          seed: seed)
      }
      let (one, other) = (try draws(), try draws())
      for number in 0..<10 {
        let ambush = try #require(one.ambush(number))
        #expect(other.ambush(number) == ambush)
        #expect(Nanoseconds.microseconds(10) <= ambush.delay && ambush.delay < .milliseconds(90))
        #expect(0 <= ambush.duration ?? 0 && ambush.duration ?? 0 <= .milliseconds(200))
        families.insert(ambush.fault.family)
        triggers.insert(ambush.trigger)
        aimed.insert(ambush.isAimed)
        timed.insert(ambush.duration != nil)
      }
    }
    #expect(families == [.partition, .kill, .loss])
    #expect(triggers == [.anyMark, .leadersMark, .mark("a"), .mark("b")])
    #expect(aimed.count == 2 && timed.count == 2)
  }
}

import Controller
import Environments
import Generators
import Histories
import Nemeses
import Nodes
import Testing
import Values
import Workloads

private let cut = ScheduledFault(
  time: .seconds(1), family: .partition, f: "start-partition",
  fault: .cut([Link(from: NodeID(0), to: NodeID(1))]))
private let mend = ScheduledFault(
  time: .seconds(2), family: .partition, f: "stop-partition", fault: .mend)

/// Answers an `ask` with its value, after a while.
private func echo(after delay: Nanoseconds) -> (Request, RequestID, NodeID)
  -> FakeEnvironment.Answers
{
  { request, id, node in
    guard case .custom(let value) = request else { return [] }
    return [(delay, .replied(id, .custom(value), from: node))]
  }
}

@Suite("The driver")
struct DriverTests {
  private func run(
    _ environment: FakeEnvironment, _ generator: some Generator,
    _ workload: ToyWorkload = ToyWorkload(), concurrency: Int = 2,
    schedule: [ScheduledFault] = [], timeout: Nanoseconds = .seconds(1),
    journal: any RunJournal = NoJournal(),
    interrupted: @escaping @Sendable () -> Bool = { false }
  ) throws -> Run {
    let settings = DriverSettings(
      workload: workload, names: environment.names, concurrency: concurrency,
      timeout: timeout)
    var run = Run(
      environment,
      driver: Driver(settings, generator: generator.onClients(), schedule: schedule),
      journal: journal, interrupted: interrupted)
    try run.drive()
    return run
  }

  /// Client lines of a kind.
  private func lines(_ run: Run, _ type: Histories.Operation.Kind) -> [Histories.Operation] {
    run.operations.filter { $0.type == type && $0.process.number != nil }
  }

  @Test("ends an operation that nobody answers as info, and its thread goes on as another process")
  func timeOut() throws {
    let run = try run(FakeEnvironment(), Script(every: .milliseconds(100), count: 8))
    let invoked = lines(run, .invoke)
    #expect(invoked.count == 8)
    #expect(invoked.compactMap(\.process.number).sorted() == Array(0..<8))
    for ended in lines(run, .info) {
      let begun = try #require(invoked.first { $0.process == ended.process })
      #expect(ended.time - begun.time == .seconds(1))
      #expect(ended.error == "timeout")
      #expect(ended.value == begun.value)
    }
    #expect(lines(run, .info).count == 8)
    // Thread t goes on as t + concurrency: even processes follow even ones.
    let next = try #require(invoked.first { $0.process == .client(2) })
    let first = try #require(invoked.first { $0.process == .client(0) })
    #expect(next.time >= first.time + .seconds(1))
  }

  @Test("drops replies that come after their time, also while the thread waits for another")
  func lateReply() throws {
    let environment = FakeEnvironment()
    environment.answer = echo(after: .milliseconds(1_500))
    let run = try run(environment, Script(every: .milliseconds(100), count: 6))
    #expect(lines(run, .ok).isEmpty)
    #expect(lines(run, .info).count == 6)
    #expect(run.problems.isEmpty)
    #expect(try History(run.operations).operations.count == 12)
  }

  @Test("drops a second reply to one request")
  func repeatedReply() throws {
    let environment = FakeEnvironment()
    environment.answer = { request, id, node in
      let answers = echo(after: .milliseconds(10))(request, id, node)
      return answers + answers.map { (.milliseconds(20), $0.event) }
    }
    let run = try run(environment, Script(every: .milliseconds(15), count: 20))
    #expect(lines(run, .ok).count == 20)
    // Each operation is answered with its own value, never with one that came again.
    for answered in lines(run, .ok) {
      let begun = run.operations.last {
        $0.type == .invoke && $0.process == answered.process && $0.index < answered.index
      }
      #expect(answered.value == begun?.value)
    }
  }

  @Test(
    "ends a definite error as fail, as the same process, and an indefinite one as info",
    arguments: [
      (ErrorCode.preconditionFailed, true), (.abort, true), (.temporarilyUnavailable, true),
      (.keyDoesNotExist, true), (.timeout, false), (.crash, false),
    ])
  func errors(code: ErrorCode, isDefinite: Bool) throws {
    let environment = FakeEnvironment()
    environment.answer = { _, id, node in
      [(.milliseconds(1), .replied(id, .failed(ErrorReply(code, "no")), from: node))]
    }
    let run = try run(environment, Script(every: .milliseconds(10), count: 6))
    #expect(lines(run, isDefinite ? .fail : .info).count == 6)
    #expect(lines(run, isDefinite ? .info : .fail).isEmpty)
    let processes = Set(lines(run, .invoke).compactMap(\.process.number))
    #expect(isDefinite ? processes.isSubset(of: [0, 1]) : processes.count == 6)
    #expect(lines(run, isDefinite ? .fail : .info)[0].error == [.string(code.name), "no"])
    #expect(run.problems.isEmpty)
  }

  @Test("reports a reply of another type, and does not take it for an answer")
  func mismatch() throws {
    let environment = FakeEnvironment()
    environment.answer = { _, id, node in [(5, .replied(id, .written, from: node))] }
    let run = try run(environment, Script([0]))
    #expect(lines(run, .info).count == 1)
    guard case .mismatchedReply(_, let request, let expected, let found) = run.problems.first else {
      Issue.record("\(run.problems)")
      return
    }
    #expect(request.contains(#""msg_id":1"#) && request.contains(#""type":"custom""#))
    #expect(expected == "ask_ok")
    #expect(found.contains("write_ok"))
  }

  @Test("reports a malformed reply, and nobody knows what became of the operation")
  func malformed() throws {
    let environment = FakeEnvironment()
    environment.answer = { _, id, node in
      [(5, .malformedReply(id, from: node, problem: "no \"value\"", line: "{}"))]
    }
    let run = try run(environment, Script([0]))
    #expect(lines(run, .info).map(\.error) == [["malformed-reply", "no \"value\""]])
    guard case .malformedReply(_, _, "no \"value\"", "{}") = run.problems.first else {
      Issue.record("\(run.problems)")
      return
    }
  }

  @Test("asks every node to set up before the first operation")
  func setup() throws {
    let environment = FakeEnvironment(count: 3)
    environment.answer = { request, id, node in
      if case .topology = request {
        return [
          (.milliseconds(Int64(10 * (node.index + 1))), .replied(id, .topologyAccepted, from: node))
        ]
      }
      return echo(after: 1)(request, id, node)
    }
    let run = try run(environment, Script([0]), ToyWorkload(setup: [.topology([:])]))
    #expect(environment.requests.prefix(3).map(\.node) == environment.names.nodes)
    #expect(environment.requests.count == 4)
    #expect(try #require(run.operations.first).time >= .milliseconds(30))
  }

  @Test("does nothing where a node never answers the set-up, and says which")
  func silentSetup() throws {
    let environment = FakeEnvironment(count: 3)
    environment.answer = { _, id, node in
      node.index == 1 ? [] : [(1, .replied(id, .topologyAccepted, from: node))]
    }
    let run = try run(environment, Script([0]), ToyWorkload(setup: [.topology([:])]))
    #expect(run.operations.isEmpty)
    #expect(run.problems == [.setupUnanswered([NodeID(1)])])
  }

  @Test("mends what is broken when the main phase ends, before it reads what is left")
  func healing() throws {
    let environment = FakeEnvironment()
    environment.answer = { request, id, node in
      request == .readAll
        ? [(1, .replied(id, .messages([]), from: node))]
        : echo(after: .milliseconds(1))(request, id, node)
    }
    let run = try run(
      environment, Script(every: .milliseconds(500), count: 5),
      ToyWorkload(finalPhase: .reads(f: "read")),
      schedule: [cut])
    #expect(environment.applied.map(\.fault) == [cut.fault, .mend])
    #expect(environment.applied.map(\.time) == [.seconds(1), .seconds(2)])
    let names = run.operations.map(\.f)
    let healed = try #require(names.firstIndex(of: "stop-partition"))
    #expect(try #require(names.firstIndex(of: "read")) > healed)
    #expect(names.lastIndex(of: "ask") ?? 0 < healed + 2)
    #expect(run.operations[healed].process == .nemesis)
    #expect(run.faults.map(\.fault.f) == ["start-partition", "stop-partition"])
  }

  @Test("mends nothing twice")
  func healedBefore() throws {
    let environment = FakeEnvironment()
    environment.answer = echo(after: 1)
    _ = try run(
      environment, Script(every: .milliseconds(500), count: 8), schedule: [cut, mend])
    #expect(environment.applied.map(\.fault) == [cut.fault, .mend])
  }

  @Test("invokes nothing once the time limit is over, and lets what is outstanding end")
  func timeLimit() throws {
    let environment = FakeEnvironment()
    environment.answer = echo(after: .milliseconds(300))
    let run = try run(
      environment, Script(every: .milliseconds(200), count: 1_000).timeLimit(.seconds(3)))
    #expect(lines(run, .invoke).allSatisfy { $0.time < .seconds(3) })
    #expect(lines(run, .invoke).count == lines(run, .ok).count)
    #expect(try #require(run.operations.last).time >= .seconds(3))
  }

  @Test("heals and ends without final reads when it is interrupted")
  func interrupted() throws {
    let environment = FakeEnvironment()
    environment.answer = echo(after: .milliseconds(10))
    let clock = Countdown(30)
    let run = try run(
      environment, Script(every: .milliseconds(100), count: 10_000),
      ToyWorkload(finalPhase: .reads(f: "read")), schedule: [cut], interrupted: { clock.isOver })
    #expect(environment.applied.map(\.fault) == [cut.fault, .mend])
    #expect(!run.operations.contains { $0.f == "read" })
    #expect(lines(run, .invoke).count < 100)
    #expect(lines(run, .invoke).count == lines(run, .ok).count)
  }

  @Test("waits for the system to recover, then invokes the final operations until they are over")
  func finalOperations() throws {
    let environment = FakeEnvironment()
    environment.answer = echo(after: .milliseconds(10))
    let workload = ToyWorkload(
      finalPhase: .generator(recovery: .seconds(10), timeLimit: .seconds(5)) { history in
        Once("final", .integer(history.count)).eachThread()
      })
    let run = try run(
      environment, Script(every: .milliseconds(100), count: 15), workload, schedule: [cut])
    let final = lines(run, .ok).filter { $0.f == "final" }
    #expect(final.count == 2)
    #expect(final.allSatisfy { $0.time >= .milliseconds(11_400) && $0.time < .seconds(12) })
    let healed = try #require(run.operations.firstIndex { $0.f == "stop-partition" })
    let first = try #require(run.operations.firstIndex { $0.f == "final" })
    #expect(first > healed && final.allSatisfy { $0.value.integer == first })
  }

  @Test("ends the final operations at their time limit, and takes what is outstanding")
  func endlessFinalOperations() throws {
    let environment = FakeEnvironment()
    environment.answer = echo(after: .milliseconds(300))
    let workload = ToyWorkload(
      finalPhase: .generator(recovery: 0, timeLimit: .seconds(5)) { _ in
        Script(every: .milliseconds(200), count: 1_000)
      })
    let run = try run(environment, Script([]), workload)
    #expect(lines(run, .invoke).count == lines(run, .ok).count)
    #expect(lines(run, .invoke).count >= 25)
    #expect(try #require(lines(run, .invoke).last).time < .seconds(5))
  }

  @Test("keeps what was recorded when the environment fails")
  func failing() throws {
    let environment = FakeEnvironment()
    environment.answer = echo(after: 1)
    environment.failure = .seconds(2)
    let recording = Recording()
    #expect(throws: FakeEnvironment.Failure.self) {
      _ = try self.run(
        environment, Script(every: .milliseconds(100), count: 100), journal: recording)
    }
    #expect(recording.operations.count == 40)
    #expect(recording.operations.map(\.index) == Array(0..<40))
  }

  @Test(
    "reports silence only where no fault was in force, nor a second ago",
    arguments: [
      ([], 0, true), ([cut], 500, false), ([cut], 1_200, false), ([cut, mend], 2_500, false),
      ([cut, mend], 3_500, true),
    ] as [([ScheduledFault], Int64, Bool)])
  func noReply(schedule: [ScheduledFault], at milliseconds: Int64, isReported: Bool) throws {
    let environment = FakeEnvironment()
    environment.answer = { request, id, node in
      // Only the operation in question is not answered.
      request == .custom(0) ? [] : echo(after: 1)(request, id, node)
    }
    let run = try run(
      environment, Script([.milliseconds(milliseconds), .seconds(6)]),
      ToyWorkload(demandsReplies: true), schedule: schedule)
    #expect(lines(run, .info).count == 1)
    #expect(
      run.problems.contains { if case .noReply(_, "ask") = $0 { true } else { false } }
        == isReported)
  }

  @Test("reports no silence where a fault came and went while the node was asked")
  func faultMeanwhile() throws {
    let environment = FakeEnvironment()
    environment.answer = { request, id, node in
      request == .custom(0) ? [] : echo(after: 1)(request, id, node)
    }
    let run = try run(
      environment, Script([.milliseconds(500), .seconds(7)]), ToyWorkload(demandsReplies: true),
      schedule: [cut, mend], timeout: .seconds(5))
    #expect(lines(run, .info).map(\.time) == [.milliseconds(5_500)])
    #expect(run.problems.isEmpty)
  }
}

/// Says after so many questions that it is over.
private final class Countdown: @unchecked Sendable {
  private var left: Int

  init(_ count: Int) { left = count }

  var isOver: Bool {
    left -= 1
    return left < 0
  }
}

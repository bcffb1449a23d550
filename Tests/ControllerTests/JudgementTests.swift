import Controller
import Environments
import Nodes
import Testing
import Values
import Verdicts

@Suite("A test is judged")
struct JudgementTests {
  /// Two nodes that accept every message; what each shows is up to the test.
  private final class Broadcasters {
    let environment = FakeEnvironment(count: 2)
    private(set) var accepted: [Value] = []
    private var readCounts = [0, 0]

    /// - Parameter shown: Of the accepted messages, what a node shows when it is read for the nth
    ///   time; nothing where it keeps silent.
    init(_ shown: @escaping ([Value], NodeID, Int) -> [Value]? = { all, _, _ in all }) {
      environment.answer = { [unowned self] request, id, node in
        switch request {
        case .topology: return [(1, .replied(id, .topologyAccepted, from: node))]
        case .broadcast(let message):
          accepted.append(message)
          return [(1, .replied(id, .broadcastAccepted, from: node))]
        default:
          readCounts[node.index] += 1
          guard let messages = shown(accepted, node, readCounts[node.index]) else { return [] }
          return [(1, .replied(id, .messages(messages), from: node))]
        }
      }
    }

    func judged(nemesis: [String] = []) throws -> Outcome {
      var plan = Plan(
        system: "broadcast", workload: "broadcast", nodes: ["n1", "n2"], concurrency: 2)
      plan.rate = 20
      plan.timeLimit = .seconds(5)
      plan.nemesis = nemesis
      plan.nemesisInterval = .seconds(1)
      return try Controller.Test(plan).run(in: environment)
    }
  }

  private func types(_ outcome: Outcome) -> [String] {
    outcome.findings.flatMap(\.anomalies).map(\.type)
  }

  @Test("valid where all nodes show all, and its environment is stopped")
  func valid() throws {
    let cluster = Broadcasters()
    let outcome = try cluster.judged()
    #expect(outcome.verdict == .valid, "\(outcome.findings)")
    #expect(outcome.exitCode == .valid)
    #expect(cluster.accepted.count > 20)
    #expect(cluster.environment.isStopped)
  }

  @Test("invalid where a message that was acknowledged is missing for good")
  func lost() throws {
    let outcome = try Broadcasters { all, _, _ in all.filter { $0 != 3 } }.judged()
    #expect(outcome.exitCode == .invalid)
    #expect(types(outcome).contains("lost"))
  }

  @Test("invalid where nodes differ for good")
  func diverged() throws {
    let outcome = try Broadcasters { all, node, _ in
      node.index == 0 ? all : all.filter { $0 != 3 }
    }.judged()
    #expect(outcome.exitCode == .invalid)
    #expect(types(outcome).contains("diverging"))
  }

  @Test("unknown where answers still changed when the final reads ended")
  func unrest() throws {
    let outcome = try Broadcasters { all, node, count in
      node.index == 0 ? all : Array(all.prefix(count))
    }.judged()
    #expect(outcome.exitCode == .unknown, "\(types(outcome))")
    #expect(outcome.findings.contains { $0.reason?.contains("come to rest") == true })
  }

  @Test("unknown where a node never answered a final read")
  func silent() throws {
    let cluster = Broadcasters { all, node, _ in
      node.index == 1 ? nil : all
    }
    let outcome = try cluster.judged()
    #expect(outcome.exitCode == .unknown, "\(types(outcome))")
    #expect(outcome.findings.contains { $0.reason?.contains("n2 never answered") == true })
  }

  @Test("unknown where a family of faults never took hold, however good the history is")
  func vacuous() throws {
    let cluster = Broadcasters()
    cluster.environment.report = { FaultReport(tookHold: $0.family == .kill) }
    let outcome = try cluster.judged(nemesis: ["partition", "kill"])
    #expect(outcome.vacuity == ["no partition fault took hold"])
    #expect(outcome.exitCode == .unknown)
  }

  @Test("valid with a warning where a fault held while the nodes had nothing to say")
  func notExercised() throws {
    let cluster = Broadcasters()
    cluster.environment.report = { fault in
      fault == .mend ? FaultReport(tookHold: false, exercised: 0) : FaultReport()
    }
    let outcome = try cluster.judged(nemesis: ["partition"])
    #expect(outcome.exitCode == .valid)
    #expect(outcome.warnings.contains { $0.contains("not exercised") })
  }

  @Test("not at all where its faults can't be injected there, and nothing is done")
  func unsupported() throws {
    let cluster = Broadcasters()
    cluster.environment.unsupported = [.clock: "clocks need root"]
    #expect {
      _ = try cluster.judged(nemesis: ["clock"])
    } throws: {
      $0 is PlanError
        && "\($0)" == "nemesis clock: this environment can't inject clock faults: clocks need root"
    }
    #expect(cluster.environment.requests.isEmpty)
  }

  @Test("as far as it came where the host fails: hindered, not valid")
  func hindered() throws {
    let cluster = Broadcasters()
    cluster.environment.failure = .seconds(2)
    let outcome = try cluster.judged()
    #expect(outcome.hindrances == ["the host is gone"])
    #expect(outcome.exitCode == .hindered)
    #expect(outcome.statistics.operations > 10)
    #expect(cluster.environment.isStopped)
  }

  @Test("invalid where a node died unasked, also when the host fails later")
  func died() throws {
    let cluster = Broadcasters()
    let answer = cluster.environment.answer
    cluster.environment.answer = { request, id, node in
      let death: FakeEnvironment.Answers = [
        (2, .died(node, status: "exit 3", lastLines: ["oh no"]))
      ]
      return answer(request, id, node) + (request == .broadcast(5) ? death : [])
    }
    cluster.environment.failure = .seconds(3)
    let outcome = try cluster.judged()
    #expect(outcome.exitCode == .invalid)
    #expect(types(outcome) == ["crash"])
    #expect(outcome.findings.flatMap(\.anomalies)[0].explanation.contains("oh no"))
  }

  @Test(
    "the death of a node is no verdict where its host was lost, and is one where another's was",
    arguments: [("n1", ExitCode.hindered), ("n2", .invalid)])
  func lostHost(lost: String, code: ExitCode) throws {
    let cluster = Broadcasters()
    let answer = cluster.environment.answer
    cluster.environment.answer = { request, id, node in
      let death: FakeEnvironment.Answers = [
        (2, .died(NodeID(0), status: "signal 15", lastLines: []))
      ]
      return answer(request, id, node) + (request == .broadcast(5) ? death : [])
    }
    cluster.environment.failure = .seconds(3)
    cluster.environment.lostNodes = [lost]
    let outcome = try cluster.judged()
    #expect(outcome.exitCode == code)
    #expect(outcome.warnings.contains { $0.contains("died unasked") } == (code == .hindered))
  }

  @Test("valid where a node prints garbage, which is a warning")
  func garbage() throws {
    let cluster = Broadcasters()
    let answer = cluster.environment.answer
    cluster.environment.answer = { request, id, node in
      let garbage: FakeEnvironment.Answers = [(2, .garbage(node, line: "hello"))]
      return answer(request, id, node) + (request == .broadcast(5) ? garbage : [])
    }
    let outcome = try cluster.judged()
    #expect(outcome.exitCode == .valid)
    #expect(outcome.warnings.contains { $0.contains("hello") })
  }
}

import Algorithms
import Exploration
import Nodes
import Testing
import Values
import Workloads

@Suite("What clients observe in an exploration")
struct ClientTests {
  static func call(
    _ client: Int, _ request: Request, before: [Int], _ outcome: ObservedCall.Outcome
  ) -> ObservedCall {
    ObservedCall(client: client, request: request, before: before, outcome: outcome)
  }

  static let write = Request.write(key: "x", value: 1)
  static let read = Request.read(key: "x")
  static let missing = Reply.failed(ErrorReply(.keyDoesNotExist))

  @Test("a read that begins after a write has ended sees it")
  func realTime() {
    let written = ClientTests.call(0, ClientTests.write, before: [0, 0], .answered(.written))
    func read(before: [Int], _ reply: Reply) -> ObservedCall {
      ClientTests.call(1, ClientTests.read, before: before, .answered(reply))
    }
    func judge(_ read: ObservedCall) -> String? { LinKVWorkload.judge([written, read]) }
    #expect(judge(read(before: [1, 0], .value(1))) == nil)
    #expect(judge(read(before: [1, 0], ClientTests.missing)) != nil)
    #expect(judge(read(before: [0, 0], ClientTests.missing)) == nil)
    #expect(judge(read(before: [0, 0], .value(2))) != nil)
  }

  @Test("a call whose node has crashed may take effect or not", arguments: [true, false])
  func lost(isSeen: Bool) {
    let calls = [
      ClientTests.call(0, ClientTests.write, before: [0, 0], .lost),
      ClientTests.call(
        1, ClientTests.read, before: [0, 0], .answered(isSeen ? .value(1) : ClientTests.missing)),
      // Its client goes on as another process.
      ClientTests.call(0, ClientTests.read, before: [0, 1], .answered(.value(1))),
    ]
    #expect(LinKVWorkload.judge(calls) == nil)
  }

  @Test("a refused write must not be seen")
  func refused() {
    let refusal = Reply.failed(ErrorReply(.temporarilyUnavailable))
    let calls = [
      ClientTests.call(0, ClientTests.write, before: [0, 0], .answered(refusal)),
      ClientTests.call(1, ClientTests.read, before: [0, 0], .answered(.value(1))),
    ]
    #expect(LinKVWorkload.judge(calls) != nil)
  }

  @Test("two nodes with a store each are found not to be one")
  func localStores() throws {
    let members = [NodeID(0), NodeID(1)]
    var settings = ExplorationSettings<LocalKeyValueStore>(
      nodes: members.map { Configuration(id: $0, members: members) })
    settings.script = [
      [ScriptedRequest(ClientTests.write, of: NodeID(0))],
      [ScriptedRequest(ClientTests.read, of: NodeID(1))],
    ]
    #expect(try Exploration(settings).run().ending == .exhausted)
    settings.judge = { LinKVWorkload.judge($0) }
    let result = try Exploration(settings).run()
    #expect(result.violation?.invariant == "nonlinearizable")
    #expect(result.counterexample.count == 2)
  }

  /// A write through the second node and a read through the first, with two elections.
  static func raft(bugs: Set<String>) -> ExplorationSettings<Raft> {
    let members = (0..<3).map { NodeID($0) }
    var settings = ExplorationSettings<Raft>(
      nodes: members.map {
        Configuration(id: $0, members: members, options: ["pre-vote": "false"], bugs: bugs)
      },
      network: .fifo, bounds: ExplorationBounds(timeouts: 2))
    settings.isWithin = { $0.term <= 2 }
    settings.script = [
      [ScriptedRequest(write, of: NodeID(1))], [ScriptedRequest(read, of: NodeID(0))],
    ]
    settings.judge = { LinKVWorkload.judge($0) }
    return settings
  }

  @Test("a leader that was replaced and answers a read is found")
  func staleReads() throws {
    let limits = ExplorationLimits(memory: 2 << 30, cores: 2)
    let result = try Exploration(ClientTests.raft(bugs: ["stale-reads"])).run(.bfs, limits)
    #expect(result.ending == .violated)
    #expect(result.violation?.invariant == "nonlinearizable")
    let correct = try Exploration(ClientTests.raft(bugs: [])).run(.bfs, limits)
    #expect(correct.ending == .exhausted)
  }

  @Test("an answer with another request's value is found")
  func echo() throws {
    let members = [NodeID(0)]
    var settings = ExplorationSettings<Echo>(
      nodes: [Configuration(id: NodeID(0), members: members, bugs: ["previous-value"])])
    settings.script = (0..<2).map { [ScriptedRequest(.echo(.integer($0)), of: NodeID(0))] }
    settings.judge = { calls in
      calls.contains { call in
        guard case .answered(.echo(let value)) = call.outcome,
          case .echo(let asked) = call.request
        else { return false }
        return value != asked
      } ? "mismatched" : nil
    }
    let result = try Exploration(settings).run()
    #expect(result.ending == .violated)
    #expect(result.counterexample.count == 2)
  }
}

import Controller
import Environments
import Generators
import Histories
import Nodes
import Testing
import Values
import Workloads

@Suite("Final reads")
struct FinalPhaseTests {
  /// - Parameter messages: What a node has when it is read for the nth time.
  private func reads(
    nodes: Int = 3, timeLimit: Nanoseconds = .seconds(30),
    _ messages: @escaping (NodeID, Int) -> [Value]?
  ) throws -> (all: [Histories.Operation], took: Nanoseconds) {
    let environment = FakeEnvironment(count: nodes)
    var counts = [Int](repeating: 0, count: nodes)
    environment.answer = { request, id, node in
      guard request == .readAll else { return [(1, .replied(id, .custom(0), from: node))] }
      counts[node.index] += 1
      guard let messages = messages(node, counts[node.index]) else { return [] }
      return [(.milliseconds(1), .replied(id, .messages(messages), from: node))]
    }
    let settings = DriverSettings(
      workload: ToyWorkload(finalPhase: .reads(f: "read")), names: environment.names,
      concurrency: 2,
      timeout: .seconds(1), finalTimeLimit: timeLimit)
    var run = Run(
      environment,
      driver: Driver(settings, generator: Script([0]).onClients(), schedule: []),
      journal: NoJournal())
    try run.drive()
    let final = run.operations.filter { $0.f == "read" }
    let first = try #require(final.first)
    return (final, environment.now - first.time)
  }

  @Test("ask each node, and are marked with whose state they show")
  func marked() throws {
    let (all, took) = try reads { _, _ in [1, 2] }
    #expect(took < .seconds(1))
    #expect(all.count == 6)
    for line in all {
      #expect(line.extra[.string("final")] == true)
      #expect(try #require(line.process.number) >= 2)
    }
    let nodes = all.filter { $0.type == .ok }.compactMap { $0.extra[.string("node")]?.name }
    #expect(nodes.sorted() == ["n1", "n2", "n3"])
    #expect(all.filter { $0.type == .ok }.allSatisfy { $0.value == [1, 2] })
    var bytes: [UInt8] = []
    all[0].writeJSON(into: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self).contains(#""final":true"#))
  }

  @Test("end when all are alike in any order, not before")
  func order() throws {
    #expect(try reads { node, _ in node.index == 0 ? [1, 2] : [2, 1] }.took < .seconds(1))
    let (all, took) = try reads { node, count in count < 4 && node.index == 1 ? [1] : [1, 2] }
    #expect(took > .seconds(1) && took < .seconds(10))
    #expect(all.count == 3 * 2 * 4)
  }

  @Test("go on to the deadline where nodes differ for good")
  func differing() throws {
    let (all, took) = try reads { node, _ in node.index == 1 ? [1] : [1, 2] }
    #expect(took == .seconds(30))
    #expect(all.count > 60)
    // Nodes are read at least every two seconds, so that ten quiet seconds can be told.
    let times = all.filter { $0.type == .invoke && $0.extra[.string("node")] == "n1" }.map(\.time)
    #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 <= .seconds(2) })
  }

  @Test("go on to the deadline where a node never answers, each read as a fresh process")
  func silent() throws {
    let (all, took) = try reads { node, _ in node.index == 2 ? nil : [1] }
    #expect(took >= .seconds(30) && took <= .seconds(31))
    let silent = all.filter { $0.extra[.string("node")] == "n3" }
    #expect(silent.allSatisfy { $0.type == .invoke || $0.type == .info })
    let processes = silent.filter { $0.type == .invoke }.compactMap(\.process.number)
    #expect(processes.count > 5)
    #expect(Set(processes).count == processes.count)
    _ = try History(all)
  }
}

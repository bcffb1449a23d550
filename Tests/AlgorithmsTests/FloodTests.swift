import Algorithms
import Environments
import Nodes
import Simulations
import Testing
import Values

@Suite("Flood")
struct FloodTests {
  /// A graph on the places 0, 1, … by its links.
  enum Graph: CaseIterable {
    case line
    case tree
    case grid
    case total

    func neighbours(count: Int) -> [NodeID: [NodeID]] {
      let side = Int(Double(count).squareRoot())
      var links: [(Int, Int)] = []
      for place in 1..<count {
        switch self {
        case .line: links.append((place - 1, place))
        case .tree: links.append(((place - 1) / 4, place))
        case .grid:
          if place % side > 0 { links.append((place - 1, place)) }
          if place >= side { links.append((place - side, place)) }
        case .total: links += (0..<place).map { ($0, place) }
        }
      }
      var neighbours: [NodeID: [NodeID]] = [:]
      for (left, right) in links {
        neighbours[NodeID(left), default: []].append(NodeID(right))
        neighbours[NodeID(right), default: []].append(NodeID(left))
      }
      return neighbours
    }
  }

  /// The messages between servers and the values that nodes lack, after some broadcasts.
  static func run(
    _ graph: Graph, nodes: Int = 25, broadcasts: Int, options: [String: String] = [:],
    bugs: Set<String> = [], latency: Latency = .constant(.milliseconds(10))
  ) -> (messages: Int, missing: Int) {
    var settings = SimulationSettings(names: .numbered(count: nodes), seed: 1)
    settings.options = options
    settings.bugs = bugs
    settings.latency = latency
    settings.checksEncoding = true
    let simulation = Simulation<Flood>(settings)
    var draws = Draws(seed: 1, stream: 7)
    simulation.start()
    let topology = graph.neighbours(count: nodes)
    _ = simulation.advance(until: .milliseconds(100))
    for node in simulation.names.nodes {
      simulation.submit(
        .topology(topology), as: RequestID(client: node.index, number: 1), to: node)
    }
    func advance(_ span: Nanoseconds) -> [EnvironmentEvent] {
      let deadline = simulation.now + span
      var events: [EnvironmentEvent] = []
      while simulation.now < deadline { events += simulation.advance(until: deadline) }
      return events
    }
    _ = advance(.milliseconds(100))
    for number in 0..<broadcasts {
      simulation.submit(
        .broadcast(.integer(number)), as: RequestID(client: 100 + number, number: 1),
        to: NodeID(draws.below(nodes)))
      _ = advance(.milliseconds(5))
    }
    _ = advance(.seconds(5))
    for node in simulation.names.nodes {
      simulation.submit(.readAll, as: RequestID(client: node.index, number: 2), to: node)
    }
    var missing = nodes * broadcasts
    for case .replied(_, .messages(let values), _) in advance(.seconds(1)) {
      missing -= Set(values).count
    }
    return (simulation.traffic.betweenServers, missing)
  }

  @Test(
    "a value takes exactly twice the links less the other nodes messages over 25 nodes",
    arguments: [(Graph.line, 24), (.tree, 24), (.grid, 56), (.total, 576)])
  func exactCounts(graph: Graph, messages: Int) {
    let result = Self.run(graph, broadcasts: 40)
    #expect(result.messages == 40 * messages && result.missing == 0, "\(result)")
    let jittered = Self.run(
      graph, broadcasts: 40, latency: .uniform(0...(.milliseconds(200))))
    #expect(jittered.messages == 40 * messages && jittered.missing == 0, "\(jittered)")
  }

  @Test(
    "it takes exactly twice the links where values go back to where they came from",
    arguments: [(Graph.line, 48), (.tree, 48), (.grid, 80), (.total, 600)])
  func withoutSkipping(graph: Graph, messages: Int) {
    let result = Self.run(graph, broadcasts: 40, options: ["skip-sender": "false"])
    #expect(result.messages == 40 * messages && result.missing == 0, "\(result)")
  }

  @Test("with retry every value is confirmed, and none is sent again while nothing is lost")
  func confirmed() {
    let result = Self.run(.grid, broadcasts: 40, options: ["retry": "true"])
    #expect(result.messages == 40 * 2 * 56 && result.missing == 0, "\(result)")
  }

  @Test("with retry an acknowledged value reaches every node, whatever fails", arguments: 0..<20)
  func correct(seed: Int) {
    let run = Self.convergence(seed: UInt64(seed), options: ["retry": "true"])
    #expect(run.isConvergedSet && run.acknowledged.count > 100, "seed \(seed)")
  }

  @Test("without retry it does not")
  func withoutRetry() {
    #expect((0..<20 as Range<UInt64>).contains { !Self.convergence(seed: $0).isConvergedSet })
  }

  private static func convergence(
    seed: UInt64, options: [String: String] = [:]
  ) -> Convergence<Flood> {
    // The topology comes as the first request of all, so its nodes are told before anything fails.
    Convergence(
      Flood.self, seed: seed, options: options,
      setup: .topology(
        Graph.line.neighbours(count: 5))
    ) { number, _ in
      number
    } request: {
      .broadcast(.integer($0))
    }
  }

  @Test("without gossip nothing arrives, and without deduplication it never ends, but a run does")
  func plantedBugs() {
    #expect(Self.run(.grid, broadcasts: 40, bugs: ["no-gossip"]) == (0, 40 * 24))
    let endless = Self.run(.grid, broadcasts: 1, bugs: ["no-dedup"])
    #expect(endless.messages > 10_000 && endless.messages < 25 * 4 * 7_000)
  }

  @Test("a topology survives a restart, and what was not confirmed is offered again")
  func restart() {
    var flood = Driven<Flood>(of: 3, options: ["retry": "true"])
    flood.request(.topology([NodeID(0): [NodeID(2), NodeID(0)]]))
    #expect(flood.request(.broadcast(1), number: 2).sent().map(\.to) == [2])
    #expect(flood.handle(.timer(.retry)).sent().isEmpty)
    #expect(flood.handle(.timer(.retry)).sent().map(\.message) == [.value(1)])
    var again = Driven<Flood>(of: 3, options: ["retry": "true"], files: flood.files)
    #expect(again.context.effects.sent().map(\.message) == [.value(1)])
    again.receive(.received(1), from: 2)
    #expect(again.handle(.timer(.retry)).isEmpty)
    #expect(again.receive(.value(7), from: 2).sent().map(\.message) == [.received(7)])
  }

  @Test("every message is what its encoding says")
  func encodings() {
    for message in [Flood.Message.value(["a", 1]), .received(2)] {
      var source = ByteSource(message.encoded)
      #expect(Flood.Message(from: &source) == message && source.remaining == 0)
    }
  }
}

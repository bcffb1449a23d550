import Exploration
import Nodes
import Values

/// Explores in the plainest way: whole states in a set, everything copied, every handler run again.
struct NaiveExplorer<N: Node> {
  /// What is compared; nodes by their encodings.
  struct Key: Hashable {
    var nodes: [[UInt8]]
    var isUp: [Bool]
    var timers: [[UInt8]]
    var durable: [[[UInt8]]]
    var unsynced: [[[UInt8]]]
    var requests: [[RequestID]]
    var network: [[UInt8]: Int]
    var queues: [[[UInt8]]]
    var crashes: Int
    var drops: Int
    var duplicates: Int
    var timeouts: Int
    var asked: [Int]
    var waits: [Bool]
  }

  struct Sent {
    var source: Int
    var destination: Int
    var message: N.Message

    var bytes: [UInt8] { [UInt8(source), UInt8(destination)] + message.encoded }
  }

  struct Unsynced {
    var file: N.File
    var operation: StorageOperation

    var bytes: [UInt8] { Array("\(file) \(operation)".utf8) }
  }

  struct State {
    var nodes: [N]
    var isUp: [Bool]
    var timers: [[UInt8]]
    var durable: [[String: [UInt8]]]
    var unsynced: [[Unsynced]]
    var requests: [[RequestID]]
    /// In the order of sending.
    var network: [Sent] = []
    var crashes = 0
    var drops = 0
    var duplicates = 0
    var timeouts = 0
    var asked: [Int]
    var waits: [Bool]
  }

  let settings: ExplorationSettings<N>

  /// How many states there are at most so many steps from the start.
  func count(depth: Int) -> Int { states(depth: depth).count }

  /// The states that are at most so many steps from the start.
  func states(depth: Int) -> [State] {
    let count = settings.nodes.count
    var start = State(
      nodes: settings.nodes.map { N($0) }, isUp: Array(repeating: false, count: count),
      timers: Array(repeating: N.Timer.allCases.map { _ in 0 }, count: count),
      durable: Array(repeating: [:], count: count), unsynced: Array(repeating: [], count: count),
      requests: Array(repeating: [], count: count),
      asked: settings.script.map { _ in 0 }, waits: settings.script.map { _ in false })
    start.network = []
    var level = [start]
    for place in 0..<count {
      level = level.flatMap { handle(.start(SurvivingFiles()), at: place, $0, boots: true).whole }
    }
    var seen: Set<Key> = []
    level = level.filter { seen.insert(key($0)).inserted }
    var states = level
    for _ in 0..<depth {
      var next: [State] = []
      for state in level {
        for successor in successors(of: state) where seen.insert(key(successor)).inserted {
          next.append(successor)
        }
      }
      level = next
      states += next
    }
    return states
  }

  func key(_ state: State) -> Key {
    let followsDisks = settings.bounds.crashes > state.crashes
    func disk<Part>(_ part: [Part], _ none: Part) -> [Part] {
      part.indices.map { followsDisks || !state.isUp[$0] ? part[$0] : none }
    }
    var network: [[UInt8]: Int] = [:]
    for sent in state.network { network[sent.bytes, default: 0] += 1 }
    var queues: [[[UInt8]]] = []
    if settings.network == .fifo {
      let count = settings.nodes.count
      for link in 0..<count * count {
        queues.append(
          state.network.filter { $0.source * count + $0.destination == link }.map(\.bytes))
      }
    }
    return Key(
      nodes: state.nodes.indices.map { state.isUp[$0] ? state.nodes[$0].encoded : [] },
      isUp: state.isUp, timers: state.timers,
      durable: disk(state.durable, [:]).map { files in
        files.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map {
          Array($0.key.utf8) + $0.value
        }
      },
      unsynced: disk(state.unsynced, []).map { $0.map(\.bytes) }, requests: state.requests,
      network: network, queues: queues, crashes: state.crashes, drops: state.drops,
      duplicates: state.duplicates,
      timeouts: settings.bounds.timeouts == nil ? 0 : state.timeouts, asked: state.asked,
      waits: state.waits)
  }

  private func successors(of state: State) -> [State] {
    var successors: [State] = []
    for place in state.network.indices { successors += deliveries(of: place, state) }
    for node in state.nodes.indices where state.isUp[node] {
      for (timer, kind) in zip(N.Timer.allCases, state.timers[node]) where kind > 0 {
        var next = state
        next.timers[node][Int(timer.rawValue)] = 0
        if kind == 1 {
          next.timeouts += 1
          if let most = settings.bounds.timeouts, next.timeouts > most { continue }
        }
        successors += handle(.timer(timer), at: node, next).all
      }
      if state.crashes < settings.bounds.crashes { successors += crashes(of: node, state) }
    }
    for node in state.nodes.indices where !state.isUp[node] {
      let files = SurvivingFiles(state.durable[node])
      successors += handle(.start(files), at: node, state, boots: true).all
    }
    for client in state.asked.indices
    where !state.waits[client] && state.asked[client] < settings.script[client].count {
      let request = settings.script[client][state.asked[client]]
      let asked = request.node.map { [$0.index] } ?? Array(state.nodes.indices)
      for node in asked where state.isUp[node] {
        var next = state
        let id = RequestID(client: client, number: state.asked[client])
        next.asked[client] += 1
        next.waits[client] = true
        next.requests[node] = (next.requests[node] + [id]).sorted()
        successors += handle(.request(id, request.request), at: node, next).all
      }
    }
    return successors
  }

  private func deliveries(of place: Int, _ state: State) -> [State] {
    let sent = state.network[place]
    var successors: [State] = []
    var without = state
    if settings.network != .set { without.network.remove(at: place) }
    let isHead =
      settings.network != .fifo
      || !state.network[..<place].contains {
        $0.source == sent.source && $0.destination == sent.destination
      }
    if isHead {
      if state.isUp[sent.destination] {
        successors +=
          handle(
            .message(from: NodeID(sent.source), sent.message), at: sent.destination, without
          ).all
      } else if settings.network == .fifo {
        successors.append(without)
      }
    }
    if state.drops < settings.bounds.drops {
      var next = without
      next.drops += 1
      successors.append(next)
    }
    if state.duplicates < settings.bounds.duplicates {
      var next = state
      next.duplicates += 1
      next.network.append(sent)
      successors.append(next)
    }
    return successors
  }

  // MARK: One event

  struct Outcomes {
    var whole: [State] = []
    var crashed: [State] = []

    var all: [State] { whole + crashed }
  }

  private func handle(
    _ event: Event<N>, at node: Int, _ state: State, boots: Bool = false
  ) -> Outcomes {
    var outcomes = Outcomes()
    var pending: [[Int]] = [[]]
    while let answers = pending.popLast() {
      var next = state
      if boots {
        next.nodes[node] = N(settings.nodes[node])
        next.isUp[node] = true
      }
      var context = Context<N>(choices: Choices(answers: answers))
      next.nodes[node].handle(event, &context)
      let bounds = context.choices.bounds
      if bounds.count > answers.count {
        for answer in 0..<bounds[answers.count] { pending.append(answers + [answer]) }
        continue
      }
      if next.crashes < settings.bounds.crashes {
        for count in 0...context.effects.count {
          var cut = next
          for effect in context.effects[..<count] { execute(effect, at: node, &cut) }
          outcomes.crashed += crashes(of: node, cut)
        }
      }
      for effect in context.effects { execute(effect, at: node, &next) }
      outcomes.whole.append(next)
    }
    return outcomes
  }

  private func crashes(of node: Int, _ state: State) -> [State] {
    var disks = [state.durable[node]]
    for write in state.unsynced[node] {
      let before = disks[disks.count - 1]
      if case .append(let bytes) = write.operation, bytes.count > 1 {
        var torn = before
        torn[write.file.rawValue, default: []] += bytes[..<(bytes.count / 2)]
        disks.insert(torn, at: disks.count - 1)
      }
      var after = before
      apply(write, to: &after)
      disks.append(after)
    }
    return disks.map { disk in
      var next = state
      next.crashes += 1
      next.isUp[node] = false
      next.durable[node] = disk
      next.unsynced[node] = []
      next.timers[node] = N.Timer.allCases.map { _ in 0 }
      next.requests[node] = []
      for client in next.asked.indices where next.waits[client] {
        let request = settings.script[client][next.asked[client] - 1]
        if request.node?.index == node { next.waits[client] = false }
      }
      return next
    }
  }

  private func apply(_ write: Unsynced, to files: inout [String: [UInt8]]) {
    switch write.operation {
    case .append(let bytes): files[write.file.rawValue, default: []] += bytes
    case .replace(let bytes): files[write.file.rawValue] = bytes
    case .truncate(let count):
      let bytes = files[write.file.rawValue] ?? []
      files[write.file.rawValue] = Array(bytes.prefix(count))
    case .write, .read: preconditionFailure("nobody does this")
    }
  }

  private func execute(_ effect: Effect<N>, at node: Int, _ state: inout State) {
    switch effect {
    case .send(let peer, let message):
      let sent = Sent(source: node, destination: peer.index, message: message)
      if settings.network == .set && state.network.contains(where: { $0.bytes == sent.bytes }) {
        return
      }
      state.network.append(sent)
    case .reply(let id, _):
      guard state.requests[node].contains(id) else { return }
      state.requests[node].removeAll { $0 == id }
      state.waits[id.client] = false
    case .setTimer(let timer, let delays):
      state.timers[node][Int(timer.rawValue)] = delays.upperBound == 0 ? 2 : 1
    case .cancelTimer(let timer): state.timers[node][Int(timer.rawValue)] = 0
    case .store(let file, let operation):
      state.unsynced[node].append(Unsynced(file: file, operation: operation))
    case .sync:
      for write in state.unsynced[node] { apply(write, to: &state.durable[node]) }
      state.unsynced[node] = []
    case .call, .mark, .log: break
    }
  }
}

internal import Histories

/// Finds circles of operations in which each polled what the one before sent, or followed it.
///
/// The graph has an edge from each send to each poll of its message, and from an operation that
/// succeeded to all that its process did later, or that anybody began after its end (Adya's G1c, with
/// process and real-time order). The orders are threaded through one auxiliary vertex for each
/// completion, so the graph is as long as the history. An operation that failed has no vertex; of one
/// without an outcome nothing is known to come after.
struct KafkaCycles {
  /// Which edges a circle may have.
  private enum Level: CaseIterable {
    case polls, process, realtime

    var type: String {
      switch self {
      case .polls: "G1c"
      case .process: "G1c-process"
      case .realtime: "G1c-realtime"
      }
    }
  }

  private let history: KafkaHistory
  /// The operations that each one's sends were polled by, without itself.
  private var readers: [[Int]]

  init(_ history: KafkaHistory, into report: inout KafkaReport) {
    self.history = history
    readers = Array(repeating: [], count: history.acts.count)
    for run in history.runs where history.acts[run.act].outcome != .fail {
      for pair in run.pairs {
        let writer = history.writers[history.messages[pair]]
        guard writer >= 0 else { continue }
        let act = history.sends[writer].act
        guard act != run.act, history.acts[act].outcome != .fail,
          readers[act].last != run.act
        else { continue }
        readers[act].append(run.act)
      }
    }
    var isExplained = Array(repeating: false, count: history.acts.count)
    for level in Level.allCases {
      let graph = graph(level)
      for component in graph.components {
        let acts = component.filter { $0 < history.acts.count }
        guard acts.count > 1, !acts.contains(where: { isExplained[$0] }) else { continue }
        for act in acts { isExplained[act] = true }
        describe(acts, graph, level, into: &report)
      }
    }
  }

  /// The operations, and behind them the auxiliary vertices.
  private func graph(_ level: Level) -> KafkaGraph {
    var graph = KafkaGraph(successors: readers)
    switch level {
    case .polls: break
    case .process:
      var last: [Int: Int] = [:]
      for (act, facts) in history.acts.enumerated()
      where facts.kind == .access && facts.outcome != .fail {
        if let before = last[facts.process] { graph.successors[before].append(act) }
        last[facts.process] = facts.isOk ? act : nil
      }
    case .realtime: threadRealTime(&graph)
    }
    return graph
  }

  private func threadRealTime(_ graph: inout KafkaGraph) {
    var actOfLine = Array(repeating: -1, count: history.lines.count)
    for (act, facts) in history.acts.enumerated()
    where facts.kind == .access && facts.outcome != .fail {
      actOfLine[facts.invocation] = act
      if facts.isOk { actOfLine[facts.completion] = act }
    }
    var latest = -1
    for (line, act) in actOfLine.enumerated() where act >= 0 {
      if history.acts[act].invocation == line {
        if latest >= 0 { graph.successors[latest].append(act) }
      } else {
        let vertex = graph.successors.count
        graph.successors.append([])
        if latest >= 0 { graph.successors[latest].append(vertex) }
        graph.successors[act].append(vertex)
        latest = vertex
      }
    }
  }

  private func describe(
    _ acts: [Int], _ graph: KafkaGraph, _ level: Level, into report: inout KafkaReport
  ) {
    let circle = shortestCircle(through: acts, graph).filter { $0 < history.acts.count }
    var steps: [String] = []
    for (place, act) in circle.enumerated() {
      steps.append(step(from: act, to: circle[(place + 1) % circle.count]))
    }
    report.add(level.type, circle.map { history.index($0) }, steps.joined(separator: "; "))
  }

  private func step(from act: Int, to next: Int) -> String {
    let (here, there) = (history.index(act), history.index(next))
    let polled = history.acts[next].runs.lazy.flatMap { history.runs[$0].pairs }
      .map { history.messages[$0] }
      .first { message in
        let writer = history.writers[message]
        return writer >= 0 && history.sends[writer].act == act
      }
    if let polled {
      let key = history.keyText(history.keyOfMessage[polled])
      return
        "op \(there) polled message \(history.text(polled)) of key \(key), which op \(here) sent"
    }
    let began = history.lines[history.acts[next].invocation].index
    return history.acts[act].process == history.acts[next].process
      ? "process \(history.acts[act].process) ended op \(here) before it began op \(began)"
      : "op \(here) had ended before op \(began) began"
  }

  /// The shortest circle through one of the first edges from a send to a poll within a component.
  private func shortestCircle(through acts: [Int], _ graph: KafkaGraph) -> [Int] {
    let members = Set(acts)
    var best: [Int] = []
    for act in acts.prefix(KafkaCycles.tried) {
      for reader in readers[act].prefix(KafkaCycles.tried) where members.contains(reader) {
        let path = graph.path(from: reader, to: act)
        if !path.isEmpty, best.isEmpty || path.count < best.count { best = path }
      }
    }
    return best
  }

  /// How many operations of a component, and polls of each, are tried for a short circle.
  private static let tried = 32
}

/// A directed graph by the successors of its vertices.
struct KafkaGraph {
  var successors: [[Int]]

  init(successors: [[Int]]) { self.successors = successors }

  /// The strongly connected components of more than one vertex.
  ///
  /// By Tarjan's algorithm (SIAM Journal on Computing 1, 1972), without recursion.
  var components: [[Int]] {
    var number = Array(repeating: -1, count: successors.count)
    var low = number
    var isOpen = Array(repeating: false, count: successors.count)
    var open: [Int] = []
    var path: [(vertex: Int, next: Int)] = []
    var count = 0
    var found: [[Int]] = []
    for root in successors.indices where number[root] < 0 {
      path.append((root, 0))
      while let (vertex, next) = path.last {
        if next == 0 {
          number[vertex] = count
          low[vertex] = count
          count += 1
          open.append(vertex)
          isOpen[vertex] = true
        }
        if next < successors[vertex].count {
          path[path.count - 1].next += 1
          let successor = successors[vertex][next]
          if number[successor] < 0 {
            path.append((successor, 0))
          } else if isOpen[successor] {
            low[vertex] = min(low[vertex], number[successor])
          }
          continue
        }
        path.removeLast()
        if let (parent, _) = path.last { low[parent] = min(low[parent], low[vertex]) }
        guard low[vertex] == number[vertex] else { continue }
        let start = open.lastIndex(of: vertex) ?? 0
        let component = Array(open[start...])
        open.removeSubrange(start...)
        for member in component { isOpen[member] = false }
        if component.count > 1 { found.append(component.sorted()) }
      }
    }
    return found
  }

  /// The vertices of a shortest path, both ends included; none where there is no path.
  func path(from start: Int, to end: Int) -> [Int] {
    var before: [Int: Int] = [start: start]
    var queue = [start]
    var next = 0
    while next < queue.count {
      let vertex = queue[next]
      next += 1
      if vertex == end {
        var path = [end]
        while let last = path.last, last != start, let previous = before[last] {
          path.append(previous)
        }
        return path.reversed()
      }
      for successor in successors[vertex] where before[successor] == nil {
        before[successor] = vertex
        queue.append(successor)
      }
    }
    return []
  }
}

import Diagrams
import Environments
import Histories
import Nodes
import Simulations
import Values
import Verdicts

/// Draws a simulated run: what its record, its history and its findings say, in one picture.
struct RunDrawing {
  private typealias Point = SpaceTimeDiagram.Point

  private let record: SimulationRecord
  private let names: NodeNames
  private let operations: [DrawnOperation]
  /// The lines that are evidence of what the picture is about.
  private let evidence: Set<Int>
  private let began: Nanoseconds
  private let concurrency: Int
  /// The columns of services, which follow those of clients and nodes.
  private let services: [Service]
  private(set) var diagram: SpaceTimeDiagram
  /// The moment of each event of the record.
  private var moments: [Int] = []
  private var starts: [Int]
  private var ends: [Int?]
  /// Where what is wrong shows.
  private var points: [SpaceTimeDiagram.Point] = []

  init(
    _ record: SimulationRecord, _ operations: [Operation], _ outcome: Outcome, _ names: NodeNames
  ) {
    self.record = record
    self.names = names
    self.operations = DrawnOperation.all(in: operations)
    began = outcome.began
    concurrency = max(1, outcome.plan.concurrency)
    let finding = outcome.findings.first { $0.verdict == .invalid }
    evidence = Set(finding?.anomalies.first?.operations ?? [])
    services = Service.allCases.filter { service in
      record.messages.contains { $0.destination == .service(service) }
    }
    diagram = SpaceTimeDiagram(
      Self.title(outcome, finding), unit: "ms",
      columns: (0..<concurrency).map { .init("c\($0)", .client) }
        + names.names.map { .init($0, .node) } + services.map { .init($0.rawValue, .service) })
    starts = self.operations.map { _ in 0 }
    ends = self.operations.map { _ in nil }
    addMoments()
    addArrows()
    addBars()
    addNotes()
    diagram.keepPast(of: points)
  }

  private static func title(_ outcome: Outcome, _ finding: Finding?) -> String {
    let plan = outcome.plan
    let verdict = finding.map { finding in
      finding.checker + (finding.anomalies.first.map { "/\($0.type)" } ?? "")
    }
    return "\(plan.systemName) \(plan.workload), \(plan.nodes.count) nodes, seed \(plan.seed): "
      + (verdict ?? outcome.verdict.rawValue)
  }

  private func column(_ node: NodeID) -> Int { concurrency + node.index }

  private func column(_ endpoint: SimulationRecord.Endpoint) -> Int {
    switch endpoint {
    // Threads of a client are processes that follow each other.
    case .client(let process): process % concurrency
    case .node(let node): column(node)
    case .service(let service):
      concurrency + names.count + (services.firstIndex(of: service) ?? 0)
    }
  }
}

// MARK: - Moments

extension RunDrawing {
  /// What a client's process sent and received, as places among the events.
  private struct Conduct {
    var sent: [Int] = []
    var received: [Int] = []
  }

  /// Gives each event its moment, and each beginning and end of an operation one of its own: right
  /// before its request, and right after its reply.
  private mutating func addMoments() {
    var conducts: [Int: Conduct] = [:]
    for (place, event) in record.events.enumerated() {
      switch event.what {
      case .sent(let message):
        if case .client(let process) = record.messages[message].source {
          conducts[process, default: Conduct()].sent.append(place)
        }
      case .received(let message):
        if case .client(let process) = record.messages[message].destination {
          conducts[process, default: Conduct()].received.append(place)
        }
      default: break
      }
    }
    // Before which event each begins and ends; where both are in one place, ends come first.
    var marks: [(place: Int, isStart: Int, operation: Int)] = []
    for (number, operation) in operations.enumerated() {
      let conduct = conducts[operation.process] ?? Conduct()
      let start =
        conduct.sent.first { record.events[$0].time == operation.start }
        ?? firstPlace { $0.time >= operation.start }
      marks.append((start, 1, number))
      guard let end = operation.end else { continue }
      let reply = conduct.received.last { record.events[$0].time == end }
      marks.append((reply.map { $0 + 1 } ?? firstPlace { $0.time > end }, 0, number))
    }
    marks.sort { ($0.place, $0.isStart, $0.operation) < ($1.place, $1.isStart, $1.operation) }
    var next = 0
    for place in 0...record.events.count {
      while next < marks.count, marks[next].place == place {
        add(marks[next].operation, isStart: marks[next].isStart == 1)
        next += 1
      }
      if place < record.events.count { moments.append(addMoment(record.events[place].time)) }
    }
  }

  private func firstPlace(where isThere: (SimulationRecord.Event) -> Bool) -> Int {
    var low = 0
    var high = record.events.count
    while low < high {
      let middle = (low + high) / 2
      if isThere(record.events[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  private mutating func add(_ operation: Int, isStart: Bool) {
    if isStart {
      starts[operation] = addMoment(operations[operation].start)
    } else {
      ends[operation] = addMoment(operations[operation].end ?? 0)
    }
  }

  /// - Parameter time: Of the simulation; people know the time since the main phase began.
  private mutating func addMoment(_ time: Nanoseconds) -> Int {
    let position = max(time, diagram.moments.last.map { $0.position + began } ?? time) - began
    let microseconds = position.magnitude / 1_000
    let fraction = String(1_000 + microseconds % 1_000).dropFirst()
    return diagram.addMoment(
      position, "\(position < 0 ? "-" : "")\(microseconds / 1_000).\(fraction)")
  }
}

// MARK: - What is drawn

extension RunDrawing {
  private mutating func addArrows() {
    /// Each message's place among the arrows.
    var arrows: [Int: Int] = [:]
    for (place, event) in record.events.enumerated() {
      switch event.what {
      case .sent(let number):
        let message = record.messages[number]
        arrows[number] = diagram.arrows.count
        diagram.arrows.append(
          SpaceTimeDiagram.Arrow(
            from: column(message.source), to: column(message.destination), sent: moments[place],
            end: .open, label: message.isCopy ? "copy of \(message.kind)" : message.kind,
            text: message.text))
      case .received(let number):
        if let arrow = arrows[number] { diagram.arrows[arrow].end = .received(at: moments[place]) }
      case .lost(let number, let loss):
        guard let arrow = arrows[number] else { break }
        diagram.arrows[arrow].end = .lost(
          at: moments[place],
          reason: loss.text(to: diagram.columns[diagram.arrows[arrow].destination].name))
      default: break
      }
    }
  }

  private mutating func addBars() {
    for (number, operation) in operations.enumerated() {
      let isCentral = !evidence.isDisjoint(with: operation.lines)
      let column = operation.process % concurrency
      diagram.bars.append(
        SpaceTimeDiagram.Bar(
          column, start: starts[number], end: ends[number], label: operation.label,
          outcome: operation.outcome, isCentral: isCentral))
      if isCentral { points.append(Point(column, ends[number] ?? starts[number])) }
    }
  }

  private mutating func addNotes() {
    // Since when each node is down or paused.
    var downs: [NodeID: Int] = [:]
    var pauses: [NodeID: Int] = [:]
    var hasRun: Set<NodeID> = []
    for (place, event) in record.events.enumerated() {
      let moment = moments[place]
      func note(_ node: NodeID, _ kind: SpaceTimeDiagram.Note.Kind, _ label: String) {
        diagram.notes.append(.init(column(node), at: moment, kind, label))
      }
      func endSpan(_ node: NodeID, _ spans: inout [NodeID: Int], _ kind: SpaceTimeDiagram.Span.Kind)
      {
        guard let start = spans.removeValue(forKey: node) else { return }
        diagram.spans.append(.init(column(node), from: start, to: moment, kind))
      }
      switch event.what {
      case .sent, .received, .lost, .marked, .synced(_, isDurable: true): break
      case .synced(let node, isDurable: false): note(node, .event, "its disk fails a sync")
      case .timer(let node, let timer): note(node, .cause, "\(timer) timer")
      case .logged(let node, let line): note(node, .event, line)
      case .started(let node, let version):
        endSpan(node, &downs, .down)
        // That a cluster comes up is nothing to tell.
        guard !hasRun.insert(node).inserted else { break }
        note(
          node, .start,
          version == Configuration.newestVersion ? "starts" : "starts as version \(version)")
      case .ended(let node, let how):
        endSpan(node, &pauses, .paused)
        if downs[node] == nil { downs[node] = moment }
        note(node, .crash, how)
      case .paused(let node):
        pauses[node] = moment
        note(node, .pause, "is paused")
      case .resumed(let node):
        endSpan(node, &pauses, .paused)
        note(node, .resume, "is resumed")
      case .became(let node, let role, let status):
        diagram.notes.append(
          .init(
            column(node), at: moment, .role, "is \(role)",
            text: status.isEmpty ? "" : "is \(status)"))
      case .fault(let fault):
        diagram.notes.append(.init(nil, at: moment, .fault, fault.text(names)))
      case .violated(let violation):
        let columns = violation.nodes.map(column)
        diagram.notes.append(
          .init(
            columns.first, at: moment, .violation, "breaks \(violation.invariant)",
            text: violation.explanation))
        points += (columns.isEmpty ? Array(diagram.columns.indices) : columns).map {
          Point($0, moment)
        }
      }
    }
    for (node, start) in downs.sorted(by: { $0.key < $1.key }) {
      diagram.spans.append(.init(column(node), from: start, to: nil, .down))
    }
    for (node, start) in pauses.sorted(by: { $0.key < $1.key }) {
      diagram.spans.append(.init(column(node), from: start, to: nil, .paused))
    }
  }
}

extension SimulationRecord.Loss {
  fileprivate func text(to receiver: String) -> String {
    switch self {
    case .cut: "cut off"
    case .dropped: "lost"
    case .corrupt: "corrupt"
    case .down: "\(receiver) is down"
    }
  }
}

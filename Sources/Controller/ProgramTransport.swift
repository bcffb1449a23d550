import Clients
import DequeModule
import Environments
import Glibc
import Hosts
import Nodes
import Processes
import SystemPackage
import Values

/// Has clients' requests done by programs of the user's: one for each worker, a line in, a line out.
///
/// See the page on clients.
final class ProgramTransport: ClientTransport, @unchecked Sendable {
  // Sendable, for all of it happens in the thread that drives the cluster, while it calls.

  struct Settings: Sendable {
    /// By the nodes' numbers: what a worker runs that asks it.
    var commands: [[String]]
    var workerCount: Int
    /// Gets what each program writes to its standard error, as `worker-<n>.log`.
    var logDirectory: String
  }

  /// A worker's program.
  private final class Worker {
    let number: Int
    let node: NodeID
    let place: ProgramClientProtocol.Place
    var program = 0
    /// The requests whose completions are to come, in their order.
    var asked: Deque<RequestID> = []
    var lastLines: Deque<String> = []
    var log: Int32 = -1

    init(_ number: Int, _ node: NodeID, _ place: ProgramClientProtocol.Place) {
      self.number = number
      self.node = node
      self.place = place
    }

    deinit { if log >= 0 { Glibc.close(log) } }
  }

  private let runner: ProgramRunner
  private let settings: Settings
  private var endpoints: [Endpoint] = []
  private var workers: [Int: Worker] = [:]
  private var report: @Sendable (TransportEvent) -> Void = { _ in }
  private var isClosed = false

  init(_ runner: ProgramRunner, _ settings: Settings) {
    self.runner = runner
    self.settings = settings
  }

  func open(
    _ endpoints: [Endpoint], report: @escaping @Sendable (TransportEvent) -> Void
  ) throws {
    self.endpoints = endpoints
    self.report = report
    try makeDirectories(FilePath(settings.logDirectory))
    for number in 0..<settings.workerCount {
      _ = try worker(number, of: NodeID(number % endpoints.count))
    }
  }

  func submit(_ request: Request, as id: RequestID, to node: NodeID) {
    // A client keeps to its thread's worker; reads of all nodes have workers of their own.
    let thread = id.client % settings.workerCount
    let isOwn = thread % endpoints.count == node.index
    do {
      let worker = try worker(isOwn ? thread : settings.workerCount + node.index, of: node)
      guard
        let line = ProgramClientProtocol.line(for: request, process: id.client, worker.place)
      else { return }
      worker.asked.append(id)
      try runner.write(line, to: worker.program)
    } catch {
      report(.failed("\(error)"))
    }
  }

  func close() { isClosed = true }

  private func worker(_ number: Int, of node: NodeID) throws -> Worker {
    if let worker = workers[number] { return worker }
    let endpoint = endpoints[node.index]
    let worker = Worker(
      number, node,
      ProgramClientProtocol.Place(
        node: endpoint.name, address: endpoint.address, port: endpoint.ports["client"],
        ports: endpoint.ports))
    let path = "\(settings.logDirectory)/worker-\(number).log"
    worker.log = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard worker.log >= 0 else { throw SystemCallError("can't write \(path)") }
    let variables = ProgramClientProtocol.environment(
      worker: number, of: settings.workerCount, worker.place)
    let inherited = inheritedEnvironment().filter { entry in
      variables[String(entry.prefix { $0 != "=" })] == nil
    }
    worker.program = try runner.start(
      settings.commands[node.index],
      environment: inherited + variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    ) { [weak self, weak worker] event in
      guard let self, let worker else { return }
      take(event, of: worker)
    }
    workers[number] = worker
    return worker
  }

  private func take(_ event: ProgramRunner.Event, of worker: Worker) {
    switch event {
    case .line(let line): take(line, of: worker)
    case .errorLine(let line):
      let bytes = Array("\(line)\n".utf8)
      _ = write(worker.log, bytes, bytes.count)
      worker.lastLines.append(line)
      if worker.lastLines.count > 4 { worker.lastLines.removeFirst() }
    case .ended(let status):
      guard !isClosed else { return }
      let command = settings.commands[worker.node.index].joined(separator: " ")
      report(
        .failed(
          "the client of worker \(worker.number) ended before the run was over: \(command): \(status)"
            + (worker.lastLines.isEmpty
              ? ", it said nothing" : ": \(worker.lastLines.joined(separator: "; "))")))
    }
  }

  private func take(_ line: String, of worker: Worker) {
    // What is said unasked answers nothing, and can't be told from the answer to what comes next.
    guard let id = worker.asked.popFirst() else {
      return report(
        .failed(
          "the client of worker \(worker.number) printed a line though nothing was asked: \(line)"))
    }
    do throws(ProgramLineError) {
      report(.replied(id, try ProgramClientProtocol.reply(to: Array(line.utf8)), from: worker.node))
    } catch {
      report(
        .malformedReply(id, from: worker.node, problem: error.description, line: line))
    }
  }
}

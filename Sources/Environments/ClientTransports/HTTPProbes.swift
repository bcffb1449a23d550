public import Environments
package import NIOCore
import NIOHTTP1
package import NodeServers
import Nodes
public import Values

/// Asks nodes again and again whether they are ready and whether they lead, and tells what changed.
///
/// A node is reachable from when it is ready, and unreachable from when it no longer is. While it is
/// reachable it is a `leader` or a `follower`, which is told anew when it becomes reachable again; a
/// node that does not answer who leads stays what it was. Programs that probe nodes are run
/// elsewhere: such probes are ignored, and where that is the one for readiness, who leads is asked
/// all the same.
public final class HTTPProbes: Sendable {
  public struct Settings: Hashable, Sendable {
    /// What tells that a node is ready.
    public var ready: Probe?
    /// What tells that a node leads; nothing where that can't be known.
    public var leader: Probe?
    /// From an answer to the next question.
    public var interval: Nanoseconds
    /// How long a node may take to answer.
    public var timeout: Nanoseconds

    public init(
      ready: Probe?, leader: Probe? = nil, interval: Nanoseconds = .milliseconds(150),
      timeout: Nanoseconds = .milliseconds(500)
    ) {
      self.ready = ready
      self.leader = leader
      self.interval = interval
      self.timeout = timeout
    }
  }

  /// The longest answer that is taken, in bytes.
  fileprivate static let answerMax = 1 << 20

  private let loop: any EventLoop
  private let door: NetworkDoor
  private let settings: Settings
  private let rounds: NIOLoopBoundBox<[HTTPProbeRounds]>

  /// - Parameters:
  ///   - loop: Serves its connections; it runs until ``close()`` has returned.
  ///   - door: Where they leave from.
  package init(on loop: any EventLoop, through door: NetworkDoor = .here, _ settings: Settings) {
    self.loop = loop
    self.door = door
    self.settings = settings
    rounds = .makeBoxSendingValue([], eventLoop: loop)
  }

  /// Begins to ask, and reports on the loop what changes, until ``close()`` returns.
  public func open(
    _ endpoints: [Endpoint], report: @escaping @Sendable (TransportEvent) -> Void
  ) {
    loop.execute { [loop, door, settings, rounds] in
      rounds.value = endpoints.map {
        HTTPProbeRounds($0, settings, on: loop, through: door, report)
      }
      for round in rounds.value { round.ask() }
    }
  }

  /// Has what is known of the nodes told anew, for they may have ended and begun again unseen.
  public func forget() {
    loop.execute { [rounds] in
      for round in rounds.value { round.forget() }
    }
  }

  public func close() {
    let closed = loop.submit { [rounds] in
      for round in rounds.value { round.stop() }
      rounds.value = []
    }
    if !loop.inEventLoop { try? closed.wait() }
  }
}

/// The questions to one node; all of it happens on one event loop.
private final class HTTPProbeRounds {
  private let endpoint: Endpoint
  private let settings: HTTPProbes.Settings
  private let loop: any EventLoop
  private let door: NetworkDoor
  private let report: @Sendable (TransportEvent) -> Void
  private var isReady = false
  private var role: String?
  private var isStopped = false

  init(
    _ endpoint: Endpoint, _ settings: HTTPProbes.Settings, on loop: any EventLoop,
    through door: NetworkDoor, _ report: @escaping @Sendable (TransportEvent) -> Void
  ) {
    self.endpoint = endpoint
    self.settings = settings
    self.loop = loop
    self.door = door
    self.report = report
  }

  func stop() { isStopped = true }

  func forget() {
    isReady = false
    role = nil
  }

  func ask() {
    guard !isStopped else { return }
    guard let ready = settings.ready?.overNetwork else { return askWhoLeads() }
    answer(to: ready) { outcome in
      self.noteReady(outcome)
      if self.isReady { self.askWhoLeads() } else { self.askLater() }
    }
  }

  private func askWhoLeads() {
    guard let leader = settings.leader?.overNetwork else { return askLater() }
    answer(to: leader) { outcome in
      switch outcome {
      case .yes: self.note("leader")
      case .no: self.note("follower")
      case .silent: break
      }
      self.askLater()
    }
  }

  private func askLater() {
    guard !isStopped else { return }
    loop.assumeIsolated().scheduleTask(in: .nanoseconds(settings.interval)) { self.ask() }
  }

  private func noteReady(_ outcome: HTTPProbeOutcome) {
    guard !isStopped else { return }
    switch outcome {
    case .yes:
      guard !isReady else { return }
      isReady = true
      report(.reachable(endpoint.node))
    case .no(let reason), .silent(let reason):
      guard isReady else { return }
      isReady = false
      role = nil
      report(.unreachable(endpoint.node, reason))
    }
  }

  private func note(_ role: String) {
    guard !isStopped, self.role != role else { return }
    self.role = role
    report(.role(endpoint.node, role))
  }

  private func answer(to probe: Probe, _ receive: @escaping (HTTPProbeOutcome) -> Void) {
    let port: Int
    switch probe {
    case .port(let number): port = number
    case .http(let question): port = question.port
    case .command: return receive(.silent("it is asked by a program"))
    }
    // Called once: by the answer, or when the time is over.
    var receive = Optional(receive)
    var channel: (any Channel)?
    let finish: (HTTPProbeOutcome) -> Void = { outcome in
      guard let waiting = receive else { return }
      receive = nil
      channel?.close(promise: nil)
      waiting(outcome)
    }
    let timeout = settings.timeout
    loop.assumeIsolated().scheduleTask(in: .nanoseconds(timeout)) {
      finish(.silent("it does not answer within \(timeout / 1_000_000) ms"))
    }
    Dial.connect(
      to: Destination(address: endpoint.address, port: port), within: timeout, on: loop,
      through: door
    ) { channel in
      try HTTPAnswerHandler.add(to: channel, answerMax: HTTPProbes.answerMax)
    }.assumeIsolated().whenComplete { result in
      switch result {
      case .failure(let error): finish(.silent(ExchangeFailure(connecting: error).text))
      case .success(let connected):
        channel = connected
        guard case .http(let question) = probe else { return finish(.yes) }
        guard receive != nil else { return connected.close(promise: nil) }
        let call = HTTPCall(
          method: question.body == nil ? .GET : .POST, path: question.path,
          body: question.body.map { Array($0.utf8) })
        HTTPAnswerHandler.send(call, host: "\(self.endpoint.address):\(port)", on: connected) {
          switch $0 {
          case .success(let answer): finish(question.condition.outcome(of: answer))
          case .failure(let failure): finish(.silent(failure.text))
          }
        }
      }
    }
  }
}

/// What a probe came to.
enum HTTPProbeOutcome: Hashable {
  case yes
  /// The node answered something else.
  case no(String)
  case silent(String)
}

extension Probe {
  /// This probe, where it needs no program.
  fileprivate var overNetwork: Probe? {
    if case .command = self { nil } else { self }
  }
}

extension HTTPProbe.Condition {
  /// Whether an answer means yes.
  func outcome(of answer: HTTPAnswer) -> HTTPProbeOutcome {
    guard answer.status == 200 else { return .silent("it answers status \(answer.status)") }
    switch self {
    case .answered: return .yes
    case .contains(let text):
      return answer.text.contains(text) ? .yes : .no("its answer does not contain \(text)")
    case .equal(let one, let other):
      guard let left = answer.value.field(one), let right = answer.value.field(other) else {
        return .no("its answer has no \(one) or no \(other)")
      }
      return left == right ? .yes : .no("\(one) is not \(other)")
    case .field(let name, let value):
      return answer.value.field(name) == value ? .yes : .no("\(name) is not \(value.json)")
    }
  }
}

extension Value {
  /// What a path of names separated by dots leads to.
  fileprivate func field(_ path: String) -> Value? {
    path.split(separator: ".").reduce(Optional(self)) { $0?[String($1)] }
  }
}

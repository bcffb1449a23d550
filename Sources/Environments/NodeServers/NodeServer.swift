package import NIOCore
import NIOPosix
package import NodeProcesses
package import Nodes
import Values

/// Is one node that listens on a network, on one event loop.
///
/// Whatever has come over any connection by the time the event loop looks is handled before anything
/// is synced or sent: a batch has one sync, and one write for each connection.
package final class NodeServer<N: Node>: @unchecked Sendable {
  // Sendable, for all but `start` and `stop` happens on the event loop, and these two go there.

  let loop: any EventLoop
  let settings: NodeServerSettings
  let names: NodeNames
  let host: NodeHost<N>
  private let whenFailed: @Sendable () -> Void
  private var listener: (any Channel)?
  /// By the node's number; none for the node itself.
  private var peers: [PeerLink?] = []
  var visitors: [Int: Visitor] = [:]
  var visitorCount = 0
  /// The connection over which services are called.
  var services: Int?
  /// What the node sent to itself.
  private var ownMessages: [[UInt8]] = []
  private var hasReportedLostCall = false
  private var isBatchOpen = false
  private var timer: Scheduled<Void>?
  private var timerDue: Nanoseconds = 0
  private var isRunning = false

  /// - Parameter whenFailed: Called when the node can't go on; ``stop()`` is still due.
  package init(
    _ process: NodeProcessSettings, _ settings: NodeServerSettings, on loop: any EventLoop,
    whenFailed: @escaping @Sendable () -> Void = {}
  ) {
    let names = NodeNames(settings.members.map(\.name))
    guard let id = names[settings.name] else {
      preconditionFailure("\(settings.name) is no member: \(names.names)")
    }
    self.loop = loop
    self.settings = settings
    self.names = names
    self.whenFailed = whenFailed
    host = NodeHost(process, node: id, names: names)
  }

  /// Listens, delivers the node's first event, and dials the peers.
  ///
  /// - Returns: The port.
  package func start() -> EventLoopFuture<Int> {
    let server = ServerBootstrap(group: loop, childGroup: loop)
      .serverChannelOption(.backlog, value: 256)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelOption(.autoRead, value: false)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.socketOption(.so_keepalive), value: 1)
      .childChannelOption(.tcpOption(.keepaliveIdle), value: 5)
      .childChannelOption(.tcpOption(.keepaliveInterval), value: 2)
      .childChannelOption(.tcpOption(.keepaliveCount), value: 3)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(self.admit())
        }
      }
    let listening =
      if let numeric = settings.listen.numeric {
        server.bind(to: numeric)
      } else {
        server.bind(host: settings.listen.host, port: settings.listen.port)
      }
    return listening.flatMapThrowing { channel in
      self.begin(channel)
      return channel.localAddress?.port ?? self.settings.listen.port
    }
  }

  private func begin(_ listener: any Channel) {
    self.listener = listener
    isRunning = true
    let hello = Hello(token: settings.token, name: settings.name, members: names.names)
    peers = settings.members.map { member in
      guard member.name != settings.name else { return nil }
      return PeerLink(to: member.name, at: member.address, on: loop, hello: hello) {
        [unowned self] line in log(line)
      }
    }
    host.start()
    endBatch()
    guard isRunning else { return }
    for peer in peers { peer?.start() }
    listener.setOption(.autoRead, value: true).whenComplete { _ in listener.read() }
  }

  /// Ends in order: what was handled is synced and sent.
  ///
  /// - Returns: The status to exit with.
  package func stop() -> EventLoopFuture<Int32> {
    loop.submit {
      if self.isRunning { self.endBatch() }
      self.end()
      return self.host.failure == nil ? 0 : 1
    }
  }

  private func end() {
    isRunning = false
    timer?.cancel()
    listener?.close(promise: nil)
    for peer in peers { peer?.end() }
    for visitor in visitors.values { visitor.connection.close(because: "the node ends") }
  }
}

// MARK: Batches

extension NodeServer {
  /// Has a batch end once all is handled that has come.
  func openBatch() {
    guard !isBatchOpen else { return }
    isBatchOpen = true
    loop.execute { if self.isBatchOpen { self.endBatch() } }
  }

  func log(_ line: String) {
    host.write(log: line)
    openBatch()
  }

  private func endBatch() {
    isBatchOpen = false
    guard isRunning else { return }
    receiveOwnMessages()
    host.fireTimers()
    host.settle()
    if let failure = host.failure { host.write(log: "the node stops: \(failure)") }
    sendOutput()
    writeToStandardError(host.log)
    host.clearOutput()
    guard host.failure == nil else {
      end()
      return whenFailed()
    }
    setTimer()
  }

  private func receiveOwnMessages() {
    guard !ownMessages.isEmpty else { return }
    let messages = ownMessages
    ownMessages = []
    for message in messages {
      message.withUnsafeBytes { bytes in
        guard let envelope = Envelope(line: bytes) else { return }
        host.receive(envelope, from: settings.name, origin: 0)
      }
    }
  }

  private func sendOutput() {
    guard !host.outgoing.isEmpty else { return }
    var used: Set<Int> = []
    for message in host.outgoing {
      let text = host.output[message.range]
      guard text.count <= Frame.countMax else {
        host.write(log: "a message of \(text.count) bytes can't be sent")
        continue
      }
      switch message.destination {
      case .peer(let node):
        if let peer = peers[node.index] { peer.send(text) } else { receiveLater(text) }
      case .service: sendCall(text, &used)
      case .client(let origin):
        visitors[origin]?.connection.send(text)
        used.insert(origin)
      }
    }
    for peer in peers { peer?.flush() }
    for id in used { flush(id) }
  }

  private func receiveLater(_ message: ArraySlice<UInt8>) {
    ownMessages.append(Array(message))
    openBatch()
  }

  private func sendCall(_ call: ArraySlice<UInt8>, _ used: inout Set<Int>) {
    guard let services, let visitor = visitors[services] else {
      guard !hasReportedLostCall else { return }
      hasReportedLostCall = true
      return host.write(log: "nobody is connected who offers services; calls to them are lost")
    }
    visitor.connection.send(call)
    used.insert(services)
  }

  private func flush(_ id: Int) {
    guard let connection = visitors[id]?.connection else { return }
    if connection.unsentCount > Visitor.unsentCountMax {
      connection.close(because: "it does not take what it is sent")
    } else {
      connection.flush()
    }
  }

  private func setTimer() {
    // A timer that was set too early only ends a batch in which nothing is due.
    guard let due = host.nextTimer, timer == nil || due < timerDue else { return }
    timer?.cancel()
    timerDue = due
    timer = loop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(max(0, due)))) {
      self.timer = nil
      self.endBatch()
    }
  }
}

extension NIOBSDSocket.Option {
  // Linux's `TCP_KEEPIDLE`, `TCP_KEEPINTVL` and `TCP_KEEPCNT`.
  static let keepaliveIdle = NIOBSDSocket.Option(rawValue: 4)
  static let keepaliveInterval = NIOBSDSocket.Option(rawValue: 5)
  static let keepaliveCount = NIOBSDSocket.Option(rawValue: 6)
}

package import NIOCore
import NIOPosix

/// Keeps a connection to an address, dialing it again when it ends; all of it happens on one event loop.
package final class Dialer {
  package struct Pace: Sendable {
    /// The pause after a first failure, which doubles with each one that follows.
    package var first: TimeAmount
    package var last: TimeAmount

    package init(first: TimeAmount, last: TimeAmount) {
      self.first = first
      self.last = last
    }
  }

  static let connectTimeout: TimeAmount = .seconds(1)
  /// How long the other side may leave data unacknowledged: a connection over which nothing comes
  /// through is given up, and dialed again, rather than left to wait for its retransmissions.
  static let userTimeoutMilliseconds: ChannelOptions.Types.SocketOption.Value = 2_000
  /// A connection that ends sooner counts as a failure.
  private static let goodTime: TimeAmount = .seconds(1)

  private let loop: any EventLoop
  private let door: NetworkDoor
  private let address: NetworkAddress
  private let pace: Pace
  private let hello: [UInt8]
  private let handle: (ConnectionEvent) -> Void
  private var pause: TimeAmount
  private var openedAt = NIODeadline.now()
  private var next: Scheduled<Void>?
  private var isEnded = false
  /// The connection, while there is one.
  package private(set) var connection: FrameConnection?
  /// Why there is none.
  package private(set) var problem = "it was not tried"

  package init(
    on loop: any EventLoop, through door: NetworkDoor = .here, to address: NetworkAddress,
    pace: Pace, hello: Hello,
    handle: @escaping (ConnectionEvent) -> Void
  ) {
    self.loop = loop
    self.door = door
    self.address = address
    self.pace = pace
    self.hello = hello.bytes
    self.handle = handle
    pause = pace.first
  }

  /// Dials; to be called on the event loop.
  package func start() {
    loop.preconditionInEventLoop()
    guard !isEnded else { return }
    let bound = NIOLoopBound(self, eventLoop: loop)
    let connecting = door.connect(on: loop) { [loop, address] in
      let bootstrap = ClientBootstrap(group: loop)
        .connectTimeout(Dialer.connectTimeout)
        .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        .channelOption(.tcpOption(.userTimeout), value: Dialer.userTimeoutMilliseconds)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            let connection = FrameConnection { bound.value.take($1, from: $0) }
            try channel.pipeline.syncOperations.addHandler(connection)
          }
        }
      return if let numeric = address.numeric {
        bootstrap.connect(to: numeric)
      } else {
        bootstrap.connect(host: address.host, port: address.port)
      }
    }
    connecting.assumeIsolated().whenFailure { self.fail(text(of: $0)) }
  }

  /// Ends the connection and dials no more; nothing is reported of it.
  package func end() {
    isEnded = true
    next?.cancel()
    connection?.close(because: "it is not needed any more")
  }

  private func take(_ event: ConnectionEvent, from connection: FrameConnection) {
    guard !isEnded else { return connection.close(because: "it is not needed any more") }
    switch event {
    case .opened:
      guard !connection.isWithItself else {
        connection.close(because: "nobody listens")
        return fail("nobody listens")
      }
      self.connection = connection
      openedAt = .now()
      connection.send(hello)
      handle(event)
      connection.flush()
    case .closed(let reason):
      guard self.connection === connection else { return }
      self.connection = nil
      if NIODeadline.now() - openedAt > Dialer.goodTime { pause = pace.first }
      fail(reason)
      handle(event)
    case .frame, .drained: handle(event)
    }
  }

  private func fail(_ reason: String) {
    problem = reason
    guard !isEnded, next == nil else { return }
    let bound = NIOLoopBound(self, eventLoop: loop)
    next = loop.scheduleTask(in: pause) {
      bound.value.next = nil
      bound.value.start()
    }
    pause = min(pause * 2, pace.last)
  }
}

extension NIOBSDSocket.Option {
  /// Linux's `TCP_USER_TIMEOUT`.
  static let userTimeout = NIOBSDSocket.Option(rawValue: 18)
}

package import NIOCore

/// What a node sends to one of its peers: over a connection of its own, or to be sent once there is one.
///
/// While the peer takes nothing, the newest frames are kept and the oldest dropped.
package final class PeerLink {
  static let pace = Dialer.Pace(first: .milliseconds(50), last: .seconds(1))
  /// How many bytes wait at most.
  package static let waitingCountMax = 4 << 20

  private let name: String
  private let log: (String) -> Void
  private var dialer: Dialer?
  private var waiting = FrameQueue(countMax: PeerLink.waitingCountMax)

  /// - Parameter log: Takes a line for people.
  package init(
    to name: String, at address: NetworkAddress, on loop: any EventLoop, hello: Hello,
    log: @escaping (String) -> Void
  ) {
    self.name = name
    self.log = log
    dialer = Dialer(on: loop, to: address, pace: PeerLink.pace, hello: hello) {
      [unowned self] event in take(event)
    }
  }

  package func start() { dialer?.start() }

  package func end() {
    dialer?.end()
    dialer = nil
  }

  /// Sends a message by the next ``flush()``.
  package func send(_ message: ArraySlice<UInt8>) {
    if let connection = dialer?.connection, waiting.isEmpty, connection.hasRoom {
      connection.send(message)
    } else {
      if waiting.append(Array(message)) {
        log("\(name) takes nothing: dropping the oldest of what waits for it")
      }
    }
  }

  package func flush() { dialer?.connection?.flush() }

  private func take(_ event: ConnectionEvent) {
    switch event {
    case .opened, .drained: sendWaiting()
    case .closed(let reason): log("the connection to \(name) ended: \(reason)")
    case .frame: break  // Peers answer over connections of their own.
    }
  }

  private func sendWaiting() {
    guard let connection = dialer?.connection else { return }
    while connection.hasRoom, let message = waiting.removeFirst() { connection.send(message) }
    connection.flush()
    guard waiting.isEmpty, waiting.droppedCount > 0 else { return }
    log("\(name) takes messages again; \(waiting.droppedCount) for it were dropped")
    waiting.droppedCount = 0
  }
}

import NIOCore
import NIOPosix
import NodeServers
import Synchronization
import Values

/// Somebody who listens as a node does, and says what a test wants.
final class FakeNode: Sendable {
  /// Whether it tells how it stands.
  let isTalking = Atomic(true)
  private let answer: String
  private let channel = Mutex<(any Channel)?>(nil)

  /// - Parameter answer: The body of its answer to any request.
  init(port: Int, answer: String, on group: any EventLoopGroup) throws {
    self.answer = answer
    let channel = try ServerBootstrap(group: group)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            FrameConnection { connection, event in
              if case .frame(let bytes) = event { self.answer(bytes, over: connection) }
            })
        }
      }.bind(host: "127.0.0.1", port: port).wait()
    self.channel.withLock { $0 = channel }
  }

  func close() { try? channel.withLock { $0 }?.close().wait() }

  private func answer(_ bytes: UnsafeRawBufferPointer, over connection: FrameConnection) {
    guard let message = try? Value(json: bytes), let client = message["src"]?.name,
      let body = message["body"]
    else { return }
    if body["type"] == "shrike-status" {
      guard isTalking.load(ordering: .relaxed) else { return }
      let number = body["msg_id"]?.integer ?? 0
      connection.send(
        Array(
          #"{"src":"n1","dest":"\#(client)","body":{"type":"shrike-status_ok","in_reply_to":\#(number),"role":"fake","primary":false,"status":"","whole":true}}"#
            .utf8))
    } else {
      connection.send(Array(#"{"src":"n1","dest":"\#(client)","body":\#(answer)}"#.utf8))
    }
    connection.flush()
  }
}

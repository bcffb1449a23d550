import NIOCore
import Values

/// Commands that go out at once.
struct RESPCall {
  var bytes: [UInt8] = []
  /// How many replies there will be.
  let count: Int

  /// - Returns: Nothing where there are none, or one is no list of words.
  init?(_ commands: [Value]) {
    guard !commands.isEmpty else { return nil }
    count = commands.count
    for command in commands {
      guard let words = command.elements, !words.isEmpty else { return nil }
      bytes += "*\(words.count)\r\n".utf8
      for word in words {
        guard case .string(let text) = word else { return nil }
        bytes += "$\(text.utf8.count)\r\n\(text)\r\n".utf8
      }
    }
  }
}

/// What came back.
enum RESPAnswer: Sendable {
  case replies([Value])
  /// Bytes that are no answer, as text.
  case malformed(RESPMistake, text: String)
}

/// Collects the replies to the commands that were sent at once, for whoever waits for them.
final class RESPHandler: ChannelInboundHandler {
  typealias InboundIn = NIOCore.ByteBuffer
  typealias OutboundOut = NIOCore.ByteBuffer

  /// How much is kept of what was received, for people, in bytes.
  private static let excerptMax = 1000

  private let max: Int
  private var decoder: RESPDecoder
  private var replies: [Value] = []
  private var count = 0
  private var received = 0
  private var excerpt: [UInt8] = []
  private var isWaitedFor: ((Result<RESPAnswer, ExchangeFailure>) -> Void)?

  /// - Parameter max: The longest answer, in bytes.
  init(max: Int) {
    self.max = max
    decoder = RESPDecoder(sizeMax: max)
  }

  /// Sends commands on a channel that is active.
  ///
  /// - Parameter receive: Called once, on the channel's loop.
  static func send(
    _ call: RESPCall, on channel: any Channel,
    receive: @escaping (Result<RESPAnswer, ExchangeFailure>) -> Void
  ) {
    let pipeline = channel.pipeline.syncOperations
    guard let handler = try? pipeline.handler(type: RESPHandler.self),
      let context = try? pipeline.context(handler: handler)
    else {
      return receive(
        .failure(
          ExchangeFailure(kind: .closed, wasSent: false, text: "the connection was closed")))
    }
    handler.isWaitedFor = receive
    handler.replies = []
    handler.count = call.count
    handler.received = 0
    handler.excerpt = []
    context.writeAndFlush(
      handler.wrapOutboundOut(NIOCore.ByteBuffer(bytes: call.bytes)), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let buffer = unwrapInboundIn(data)
    // What nobody asked for would be taken for the answer to the next request.
    guard isWaitedFor != nil else { return context.close(promise: nil) }
    received += buffer.readableBytes
    excerpt += buffer.readableBytesView.prefix(RESPHandler.excerptMax - excerpt.count)
    do throws(RESPMistake) {
      guard received <= max else { throw .tooLong(max: max) }
      decoder.append(buffer.readableBytesView)
      while replies.count < count {
        guard let reply = try decoder.next() else { return }
        replies.append(reply)
      }
      guard decoder.isBetweenReplies else { throw .unasked }
      finish(.success(.replies(replies)))
    } catch {
      let text = String(decoding: excerpt, as: UTF8.self)
      finish(.success(.malformed(error, text: text)))
      context.close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    finish(
      .failure(
        ExchangeFailure(
          kind: .closed, wasSent: true, text: "the connection was closed before an answer came")))
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    finish(.failure(ExchangeFailure(kind: .closed, wasSent: true, text: "\(error)")))
    context.close(promise: nil)
  }

  private func finish(_ result: Result<RESPAnswer, ExchangeFailure>) {
    guard let receive = isWaitedFor else { return }
    isWaitedFor = nil
    receive(result)
  }
}

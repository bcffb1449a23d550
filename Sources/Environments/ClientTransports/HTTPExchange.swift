import NIOCore
import NIOHTTP1
import Values

/// A request over HTTP.
struct HTTPCall {
  var method: HTTPMethod
  var path: String
  /// JSON; nothing where there is no body.
  var body: [UInt8]?
}

/// What came back.
struct HTTPAnswer: Sendable {
  var status: Int
  var body: [UInt8]
  /// Whether the connection can carry another request.
  var keepsAlive: Bool

  var text: String { String(decoding: body, as: UTF8.self) }

  /// The body as JSON; as a text where it is none.
  var value: Value {
    guard body.contains(where: { !$0.isWhitespace }) else { return .null }
    return (try? Value(json: body)) ?? .string(text)
  }
}

extension UInt8 {
  fileprivate var isWhitespace: Bool { [0x20, 0x0a, 0x0d, 0x09].contains(self) }
}

/// Puts the parts of an answer together, and hands it to whoever waits for it.
final class HTTPAnswerHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  private let max: Int
  private var head: HTTPResponseHead?
  private var body: [UInt8] = []
  private var isWaitedFor: ((Result<HTTPAnswer, ExchangeFailure>) -> Void)?

  init(max: Int) { self.max = max }

  /// Makes a new connection fit for HTTP.
  ///
  /// - Parameter answerMax: The longest body of an answer, in bytes.
  static func add(to channel: any Channel, answerMax: Int) throws {
    try channel.pipeline.syncOperations.addHTTPClientHandlers()
    try channel.pipeline.syncOperations.addHandler(HTTPAnswerHandler(max: answerMax))
  }

  /// Sends a request on a channel that is active.
  ///
  /// - Parameter receive: Called once, on the channel's loop.
  static func send(
    _ call: HTTPCall, host: String, on channel: any Channel,
    receive: @escaping (Result<HTTPAnswer, ExchangeFailure>) -> Void
  ) {
    let pipeline = channel.pipeline.syncOperations
    guard let handler = try? pipeline.handler(type: HTTPAnswerHandler.self),
      let context = try? pipeline.context(handler: handler)
    else {
      return receive(
        .failure(ExchangeFailure(kind: .closed, wasSent: false, text: "the connection was closed")))
    }
    handler.isWaitedFor = receive
    handler.head = nil
    handler.body = []
    var headers = HTTPHeaders([("Host", host), ("Accept", "application/json")])
    if let body = call.body {
      headers.add(name: "Content-Type", value: "application/json")
      headers.add(name: "Content-Length", value: "\(body.count)")
    }
    let head = HTTPRequestHead(
      version: .http1_1, method: call.method, uri: call.path, headers: headers)
    context.write(handler.wrapOutboundOut(HTTPClientRequestPart.head(head)), promise: nil)
    if let body = call.body {
      context.write(
        handler.wrapOutboundOut(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body)))),
        promise: nil)
    }
    context.writeAndFlush(handler.wrapOutboundOut(HTTPClientRequestPart.end(nil)), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = head
    case .body(let part):
      guard body.count + part.readableBytes <= max else {
        finish(.failure(malformed("an answer of more than \(max) bytes")))
        return context.close(promise: nil)
      }
      body += part.readableBytesView
    case .end:
      guard let head else { return }
      let answer = HTTPAnswer(
        status: Int(head.status.code), body: body, keepsAlive: head.isKeepAlive)
      self.head = nil
      body = []
      // Before it is closed, which else would be all that is told of it.
      finish(.success(answer))
      if !answer.keepsAlive { context.close(promise: nil) }
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
    let failure =
      error is HTTPParserError
      ? malformed("\(error)")
      : ExchangeFailure(kind: .closed, wasSent: true, text: "\(error)")
    finish(.failure(failure))
    context.close(promise: nil)
  }

  private func malformed(_ text: String) -> ExchangeFailure {
    ExchangeFailure(kind: .malformed, wasSent: true, text: text)
  }

  private func finish(_ result: Result<HTTPAnswer, ExchangeFailure>) {
    guard let receive = isWaitedFor else { return }
    isWaitedFor = nil
    receive(result)
  }
}

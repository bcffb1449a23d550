import Environments
import NIOCore
import NIOHTTP1
import Nodes
import Values

/// How requests are exchanged over HTTP.
struct HTTPWire: ExchangeProtocol {
  var settings: HTTPTransport.Settings

  func call(_ request: Request, _ id: RequestID) -> (HTTPCall, port: String)? {
    guard case .custom(let body) = request, var fields = body.map else { return nil }
    switch settings.mode {
    case .operations(let path):
      fields["process"] = .integer(id.client)
      return (
        HTTPCall(method: .POST, path: path, body: Array(Value.map(fields).json.utf8)),
        settings.port
      )
    case .raw:
      guard let path = body["path"]?.name else { return nil }
      let content = body["body"].map { Array($0.json.utf8) }
      let method = body["method"]?.name ?? (content == nil ? "GET" : "POST")
      return (
        HTTPCall(method: HTTPMethod(rawValue: method), path: path, body: content),
        body["port"]?.name ?? settings.port
      )
    }
  }

  func prepare(_ channel: any Channel) throws {
    try HTTPAnswerHandler.add(to: channel, answerMax: settings.answerMax)
  }

  func send(
    _ call: HTTPCall, to destination: Destination, on channel: any Channel,
    receive: @escaping (Result<HTTPAnswer, ExchangeFailure>) -> Void
  ) {
    HTTPAnswerHandler.send(call, host: destination.text, on: channel, receive: receive)
  }

  func keepsAlive(_ answer: HTTPAnswer) -> Bool { answer.keepsAlive }

  func event(
    _ id: RequestID, from node: NodeID, _ result: Result<HTTPAnswer, ExchangeFailure>
  ) -> TransportEvent {
    switch (settings.mode, result) {
    case (.raw, .success(let answer)):
      return .replied(
        id, .custom(["status": .integer(answer.status), "body": answer.value]), from: node)
    case (.raw, .failure(let failure)): return .replied(id, failure.reply, from: node)
    case (.operations, .success(let answer)):
      let type = answer.value["type"]
      // Errors may have a type of their own, as those of RFC 9457 have.
      if answer.status == 200 ? type != nil : ["ok", "fail", "info"].contains(type) {
        return .replied(id, .custom(answer.value), from: node)
      }
      guard answer.status == 200 else {
        // A server that failed may have done something before.
        let error = ErrorReply(.crash, "HTTP \(answer.status): \(answer.text.prefix(200))")
        return .replied(id, .failed(error), from: node)
      }
      return .malformedReply(
        id, from: node, problem: "the answer is no completion: an object with \"type\"",
        line: String(answer.text.prefix(1000)))
    case (.operations, .failure(let failure)):
      let code: ErrorCode = failure.wasSent ? .timeout : .temporarilyUnavailable
      return .replied(
        id, .failed(ErrorReply(code, "\(failure.kind.rawValue): \(failure.text)")), from: node)
    }
  }
}

public import Nodes
public import Values

/// A key-value store that hands every request to a shared service: as consistent as that is.
///
/// Where the service does not answer in time the client gets no reply, for its request may have
/// taken effect.
public struct KeyValueProxy: Algorithm {
  public typealias Message = NoMessage
  public typealias File = NoFile

  public enum Timer: UInt8, Hashable, Sendable, CaseIterable {
    /// Forgets the calls that were not answered in time.
    case expiry
  }

  static let service = AlgorithmOption(
    "service", standard: "lin-kv", "which service answers: lin-kv, seq-kv or lww-kv")
  static let timeout = AlgorithmOption(
    "timeout", standard: "1s", "how long the service may take before its answer is ignored")

  public static let description = AlgorithmDescription(
    name: "kv-proxy", summary: "A key-value store that asks a shared service.",
    promise: "What the chosen service promises: linearizable with lin-kv, less with the others.",
    assumptions: "The service is up; nodes keep no state.",
    paper: "Maelstrom's lin-kv proxy.", options: [service, timeout], workloads: ["lin-kv"])

  /// A call that the service has not answered.
  private struct Call: Hashable, Sendable {
    var token: Token
    var request: RequestID
    var deadline: Nanoseconds
  }

  private let service: Service
  private let timeout: Nanoseconds
  /// In the order of their tokens, which is that of their deadlines.
  private var calls: [Call] = []
  private var nextToken = 0

  public init(_ configuration: Configuration) {
    service = Service(rawValue: KeyValueProxy.service.text(in: configuration)) ?? .linKV
    timeout = KeyValueProxy.timeout.duration(in: configuration)
  }

  public mutating func handle(
    _ event: Event<KeyValueProxy>, _ context: inout Context<KeyValueProxy>
  ) {
    switch event {
    case .request(let id, let request): pass(request, id, &context)
    case .answered(let token, let reply):
      guard let place = calls.firstIndex(where: { $0.token == token }) else { return }
      context.reply(reply, to: calls.remove(at: place).request)
    case .timer(.expiry):
      calls.removeAll { $0.deadline <= context.now }
      if let next = calls.first {
        context.setTimer(.expiry, after: max(0, next.deadline - context.now))
      }
    case .start, .message, .completed: break
    }
  }

  private mutating func pass(
    _ request: Request, _ id: RequestID, _ context: inout Context<KeyValueProxy>
  ) {
    switch request {
    case .read, .write, .compareAndSet: break
    default: return context.reply(.notSupported, to: id)
    }
    if calls.isEmpty { context.setTimer(.expiry, after: timeout) }
    calls.append(
      Call(token: Token(nextToken), request: id, deadline: context.now + timeout))
    context.call(service, request, token: Token(nextToken))
    nextToken += 1
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(service.rawValue)
    sink.put(Int(timeout))
    sink.put(nextToken)
    sink.put(calls.count)
    for call in calls {
      sink.put(call.token.rawValue)
      call.request.encode(into: &sink)
      sink.put(Int(call.deadline))
    }
  }
}

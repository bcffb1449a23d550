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
    "timeout", standard: "1s", variants: ["200ms"],
    "how long the service may take before its answer is ignored")

  public static let definiteTimeout = PlantedBug(
    "definite-timeout",
    "a request that the service did not answer in time is reported as one that failed",
    source: "CockroachDB issue 103817 (2023): transactions reported as failed that may yet commit.",
    violates: ["nonlinearizable"])
  public static let retryTimeout = PlantedBug(
    "retry-timeout", "a request that the service did not answer in time is made again",
    source: "Jepsen, jetcd 0.8.2 (2024): a client that retries what is not idempotent.",
    violates: ["nonlinearizable"])
  public static let cachedReads = PlantedBug(
    "cached-reads", "reads of a key that a node knows are answered with what it saw last",
    source: "Jepsen, etcd and Consul (2014): reads answered from a node's own state.",
    violates: ["nonlinearizable"])

  public static let description = AlgorithmDescription(
    name: "kv-proxy", summary: "A key-value store that asks a shared service.",
    promise: "What the chosen service promises: linearizable with lin-kv, less with the others.",
    assumptions: "The service is up; nodes keep no state.",
    paper: "Maelstrom's lin-kv proxy.", options: [service, timeout],
    bugs: [definiteTimeout, retryTimeout, cachedReads], workloads: ["lin-kv"],
    survives: AlgorithmDescription.everything)

  /// A call that the service has not answered.
  private struct Call: Hashable, Sendable {
    var token: Token
    var request: RequestID
    var body: Request
    var deadline: Nanoseconds
  }

  private let service: Service
  private let timeout: Nanoseconds
  /// In the order of their tokens, which is that of their deadlines.
  private var calls: [Call] = []
  private var nextToken = 0
  private let bugs: Set<String>
  /// With ``cachedReads``: what the service is known to have had.
  private var seen: [Value: Value] = [:]

  public init(_ configuration: Configuration) {
    service = Service(rawValue: KeyValueProxy.service.text(in: configuration)) ?? .linKV
    timeout = KeyValueProxy.timeout.duration(in: configuration)
    bugs = configuration.bugs
  }

  public mutating func handle(
    _ event: Event<KeyValueProxy>, _ context: inout Context<KeyValueProxy>
  ) {
    switch event {
    case .request(let id, let request): pass(request, id, &context)
    case .answered(let token, let reply):
      guard let place = calls.firstIndex(where: { $0.token == token }) else { return }
      let call = calls.remove(at: place)
      if has(KeyValueProxy.cachedReads) { remember(call.body, reply) }
      context.reply(reply, to: call.request)
    case .timer(.expiry):
      let overdue = calls.prefix { $0.deadline <= context.now }
      calls.removeFirst(overdue.count)
      for call in overdue { expire(call, &context) }
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
    if has(KeyValueProxy.cachedReads), case .read(let key) = request, let value = seen[key] {
      return context.reply(.value(value), to: id)
    }
    call(request, for: id, &context)
  }

  private mutating func call(
    _ request: Request, for id: RequestID, _ context: inout Context<KeyValueProxy>
  ) {
    if calls.isEmpty { context.setTimer(.expiry, after: timeout) }
    calls.append(
      Call(
        token: Token(nextToken), request: id, body: request, deadline: context.now + timeout))
    context.call(service, request, token: Token(nextToken))
    nextToken += 1
  }

  private func has(_ bug: PlantedBug) -> Bool { bugs.contains(bug.name) }

  /// The correct proxy says nothing of a call that is overdue.
  private mutating func expire(_ call: Call, _ context: inout Context<KeyValueProxy>) {
    if has(KeyValueProxy.retryTimeout) { self.call(call.body, for: call.request, &context) }
    if has(KeyValueProxy.definiteTimeout) {
      context.reply(
        .failed(ErrorReply(.temporarilyUnavailable, "the service did not answer")),
        to: call.request)
    }
  }

  private mutating func remember(_ request: Request, _ reply: Reply) {
    switch (request, reply) {
    case (.read(let key), .value(let value)): seen[key] = value
    case (.write(let key, let value), .written): seen[key] = value
    case (.compareAndSet(let key, _, let value, _), .compareAndSetDone): seen[key] = value
    default: break
    }
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(service.rawValue)
    sink.put(Int(timeout))
    sink.put(bugs.sorted().map { Value.string($0) })
    sink.put(sorted: seen) { value, sink in value.encode(into: &sink) }
    sink.put(nextToken)
    sink.put(calls.count)
    for call in calls {
      sink.put(call.token.rawValue)
      call.request.encode(into: &sink)
      call.body.encode(into: &sink)
      sink.put(Int(call.deadline))
    }
  }
}

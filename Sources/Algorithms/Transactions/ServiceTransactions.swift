public import Nodes
public import Values

/// A node that keeps its database in shared services, as its layout says.
///
/// It runs one transaction at a time and makes one call at a time. A call that stays unanswered ends
/// its transaction; what the client is told then is the layout's to say, since the call may have
/// taken effect or may still do so. What a node knows of requests ends with its process: the network
/// must not deliver a client's request to two incarnations of a node.
public struct ServiceTransactions<Layout: TransactionLayout>: Algorithm {
  public typealias Message = NoMessage
  public typealias File = NoFile
  public typealias Timer = ServiceTimer

  /// The most transactions that wait for their turn.
  static var waitingLimit: Int { 1_000 }
  static var pause: ClosedRange<Nanoseconds> { .milliseconds(2)...(.milliseconds(20)) }

  public static var description: AlgorithmDescription {
    var description = Layout.description
    description.options.append(.serviceTimeout)
    return description
  }

  private struct Waiting: Hashable, Sendable {
    var id: RequestID
    var transaction: Transaction
  }

  private let timeout: Nanoseconds
  private var layout: Layout
  private var clients = ClientNumbers()
  /// The transaction that runs, and those that wait for it, oldest first.
  private var queue: [Waiting] = []
  /// The call that is not answered.
  private var awaited: Token?
  private var callCount = 0

  public init(_ configuration: Configuration) {
    timeout = AlgorithmOption.serviceTimeout.duration(in: configuration)
    layout = Layout(configuration)
  }

  public mutating func handle(
    _ event: Event<ServiceTransactions>, _ context: inout Context<ServiceTransactions>
  ) {
    switch event {
    case .request(let id, .transaction(let request)): admit(request, id, &context)
    case .request(let id, _): context.reply(.notSupported, to: id)
    case .answered(let token, let reply):
      guard token == awaited else { return }
      awaited = nil
      context.cancelTimer(.timeout)
      follow(layout.take(reply), &context)
    case .timer(.timeout):
      awaited = nil
      follow(.answer(.failed(layout.abandon())), &context)
    case .timer(.pause): follow(layout.resume(), &context)
    case .start, .message, .completed: break
    }
  }

  private mutating func admit(
    _ request: [Value], _ id: RequestID, _ context: inout Context<ServiceTransactions>
  ) {
    guard clients.admit(id) else { return }
    guard queue.count <= ServiceTransactions.waitingLimit else {
      return context.reply(.failed(.unavailable), to: id)
    }
    do throws(ErrorReply) {
      let transaction = try Transaction(request)
      queue.append(Waiting(id: id, transaction: transaction))
      if queue.count == 1 { follow(layout.begin(transaction), &context) }
    } catch {
      context.reply(.failed(error), to: id)
    }
  }

  /// Does what a layout asks for, through all transactions that need no call to end.
  private mutating func follow(
    _ first: TransactionStep, _ context: inout Context<ServiceTransactions>
  ) {
    var step = first
    while true {
      switch step {
      case .call(let service, let request):
        callCount += 1
        awaited = Token(callCount)
        context.call(service, request, token: Token(callCount))
        return context.setTimer(.timeout, after: timeout)
      case .pause: return context.setTimer(.pause, within: ServiceTransactions.pause)
      case .answer(let reply):
        context.reply(reply, to: queue.removeFirst().id)
        guard let next = queue.first else { return }
        step = layout.begin(next.transaction)
      }
    }
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(Int(timeout))
    layout.encode(into: &sink)
    clients.encode(into: &sink)
    sink.put(queue.count)
    for waiting in queue {
      waiting.id.encode(into: &sink)
      waiting.transaction.encode(into: &sink)
    }
    sink.put(awaited?.rawValue)
    sink.put(callCount)
  }
}

/// The timers of a node that asks services.
public enum ServiceTimer: UInt8, Hashable, Sendable, CaseIterable {
  /// A call is overdue.
  case timeout
  /// What was not there before may be there now.
  case pause
}

extension AlgorithmOption {
  static let serviceTimeout = AlgorithmOption(
    "timeout", standard: "2s", variants: ["200ms"], "how long a service may take to answer")
}

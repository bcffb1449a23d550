import Nodes
import Values
import Workloads

/// A thread of clients: which process it plays now, and what it waits for.
struct ClientThread: Sendable {
  var process: Int
  let node: NodeID
  var client: any Client
  /// The number of the last request of this process.
  var requestNumber = 0
  /// The last request.
  var request: Request?
  var pending: PendingOperation?

  init(process: Int, node: NodeID, client: any Client) {
    self.process = process
    self.node = node
    self.client = client
  }
}

/// An operation that was invoked and has not completed.
struct PendingOperation: Sendable {
  var f: String
  var value: Value
  var extra: ValueMap
  var invoked: Nanoseconds
  /// Whether no fault has been in force since shortly before it was invoked.
  var isCalm: Bool
}

/// The deadlines of requests that were sent, oldest first.
///
/// Every request may take as long as any other, so the queue is sorted as it is filled.
struct DeadlineQueue: Sendable {
  private var entries: [(id: RequestID, deadline: Nanoseconds)] = []
  private var head = 0

  var first: Nanoseconds? { head < entries.count ? entries[head].deadline : nil }

  mutating func append(_ id: RequestID, at deadline: Nanoseconds) {
    entries.append((id, deadline))
  }

  /// The next request whose time is over, answered or not.
  mutating func takeDue(at now: Nanoseconds) -> RequestID? {
    guard head < entries.count, entries[head].deadline <= now else { return nil }
    defer { advance() }
    return entries[head].id
  }

  private mutating func advance() {
    head += 1
    guard head > 1024, head > entries.count / 2 else { return }
    entries.removeFirst(head)
    head = 0
  }
}

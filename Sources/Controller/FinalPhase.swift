import Histories
import Nodes
import Values
import Workloads

/// Reads every node again and again after the faults are over, until the answers have settled.
///
/// It ends early only on evidence: every node answered in one round, all alike, and acceptably.
struct FinalPhase: Sendable {
  /// What is known of one node's state.
  private struct Reader: Sendable {
    var process: Int
    var client: (any Client)?
    var requestNumber = 0
    var request: Request?
    /// The answer in the current round.
    var answer: Value?
    /// What it said of the updates that it had seen, if anything.
    var context: Value?
  }

  static let firstInterval = Nanoseconds.milliseconds(250)
  static let longestInterval = Nanoseconds.seconds(2)

  private let timeLimit: Nanoseconds
  private var readers: [Reader]
  private var deadline = Nanoseconds.max
  private var nextRound = Nanoseconds.max
  private var interval = FinalPhase.firstInterval
  private var hasBegun = false
  var isInterrupted = false

  init(nodes: [NodeID], deadline: Nanoseconds) {
    timeLimit = deadline
    readers = nodes.map { _ in Reader(process: -1) }
  }

  mutating func start(at now: Nanoseconds, firstProcess: Int) {
    deadline = now + timeLimit
    nextRound = now
    for place in readers.indices { readers[place].process = firstProcess + place }
  }

  var nextWake: Nanoseconds {
    readers.contains { $0.client != nil } ? deadline : min(nextRound, deadline)
  }

  /// Whether everyone who was asked in this round has answered or run out of time.
  var roundIsOver: Bool { hasBegun && !readers.contains { $0.client != nil } }

  func mustRead(at now: Nanoseconds) -> Bool { now >= nextRound && (roundIsOver || !hasBegun) }

  func isOver(at now: Nanoseconds) -> Bool { now >= deadline }

  /// Whether all nodes answered in this round, all alike, and acceptably.
  func hasSettled(accepts: ([Value]) -> Bool) -> Bool {
    let answers = readers.compactMap(\.answer)
    guard answers.count == readers.count, let first = answers.first else { return false }
    let canonical = first.canonical
    return answers.allSatisfy { $0.canonical == canonical }
      && readers.allSatisfy { $0.context == readers[0].context } && accepts(answers)
  }

  mutating func beginRound(at now: Nanoseconds) {
    hasBegun = true
    nextRound = now + interval
    interval = min(interval * 2, FinalPhase.longestInterval)
    for place in readers.indices { readers[place].answer = nil }
  }

  func isWaiting(for node: NodeID) -> Bool { readers[node.index].client != nil }

  /// Notes that a node is being read.
  mutating func begin(_ node: NodeID, _ client: any Client, _ request: Request) -> RequestID {
    readers[node.index].client = client
    readers[node.index].request = request
    readers[node.index].requestNumber += 1
    return RequestID(
      client: readers[node.index].process, number: readers[node.index].requestNumber)
  }

  /// The reader that waits for the answer to this request.
  func place(of id: RequestID) -> Int? {
    readers.firstIndex {
      $0.process == id.client && $0.requestNumber == id.number && $0.client != nil
    }
  }

  /// What was asked last at a place.
  func request(at place: Int) -> Request? { readers[place].request }

  mutating func receive(_ reply: Reply, at place: Int) -> ClientStep? {
    readers[place].client?.receive(reply)
  }

  /// Notes how a read ended.
  ///
  /// - Returns: The process that read.
  mutating func end(_ place: Int, _ completion: Completion, at now: Nanoseconds) -> Int {
    let process = readers[place].process
    readers[place].client = nil
    if completion.type == .ok {
      readers[place].answer = completion.value
      readers[place].context = completion.extra[.string("context")]
    }
    if completion.type == .info {
      readers[place].process += readers.count
      readers[place].requestNumber = 0
    }
    return process
  }
}

extension Value {
  /// The value without the order of a list's elements: sets are read as lists in any order.
  fileprivate var canonical: Value {
    if case .list(let elements) = self { .list(elements.sorted()) } else { self }
  }
}

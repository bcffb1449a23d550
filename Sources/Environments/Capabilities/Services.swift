public import Nodes
public import Values

/// One of the shared services beside a cluster, as a state machine.
///
/// They keep what their names promise: `seq-kv` never goes back in time for one client, `lww-kv`
/// replicas merge. The compatible ones do as Maelstrom's, which break both promises. Keys and values
/// are compared as values: `1` and `"1"` are different keys.
public struct ServiceState: Sendable {
  private enum Store: Sendable {
    case linearizable(KeyValueState)
    case sequential(SequentialStore)
    case lastWriterWins(LastWriterWinsStore)
    case wrapping(WrappingStore)
    case separate(SeparateReplicas)
    case timestamps(next: Int)
  }

  private var store: Store
  private let isCompatible: Bool

  /// - Parameters:
  ///   - draws: Which state or replica answers, where the service leaves it open.
  ///   - isCompatible: Whether it does as Maelstrom's, bug for bug.
  public init(_ service: Service, draws: Draws, isCompatible: Bool = false) {
    self.isCompatible = isCompatible
    store =
      switch (service, isCompatible) {
      case (.linKV, _): .linearizable(KeyValueState())
      case (.seqKV, false): .sequential(SequentialStore(draws: draws))
      case (.seqKV, true): .wrapping(WrappingStore(draws: draws))
      case (.lwwKV, false): .lastWriterWins(LastWriterWinsStore(draws: draws))
      case (.lwwKV, true): .separate(SeparateReplicas(draws: draws))
      case (.linTSO, _): .timestamps(next: 0)
      }
  }

  /// Draws from another stream from now on.
  public mutating func redraw(from draws: Draws) {
    switch store {
    case .sequential(var sequential):
      sequential.draws = draws
      store = .sequential(sequential)
    case .lastWriterWins(var replicas):
      replicas.draws = draws
      store = .lastWriterWins(replicas)
    case .wrapping(var states):
      states.draws = draws
      store = .wrapping(states)
    case .separate(var replicas):
      replicas.draws = draws
      store = .separate(replicas)
    case .linearizable, .timestamps: break
    }
  }

  /// Answers a request of `client`: a number that tells the service's clients apart.
  ///
  /// - Returns: Nothing where the service does not answer: a compatible one that does not know the
  ///   request.
  public mutating func handle(_ request: Request, from client: Int) -> Reply? {
    let reply = answer(request, from: client)
    return isCompatible && reply == .unsupported ? nil : reply
  }

  private mutating func answer(_ request: Request, from client: Int) -> Reply {
    switch store {
    case .timestamps(let next):
      guard case .timestamp = request else { return .unsupported }
      store = .timestamps(next: next + 1)
      return .timestamp(next)
    case .linearizable(var state):
      // Emptied first, so that the state is not copied when it is changed.
      store = .timestamps(next: 0)
      defer { store = .linearizable(state) }
      return state.apply(request)
    case .sequential(var sequential):
      store = .timestamps(next: 0)
      defer { store = .sequential(sequential) }
      return sequential.apply(request, from: client)
    case .lastWriterWins(var replicas):
      store = .timestamps(next: 0)
      defer { store = .lastWriterWins(replicas) }
      return replicas.apply(request)
    case .wrapping(var ring):
      store = .timestamps(next: 0)
      defer { store = .wrapping(ring) }
      return ring.apply(request, from: client)
    case .separate(var replicas):
      store = .timestamps(next: 0)
      defer { store = .separate(replicas) }
      return replicas.apply(request)
    }
  }
}

extension Reply {
  static let unsupported = Reply.failed(ErrorReply(.notSupported, "no such request here"))
}

/// A plain map with the key-value services' requests.
struct KeyValueState: Hashable, Sendable {
  var values: [Value: Value] = [:]

  mutating func apply(_ request: Request) -> Reply {
    switch request {
    case .read(let key):
      guard let value = values[key] else {
        return .failed(ErrorReply(.keyDoesNotExist, "key does not exist"))
      }
      return .value(value)
    case .write(let key, let value):
      values[key] = value
      return .written
    case .compareAndSet(let key, let from, let to, let createIfMissing):
      guard let current = values[key] else {
        guard createIfMissing else {
          return .failed(ErrorReply(.keyDoesNotExist, "key does not exist"))
        }
        values[key] = to
        return .compareAndSetDone
      }
      guard current == from else {
        return .failed(ErrorReply(.preconditionFailed, "the current value is another"))
      }
      values[key] = to
      return .compareAndSetDone
    default: return .unsupported
    }
  }
}

/// All clients see one order of states, each client from a point that only moves forward.
///
/// A request that changes nothing may be answered from any retained state that is not older than
/// what its client has seen; one that changes something acts on the newest.
struct SequentialStore: Sendable {
  static let retainedCount = 32

  private var states = [KeyValueState()]
  /// The number of the oldest retained state.
  private var first = 0
  private var seen: [Int: Int] = [:]
  var draws: Draws

  init(draws: Draws) { self.draws = draws }

  mutating func apply(_ request: Request, from client: Int) -> Reply {
    let oldest = max(seen[client] ?? 0, first)
    let chosen = oldest + draws.below(first + states.count - oldest)
    var state = states[chosen - first]
    let before = state
    let reply = state.apply(request)
    if state == before {
      seen[client] = chosen
      return reply
    }
    var newest = states[states.count - 1]
    let newestReply = newest.apply(request)
    states.append(newest)
    if states.count > SequentialStore.retainedCount {
      states.removeFirst()
      first += 1
    }
    seen[client] = first + states.count - 1
    return newestReply
  }
}

/// Replicas that answer alone and exchange all they know now and then; the later write wins.
struct LastWriterWinsStore: Sendable {
  private struct Written: Sendable {
    var value: Value
    var time: Int
    var replica: Int
  }

  static let replicaCount = 5
  /// One request in so many is followed by a merge of two replicas.
  static let mergeInterval = 4

  private var replicas = [[Value: Written]](repeating: [:], count: replicaCount)
  private var clocks = [Int](repeating: 0, count: replicaCount)
  var draws: Draws

  init(draws: Draws) { self.draws = draws }

  mutating func apply(_ request: Request) -> Reply {
    guard let key = request.key else { return .unsupported }
    let replica = draws.below(LastWriterWinsStore.replicaCount)
    let before = replicas[replica][key]?.value
    var state = KeyValueState(values: before.map { [key: $0] } ?? [:])
    let reply = state.apply(request)
    if let value = state.values[key], value != before {
      clocks[replica] += 1
      replicas[replica][key] = Written(value: value, time: clocks[replica], replica: replica)
    }
    if draws.below(LastWriterWinsStore.mergeInterval) == 0 {
      merge(draws.below(LastWriterWinsStore.replicaCount), into: replica)
    }
    return reply
  }

  private mutating func merge(_ other: Int, into replica: Int) {
    clocks[replica] = max(clocks[replica], clocks[other])
    replicas[replica].merge(replicas[other]) { mine, theirs in
      (mine.time, mine.replica) < (theirs.time, theirs.replica) ? theirs : mine
    }
  }
}

extension Request {
  /// The key of a key-value request.
  fileprivate var key: Value? {
    switch self {
    case .read(let key), .write(let key, _), .compareAndSet(let key, _, _, _): key
    default: nil
    }
  }
}

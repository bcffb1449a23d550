import Histories
import Values
import Workloads

/// A lock in etcd: a key that belongs to a lease, as in the recipes for locks with leases.
///
/// To acquire it, one creates the key with a lease of one's own, if it is not there; whose lease is
/// not kept alive loses it, without being told. Nothing protects what the lock protects from an
/// owner that does not know yet: there is no fencing.
struct EtcdLock: EtcdDialogue {
  private static let key = "lock"

  private enum State {
    case idle
    case granting
    case acquiring(lease: String)
    case refreshing
    case releasing(lease: String)
    /// Gives a lease back that is no use any more; what it is about is decided.
    case revoking(Completion)
  }

  private let seconds: Int
  private var state = State.idle
  /// The lease by which the lock is held.
  private var held: String?

  init(_ options: EtcdClient.Options) { seconds = options.leaseSeconds }

  mutating func begin(_ f: String, _ value: Value) -> ClientStep {
    state = .idle
    switch f {
    case "acquire":
      state = .granting
      return .ask(EtcdRequest.grant(seconds: seconds))
    case "refresh", "release":
      guard let lease = held else { return .complete(Completion(.fail, error: "not-held")) }
      guard f == "release" else {
        state = .refreshing
        return .ask(EtcdRequest.keepAlive(lease))
      }
      state = .releasing(lease: lease)
      held = nil
      return .ask(
        EtcdRequest.transaction(
          if: [.init(key: EtcdLock.key, target: .value(mark(lease)))],
          then: [.delete(EtcdLock.key)]))
    default: return .complete(.unknown(f))
    }
  }

  /// What the key holds while a lease has the lock.
  private func mark(_ lease: String) -> String { Value.string(lease).json }

  mutating func answered(_ body: EtcdAnswer.Body) throws(EtcdMisfit) -> ClientStep {
    switch state {
    case .idle: throw EtcdMisfit(expected: "nothing, for nothing was asked")
    case .granting:
      guard let lease = body.lease else { throw EtcdMisfit(expected: "the ID of a lease") }
      state = .acquiring(lease: lease)
      return .ask(
        EtcdRequest.transaction(
          if: [.init(key: EtcdLock.key, target: .version(0))],
          then: [.putLeased(EtcdLock.key, mark(lease), lease: lease)]))
    case .acquiring(let lease):
      guard body.succeeded else {
        return revoke(lease, after: .decided(.fail, by: body, error: "held"))
      }
      held = lease
      state = .idle
      return .complete(.decided(.ok, by: body))
    case .refreshing:
      state = .idle
      guard body.timeToLive > 0 else {
        return .complete(.decided(.fail, by: body, error: "not-held"))
      }
      return .complete(.decided(.ok, by: body))
    case .releasing(let lease):
      return revoke(
        lease,
        after: body.succeeded
          ? .decided(.ok, by: body) : .decided(.fail, by: body, error: "not-held"))
    case .revoking(let completion):
      state = .idle
      return .complete(completion)
    }
  }

  private mutating func revoke(_ lease: String, after completion: Completion) -> ClientStep {
    state = .revoking(completion)
    return .ask(EtcdRequest.revoke(lease))
  }

  mutating func failed(_ error: EtcdError) -> ClientStep {
    defer { state = .idle }
    switch state {
    // A lease alone holds nothing, and a refresh claims nothing.
    case .idle, .granting, .refreshing: return .complete(error.harmless)
    case .acquiring, .releasing: return .complete(error.completion)
    // A lease that was not given back expires.
    case .revoking(let completion): return .complete(completion)
    }
  }
}

import Histories
public import Nodes
import ObjectModels
public import Values
public import Verdicts
public import Workloads

/// A client of etcd 3.4, by its HTTP/JSON gateway.
///
/// Each key holds a value as JSON text. Every completion that an answer of etcd's decided has the
/// store's `revision` of that answer, by which ``StaleReadsChecker`` judges what was read.
public struct EtcdClient: Client {
  /// What a user can choose.
  public struct Options: Hashable, Sendable {
    /// Whether reads are answered by whichever node is asked, from what it has.
    public var readsAreSerializable: Bool
    /// For how many seconds a lock is held without being refreshed.
    public var leaseSeconds: Int

    public init(readsAreSerializable: Bool = false, leaseSeconds: Int = 2) {
      self.readsAreSerializable = readsAreSerializable
      self.leaseSeconds = leaseSeconds
    }
  }

  /// The workloads that it can speak for.
  public static let workloads = dialogues.map(\.workload)

  private static let dialogues:
    [(workload: String, make: @Sendable (Options) -> any EtcdDialogue)] = [
      (LinKVWorkload.name, { EtcdRegisters($0) }), (GSetWorkload.name, { EtcdSet($0) }),
      (ListAppendWorkload.name, { EtcdLists($0) }), (LockWorkload.name, { EtcdLock($0) }),
    ]

  private var dialogue: any EtcdDialogue

  /// - Returns: Nothing where it can't speak for the workload; see ``workloads``.
  public init?(workload: String, _ options: Options = Options()) {
    guard let known = EtcdClient.dialogues.first(where: { $0.workload == workload }) else {
      return nil
    }
    dialogue = known.make(options)
  }

  /// The checkers that judge a workload on etcd: the workload's own, a lock's by the lease that its
  /// clients ask for.
  ///
  /// Of linearizable reads those that etcd's revisions prove stale, a known fault of etcd 3.4.23
  /// under pauses, are left to ``StaleReadsChecker``.
  public static func checkers(_ workload: any Workload, _ options: Options) -> [any Checker] {
    if workload is LockWorkload {
      return [LockChecker(lease: .seconds(Int64(options.leaseSeconds)))]
    }
    guard !options.readsAreSerializable else { return workload.checkers }
    return workload.checkers.map { ExcusedReads($0) } + [StaleReadsChecker()]
  }

  public mutating func begin(_ f: String, _ value: Value, _ extra: ValueMap) -> ClientStep {
    dialogue.begin(f, value)
  }

  public mutating func receive(_ reply: Reply) -> ClientStep {
    let answer = EtcdAnswer(reply)
    if case .strange(let expected) = answer {
      return .complete(.mismatched(reply, expected: expected))
    }
    do throws(EtcdMisfit) {
      switch answer {
      case .done(let body): return try dialogue.answered(body)
      case .failed(let error): return dialogue.failed(error)
      case .strange(let expected): throw EtcdMisfit(expected: expected)
      }
    } catch {
      return .complete(.mismatched(reply, expected: error.expected))
    }
  }
}

/// What a client says to etcd for one workload: which request comes next, and when it is over.
protocol EtcdDialogue: Sendable {
  init(_ options: EtcdClient.Options)

  mutating func begin(_ f: String, _ value: Value) -> ClientStep

  /// - Throws: When the answer is none to what was asked.
  mutating func answered(_ body: EtcdAnswer.Body) throws(EtcdMisfit) -> ClientStep

  mutating func failed(_ error: EtcdError) -> ClientStep
}

extension Completion {
  /// A completion that an answer of etcd's decided.
  static func decided(
    _ type: Kind, by body: EtcdAnswer.Body, value: Value? = nil, error: Value? = nil
  ) -> Completion {
    var completion = Completion(type.kind, value: value, error: error)
    completion.extra = ValueMap(facts: ["revision": .integer(body.revision)])
    return completion
  }

  /// How an answer decides.
  enum Kind {
    case ok
    case fail

    fileprivate var kind: Histories.Operation.Kind { self == .ok ? .ok : .fail }
  }

  /// An operation that the workload does not have.
  static func unknown(_ f: String) -> Completion {
    Completion(.fail, error: .list(["not-supported", .string(f)]))
  }
}

import Histories
public import Nodes
import ObjectModels
public import Values
public import Verdicts
public import Workloads

/// A client of a single Redis, by commands that are each done at once.
///
/// Values are JSON text. What has to be done in one go is a script that writes last, or a
/// transaction.
public struct RedisClient: Client {
  /// What a user can choose.
  public struct Options: Hashable, Sendable {
    /// For how long a lock is held without being refreshed.
    public var lease: Nanoseconds

    public init(lease: Nanoseconds = .seconds(2)) { self.lease = lease }
  }

  /// The workloads that it can speak for.
  public static let workloads = dialogues.map(\.workload)

  private static let dialogues:
    [(workload: String, make: @Sendable (Options) -> any RedisDialogue)] = [
      (LinKVWorkload.name, { _ in RedisRegisters() }), (GSetWorkload.name, { _ in RedisSet() }),
      (ListAppendWorkload.name, { _ in RedisLists() }), (LockWorkload.name, { RedisLock($0) }),
    ]

  private var dialogue: any RedisDialogue
  private var commandCount = 0

  /// - Returns: Nothing where it can't speak for the workload; see ``workloads``.
  public init?(workload: String, _ options: Options = Options()) {
    guard let known = RedisClient.dialogues.first(where: { $0.workload == workload }) else {
      return nil
    }
    dialogue = known.make(options)
  }

  /// The checkers that judge a workload on Redis: the workload's own, a lock's by the lease that its
  /// clients ask for.
  public static func checkers(_ workload: any Workload, _ options: Options) -> [any Checker] {
    workload is LockWorkload ? [LockChecker(lease: options.lease)] : workload.checkers
  }

  public mutating func begin(_ f: String, _ value: Value, _ extra: ValueMap) -> ClientStep {
    switch dialogue.begin(f, value) {
    case .complete(let completion): return .complete(completion)
    case .ask(let commands):
      commandCount = commands.count
      let words = commands.map { Value.list($0.map { .string($0) }) }
      return .ask(.custom(["commands": .list(words)]))
    }
  }

  public mutating func receive(_ reply: Reply) -> ClientStep {
    do throws(RedisMisfit) {
      switch RedisAnswer(reply, to: commandCount) {
      case .replies(let replies): return .complete(try dialogue.answered(replies))
      case .failed(let error): return .complete(dialogue.failed(error))
      case .strange(let expected): throw RedisMisfit(expected: expected)
      }
    } catch {
      return .complete(.mismatched(reply, expected: error.expected))
    }
  }
}

/// What a client says to Redis for one workload: commands for an operation, and how it ended.
protocol RedisDialogue: Sendable {
  mutating func begin(_ f: String, _ value: Value) -> RedisStep

  /// - Parameter replies: One for each command.
  /// - Throws: When the replies are none to what was asked.
  mutating func answered(_ replies: [RedisReply]) throws(RedisMisfit) -> Completion

  /// Takes that no replies came.
  mutating func failed(_ error: RedisError) -> Completion
}

/// What is done for an operation.
enum RedisStep {
  case ask([[String]])
  case complete(Completion)
}

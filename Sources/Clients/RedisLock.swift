import Histories
import Values
import Verdicts
import Workloads

/// A lock in Redis: a key that expires, and holds the token of its owner.
///
/// To acquire it, one writes a token that nobody had before, if the key is not there; who does not
/// refresh it in time loses it, without being told. Nothing protects what the lock protects from an
/// owner that does not know yet, unless it looks at the tokens, which only grow: there is no fencing.
struct RedisLock: RedisDialogue {
  private static let key = "lock"
  /// Counts the tokens.
  private static let counter = "lock/token"

  private static let acquire = """
    if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
    local token = redis.call('INCR', KEYS[2])
    redis.call('SET', KEYS[1], token, 'PX', ARGV[1])
    return token
    """
  private static let refresh = """
    if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
    return redis.call('PEXPIRE', KEYS[1], ARGV[2])
    """
  private static let release = """
    if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
    return redis.call('DEL', KEYS[1])
    """

  private let milliseconds: String
  private var f = ""
  /// The token by which the lock is held.
  private var held: Int?

  init(_ options: RedisClient.Options) {
    milliseconds = "\(options.lease / .milliseconds(1))"
  }

  mutating func begin(_ f: String, _ value: Value) -> RedisStep {
    self.f = f
    switch f {
    case "acquire":
      held = nil
      return .ask([
        ["EVAL", RedisLock.acquire, "2", RedisLock.key, RedisLock.counter, milliseconds]
      ])
    case "refresh", "release":
      guard let token = held else { return .complete(Completion(.fail, error: "not-held")) }
      guard f == "release" else {
        return .ask([["EVAL", RedisLock.refresh, "1", RedisLock.key, "\(token)", milliseconds]])
      }
      held = nil
      return .ask([["EVAL", RedisLock.release, "1", RedisLock.key, "\(token)"]])
    default: return .complete(.unknown(f))
    }
  }

  mutating func answered(_ replies: [RedisReply]) throws(RedisMisfit) -> Completion {
    if let error = replies[0].error { return failed(error) }
    let number = try replies[0].integer()
    guard number != 0 else {
      return Completion(.fail, error: f == "acquire" ? "held" : "not-held")
    }
    guard f == "acquire" else { return .ok() }
    guard number > 0 else { throw RedisMisfit(expected: "a token of the lock") }
    held = number
    var completion = Completion.ok()
    completion.extra = ValueMap(facts: ["token": .integer(number)])
    return completion
  }

  mutating func failed(_ error: RedisError) -> Completion {
    // A refresh claims nothing.
    f == "refresh" ? error.harmless : error.completion
  }
}

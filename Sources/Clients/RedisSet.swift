import Values
import Workloads

/// A set in Redis.
struct RedisSet: RedisDialogue {
  private static let key = "g-set"

  private var f = ""

  mutating func begin(_ f: String, _ value: Value) -> RedisStep {
    self.f = f
    switch f {
    case "read": return .ask([["SMEMBERS", RedisSet.key]])
    case "add": return .ask([["SADD", RedisSet.key, value.json]])
    default: return .complete(.unknown(f))
    }
  }

  mutating func answered(_ replies: [RedisReply]) throws(RedisMisfit) -> Completion {
    if let error = replies[0].error { return failed(error) }
    if f == "read" { return .ok(.list(try replies[0].jsonElements())) }
    // An element that was there already is there all the same.
    guard 0...1 ~= (try replies[0].integer()) else { throw RedisMisfit(expected: "0 or 1") }
    return .ok()
  }

  mutating func failed(_ error: RedisError) -> Completion {
    f == "read" ? error.harmless : error.completion
  }
}

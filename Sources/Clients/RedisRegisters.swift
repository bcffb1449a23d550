import Histories
import Values
import Workloads

/// Registers in Redis: a string for each.
///
/// A compare-and-set is a script that compares the text, and writes at last.
struct RedisRegisters: RedisDialogue {
  private static let compareAndSet = """
    if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
    redis.call('SET', KEYS[1], ARGV[2])
    return 1
    """

  private var f = ""
  private var key = Value.null

  mutating func begin(_ f: String, _ value: Value) -> RedisStep {
    let pair = value.elements ?? []
    self.f = f
    key = pair.first ?? .null
    let name = "lin-kv/\(key.json)"
    let argument = pair.count > 1 ? pair[1] : .null
    switch f {
    case "read": return .ask([["GET", name]])
    case "write": return .ask([["SET", name, argument.json]])
    case "cas":
      let change = argument.elements ?? []
      let from = change.first ?? .null
      let to = change.last ?? .null
      return .ask([["EVAL", RedisRegisters.compareAndSet, "1", name, from.json, to.json]])
    default: return .complete(.unknown(f))
    }
  }

  mutating func answered(_ replies: [RedisReply]) throws(RedisMisfit) -> Completion {
    let reply = replies[0]
    if let error = reply.error { return failed(error) }
    switch f {
    case "read": return .ok(.list([key, try reply.json() ?? .null]))
    case "write":
      guard reply == .value("OK") else { throw RedisMisfit(expected: "OK") }
      return .ok()
    default:
      switch try reply.integer() {
      case 1: return .ok()
      case 0: return Completion(.fail, error: "precondition-failed")
      default: throw RedisMisfit(expected: "0 or 1")
      }
    }
  }

  mutating func failed(_ error: RedisError) -> Completion {
    f == "read" ? error.harmless : error.completion
  }
}

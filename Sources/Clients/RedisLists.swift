import Histories
import Values
import Workloads

/// Lists in Redis, and transactions of reads and appends between `MULTI` and `EXEC`.
struct RedisLists: RedisDialogue {
  private struct Step {
    var isAppend: Bool
    var key: Value
    var element: Value
  }

  private var steps: [Step] = []

  private var appends: Bool { steps.contains(where: \.isAppend) }

  mutating func begin(_ f: String, _ value: Value) -> RedisStep {
    guard f == "txn" else { return .complete(.unknown(f)) }
    steps = []
    var commands = [["MULTI"]]
    for step in value.elements ?? [] {
      guard let parts = step.elements, parts.count == 3, ["r", "append"].contains(parts[0]) else {
        return .complete(.unknown(step.json))
      }
      let isAppend = parts[0] == "append"
      let name = "txn-list-append/\(parts[1].json)"
      steps.append(Step(isAppend: isAppend, key: parts[1], element: parts[2]))
      commands.append(
        isAppend ? ["RPUSH", name, parts[2].json] : ["LRANGE", name, "0", "-1"])
    }
    guard !steps.isEmpty else { return .complete(.ok()) }
    return .ask(commands + [["EXEC"]])
  }

  mutating func answered(_ replies: [RedisReply]) throws(RedisMisfit) -> Completion {
    if let error = replies.lazy.compactMap(\.error).first {
      guard appends else { return error.harmless }
      return Completion(isDiscarded(replies) ? .fail : .info, error: error.value)
    }
    guard replies.first == .value("OK"),
      replies.dropFirst().dropLast().allSatisfy({ $0 == .value("QUEUED") }),
      case .value(.list(let results))? = replies.last, results.count == steps.count
    else {
      throw RedisMisfit(expected: "OK, QUEUED for each command, and \(steps.count) results")
    }
    return try committed(results.map { RedisReply($0) })
  }

  /// Whether an error in these replies means that nothing was done.
  ///
  /// A transaction that was not begun can't be discarded: its commands were each done at once, or
  /// refused.
  private func isDiscarded(_ replies: [RedisReply]) -> Bool {
    if replies.first == .value("OK"), replies.last?.error?.cause == .reply("EXECABORT") {
      return true
    }
    return replies.allSatisfy { $0.error?.isDefinite == true }
  }

  private func committed(_ results: [RedisReply]) throws(RedisMisfit) -> Completion {
    // What fails in a transaction undoes nothing of the rest.
    if let error = results.lazy.compactMap(\.error).first {
      return Completion(appends ? .info : .fail, error: error.value)
    }
    var filled: [Value] = []
    for (step, result) in zip(steps, results) {
      if step.isAppend {
        guard try result.integer() > 0 else { throw RedisMisfit(expected: "a list's length") }
        filled.append(["append", step.key, step.element])
      } else {
        filled.append(["r", step.key, .list(try result.jsonElements())])
      }
    }
    return .ok(.list(filled))
  }

  mutating func failed(_ error: RedisError) -> Completion {
    appends ? error.completion : error.harmless
  }
}

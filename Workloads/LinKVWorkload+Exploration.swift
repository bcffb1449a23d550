public import Exploration
import Histories
import Nodes
import ObjectModels
import Values
import Verdicts

extension LinKVWorkload {
  /// Judges what the clients of an exploration observed, each call an operation of this workload.
  ///
  /// What is not linearizable stays so whatever follows, for calls that are not over may take effect
  /// or not.
  ///
  /// - Returns: Why it is not linearizable, if it is not.
  public static func judge(_ calls: [ObservedCall]) -> String? {
    guard !calls.isEmpty, let history = try? History(lines(of: calls)) else { return nil }
    let finding = LinearizabilityChecker(KeyValueModel()).check(history)
    guard finding.verdict == .invalid else { return nil }
    return finding.anomalies.first?.explanation ?? finding.reason
  }

  /// A history in which exactly those calls are over when another begins that were.
  static func lines(of calls: [ObservedCall]) -> [Operation] {
    var lines: [Operation] = []
    var ended: [[ObservedCall]] = []
    let clientCount = (calls.map(\.client).max() ?? -1) + 1
    ended = (0..<clientCount).map { client in
      calls.filter { call in
        if case .answered = call.outcome { call.client == client } else { false }
      }
    }
    var endedCounts = Array(repeating: 0, count: clientCount)
    // After a call of which nobody knows the end, its client goes on as another process.
    var processes = Array(0..<clientCount)
    func add(_ type: Operation.Kind, _ process: Int, _ f: String, _ value: Value) {
      lines.append(
        Operation(index: lines.count, type: type, process: .client(process), f: f, value: value))
    }
    func end(_ call: ObservedCall) {
      guard case .answered(let reply) = call.outcome else { return }
      let (f, value) = operation(call.request)
      let completion = completion(f: f, value: value, reply: reply)
      add(completion.type, processes[call.client], f, completion.value ?? value)
      if completion.type == .info { processes[call.client] += clientCount }
    }
    func end(upTo counts: [Int]) {
      for client in 0..<clientCount {
        while endedCounts[client] < counts[client] {
          end(ended[client][endedCounts[client]])
          endedCounts[client] += 1
        }
      }
    }
    // The sets of calls that are over when others begin are nested, so their sizes order them.
    let ordered = calls.enumerated().sorted { left, right in
      let sizes = (left.element.before.reduce(0, +), right.element.before.reduce(0, +))
      return sizes.0 == sizes.1 ? left.offset < right.offset : sizes.0 < sizes.1
    }
    for (_, call) in ordered {
      end(upTo: call.before)
      let (f, value) = operation(call.request)
      add(.invoke, processes[call.client], f, value)
      if call.outcome == .lost {
        add(.info, processes[call.client], f, value)
        processes[call.client] += clientCount
      }
    }
    end(upTo: ended.map(\.count))
    return lines
  }

  private static func operation(_ request: Request) -> (f: String, value: Value) {
    switch request {
    case .read(let key): ("read", .list([key, .null]))
    case .write(let key, let value): ("write", .list([key, value]))
    case .compareAndSet(let key, let from, let to, _): ("cas", .list([key, .list([from, to])]))
    default: ("custom", .null)
    }
  }
}

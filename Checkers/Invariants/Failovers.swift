internal import Histories
internal import Values
internal import Verdicts

/// How long it took from a fault until an operation that began after it succeeded, anywhere.
///
/// Where the fault struck who leads, that is how long the system took to find another.
struct Failovers {
  private struct Pending {
    var f: String
    /// The position of its line, and its time.
    var position: Int
    var time: Nanoseconds
  }

  private var pending: [Pending] = []
  /// By the fault's name, in milliseconds.
  private var taken: [String: [Int]] = [:]

  /// Takes in what the nemesis did.
  mutating func note(fault line: Operation, at position: Int) {
    guard Failovers.breaks(line.f) else { return }
    pending.append(Pending(f: line.f, position: position, time: line.time))
  }

  /// Takes in that an operation succeeded.
  mutating func note(success line: Operation, invokedAt invocation: Int) {
    guard !pending.isEmpty else { return }
    pending.removeAll { fault in
      guard fault.position < invocation else { return false }
      taken[fault.f, default: []].append(Int((line.time - fault.time) / .milliseconds(1)))
      return true
    }
  }

  private static func breaks(_ f: String) -> Bool {
    f.hasPrefix("start-") || f == "kill" || f == "pause"
  }

  /// For each kind of fault the quantiles in milliseconds, and how many were never followed by a
  /// success.
  var fact: Value? {
    let names = Set(taken.keys).union(pending.map(\.f)).sorted()
    guard !names.isEmpty else { return nil }
    return .map(
      ValueMap(
        names.map { f in
          let times = taken[f] ?? []
          var map = quantiles(times)?.map ?? ValueMap()
          map[fact: "count"] = .integer(times.count)
          let open = pending.count { $0.f == f }
          if open > 0 { map[fact: "never"] = .integer(open) }
          return ValueMap.Entry(key: .string(f), value: .map(map))
        }))
  }
}

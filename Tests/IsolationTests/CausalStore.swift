import Histories
import Values

/// A store whose replicas pass writes on, one replica a process.
///
/// A causal store delivers a write once all that its writer had seen was delivered; a FIFO store each
/// writer's in their order; another one in any order. Where writes have stamps, the latest stamp wins.
struct CausalStore {
  enum Delivery: CaseIterable { case causal, fifo, any }

  private struct Write {
    var process: Int
    /// The number of the write among its process's, from 1.
    var number: Int
    var key: Int
    var value: Int
    var stamp: Int
    /// How many writes of each process its writer had applied.
    var context: [Int]
  }

  private let delivery: Delivery
  private let isStamped: Bool
  private var draws: Draws
  private var applied: [[Int]]
  private var states: [[Int: (value: Int, stamp: Int)]]
  /// For each process its writes, and for each pair which of them are yet to be delivered.
  private var writes: [[Write]]
  private var delivered: [[Set<Int>]]
  private var clock: [Int]
  private var values = 0

  init(processes: Int, _ delivery: Delivery, isStamped: Bool, seed: UInt64) {
    self.delivery = delivery
    self.isStamped = isStamped
    draws = Draws(seed: seed, stream: 41)
    applied = Array(repeating: Array(repeating: 0, count: processes), count: processes)
    states = Array(repeating: [:], count: processes)
    writes = Array(repeating: [], count: processes)
    delivered = Array(repeating: Array(repeating: [], count: processes), count: processes)
    clock = Array(repeating: 0, count: processes)
  }

  /// Has processes read and write as many times.
  ///
  /// - Parameter rate: How many writes a replica tries to take before each of its operations.
  mutating func run(
    _ count: Int, keys: Int, rate: Int, crashes: Double = 0
  ) -> [OperationDefinitions.Operation] {
    (0..<count).map { _ in
      let process = draws.below(states.count)
      for _ in 0..<rate { deliver(to: process) }
      let key = draws.below(keys)
      if draws.chance(0.5) {
        return .init(
          process: process, key: key, value: states[process][key]?.value ?? 0, isRead: true)
      }
      values += 1
      clock[process] += 1
      let write = Write(
        process: process, number: applied[process][process] + 1, key: key, value: values,
        stamp: clock[process] * states.count + process, context: applied[process])
      writes[process].append(write)
      apply(write, to: process)
      return .init(
        process: process, key: key, value: values, isRead: false, isOptional: draws.chance(crashes))
    }
  }

  private mutating func deliver(to process: Int) {
    let writer = draws.below(states.count)
    guard writer != process else { return }
    let next = applied[process][writer]
    if delivery == .any {
      let open = writes[writer].indices.suffix(8).filter {
        !delivered[process][writer].contains($0)
      }
      guard !open.isEmpty else { return }
      let place = draws.element(of: open)
      delivered[process][writer].insert(place)
      return apply(writes[writer][place], to: process)
    }
    guard next < writes[writer].count else { return }
    let write = writes[writer][next]
    if delivery == .causal {
      for other in states.indices where other != writer {
        guard write.context[other] <= applied[process][other] else { return }
      }
    }
    apply(write, to: process)
  }

  private mutating func apply(_ write: Write, to process: Int) {
    applied[process][write.process] = max(applied[process][write.process], write.number)
    clock[process] = max(clock[process], write.stamp / states.count)
    if isStamped, let known = states[process][write.key], known.stamp > write.stamp { return }
    states[process][write.key] = (write.value, write.stamp)
  }
}

extension History {
  /// Operations, each of which ends before the next one begins.
  init(_ operations: [OperationDefinitions.Operation]) throws {
    var lines: [Operation] = []
    lines.reserveCapacity(2 * operations.count)
    for one in operations {
      let value: Value = one.value == 0 ? .null : .integer(one.value)
      for type in [Operation.Kind.invoke, one.isOptional ? .info : .ok] {
        lines.append(
          Operation(
            index: lines.count, time: .milliseconds(Int64(lines.count)), type: type,
            process: .client(one.process), f: one.isRead ? "read" : "write",
            value: [.integer(one.key), type == .invoke && one.isRead ? .null : value]))
      }
    }
    try self.init(lines)
  }
}

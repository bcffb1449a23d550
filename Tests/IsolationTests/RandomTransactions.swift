import Histories
import Isolation
import Values

/// What random histories look like.
struct Shape: Sendable {
  var kind: TransactionKind
  var clients = 3
  var transactions = 6
  var keys = 1
  var length = 3
  /// How transactions take effect.
  var isolation = Isolation.atomic
  var aborts = 0.1
  var crashes = 0.15
  /// The share of reads that are tampered with.
  var lies = 0.0

  enum Isolation: CaseIterable {
    /// All at one point between invocation and completion.
    case atomic
    /// Step by step, so that transactions see each other at work.
    case stepwise
    /// Reads see what was there at some earlier time.
    case stale
    /// Transactions that write nothing see one state of some earlier time.
    case cached
    /// Aborted transactions have taken effect all the same.
    case dirty
  }
}

extension History {
  /// A history of a store of transactions as its clients saw it.
  static func random(_ shape: Shape, seed: UInt64) throws -> History {
    var store = RandomStore(shape, seed)
    return try History(store.run())
  }
}

/// Clients at a store: each transaction is invoked, takes effect, and completes.
private struct RandomStore {
  private struct Step {
    var isRead: Bool
    var key: Int
    var value: Value

    func value(_ write: String) -> Value {
      [.string(isRead ? "r" : write), .integer(key), value]
    }
  }

  private struct Pending {
    var steps: [Step]
    var next = 0
    /// The earlier state that it reads, where it does.
    var cache: [[Value]]?
  }

  private let shape: Shape
  private var draws: Draws
  private var lines: [Operation] = []
  private var state: [[Value]]
  private var past: [[[Value]]] = []
  private var pending: [Pending?]
  private var processes: [Int]
  private var written: [Int]

  init(_ shape: Shape, _ seed: UInt64) {
    self.shape = shape
    draws = Draws(seed: seed)
    state = Array(repeating: [], count: shape.keys)
    pending = Array(repeating: nil, count: shape.clients)
    processes = Array(0..<shape.clients)
    written = Array(repeating: 0, count: shape.keys)
  }

  mutating func run() -> [Operation] {
    var left = shape.transactions
    while left > 0 || pending.contains(where: { $0 != nil }) {
      let client = draws.below(shape.clients)
      guard var transaction = pending[client] else {
        guard left > 0 else { continue }
        left -= 1
        pending[client] = invoke(client)
        continue
      }
      if transaction.next < transaction.steps.count {
        let isBegun = transaction.next > 0
        if !isBegun, draws.chance(shape.aborts) {
          if shape.isolation == .dirty { finish(&transaction) }
          end(client, .fail, transaction)
        } else if !isBegun, draws.chance(shape.crashes) {
          if draws.chance(0.5) { finish(&transaction) }
          crash(client, transaction)
        } else {
          if shape.isolation == .stepwise { step(&transaction) } else { finish(&transaction) }
          pending[client] = transaction
        }
      } else {
        end(client, .ok, transaction)
      }
    }
    return lines
  }

  private mutating func invoke(_ client: Int) -> Pending {
    var steps: [Step] = []
    for _ in 0...draws.below(shape.length) {
      let key = draws.below(shape.keys)
      if draws.chance(0.5) {
        steps.append(Step(isRead: true, key: key, value: .null))
      } else {
        written[key] += 1
        steps.append(Step(isRead: false, key: key, value: .integer(written[key])))
      }
    }
    let transaction = Pending(steps: steps)
    add(.invoke, client, transaction)
    return transaction
  }

  private mutating func finish(_ transaction: inout Pending) {
    past.append(state)
    if shape.isolation == .cached, transaction.steps.allSatisfy(\.isRead), draws.chance(0.3) {
      transaction.cache = draws.element(of: past)
    }
    while transaction.next < transaction.steps.count { step(&transaction) }
  }

  private mutating func step(_ transaction: inout Pending) {
    let step = transaction.steps[transaction.next]
    let key = step.key
    if step.isRead {
      var seen = (transaction.cache ?? state)[key]
      let isFirst = !transaction.steps[..<transaction.next].contains { $0.key == key }
      if shape.isolation == .stale, isFirst, draws.chance(0.3) {
        seen = draws.element(of: past)[key]
      }
      if draws.chance(shape.lies) { tamper(&seen, key) }
      transaction.steps[transaction.next].value = observed(seen)
    } else {
      switch shape.kind {
      case .listAppend: state[key].append(step.value)
      case .register: state[key] = [step.value]
      }
    }
    transaction.next += 1
  }

  private func observed(_ seen: [Value]) -> Value {
    switch shape.kind {
    case .listAppend: .list(seen)
    case .register: seen.first ?? .null
    }
  }

  private mutating func tamper(_ seen: inout [Value], _ key: Int) {
    switch draws.below(6) {
    case 0: _ = seen.popLast()
    case 1: seen = draws.shuffled(seen)
    case 2: seen.append(.integer(1 + draws.below(max(1, written[key]))))
    case 3: seen.append(.integer(written[key] + 100))
    case 4: if let first = seen.first { seen.append(first) }
    default: seen = []
    }
    if shape.kind == .register { seen = Array(seen.suffix(1)) }
  }

  private mutating func end(_ client: Int, _ type: Operation.Kind, _ transaction: Pending) {
    add(type, client, transaction)
    pending[client] = nil
  }

  private mutating func crash(_ client: Int, _ transaction: Pending) {
    if draws.chance(0.7) { add(.info, client, transaction) }
    pending[client] = nil
    processes[client] += shape.clients
  }

  private mutating func add(_ type: Operation.Kind, _ client: Int, _ transaction: Pending) {
    let write = shape.kind == .listAppend ? "append" : "w"
    let steps = transaction.steps.map { step in
      var step = step
      if step.isRead, type != .ok { step.value = .null }
      return step.value(write)
    }
    lines.append(
      Operation(
        index: lines.count, time: .milliseconds(Int64(lines.count)), type: type,
        process: .client(processes[client]), f: "txn", value: .list(steps)))
  }
}

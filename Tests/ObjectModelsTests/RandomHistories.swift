import Histories
import Values

/// What random histories look like.
struct Shape: Sendable {
  var clients = 3
  var operations = 8
  /// The values are 1 to this.
  var values = 3
  var keys = 1
  var crashes = 0.2
  /// The share of operations that answer at random instead of from the object.
  var lies = 0.1
  /// Whether values are written once only.
  var isUnique = false
  var casShare = 0.34
}

extension History {
  /// A history of an atomic register that now and then lies, as its clients saw it.
  static func random(_ shape: Shape, seed: UInt64) throws -> History {
    var driver = RandomDriver(shape, seed)
    return try History(driver.run())
  }
}

/// Clients at an atomic register: each operation is invoked, takes effect, and completes.
private struct RandomDriver {
  private struct Pending {
    var f: String
    var key: Int
    var value: Value
    var answer: Value?
    var isEffective = false
    var failed = false
  }

  private let shape: Shape
  private var draws: Draws
  private var lines: [Operation] = []
  private var registers: [Value]
  private var pending: [Pending?]
  private var processes: [Int]
  private var written = 0

  init(_ shape: Shape, _ seed: UInt64) {
    self.shape = shape
    draws = Draws(seed: seed)
    registers = Array(repeating: .null, count: shape.keys)
    pending = Array(repeating: nil, count: shape.clients)
    processes = Array(0..<shape.clients)
  }

  mutating func run() -> [Operation] {
    var left = shape.operations
    while left > 0 || pending.contains(where: { $0 != nil }) {
      let client = draws.below(shape.clients)
      guard var operation = pending[client] else {
        guard left > 0 else { continue }
        left -= 1
        pending[client] = invoke(client)
        continue
      }
      if !operation.isEffective {
        if draws.chance(shape.crashes) {
          // Half of the crashed operations take effect all the same, the others never.
          if draws.chance(0.5) { takeEffect(&operation) }
          crash(client, operation)
        } else {
          takeEffect(&operation)
          pending[client] = operation
        }
      } else {
        complete(client, operation)
      }
    }
    return lines
  }

  private mutating func invoke(_ client: Int) -> Pending {
    let key = draws.below(shape.keys)
    var operation = Pending(f: "read", key: key, value: .null)
    let choice = draws.unit()
    if choice < shape.casShare {
      operation.f = "cas"
      let from = draws.chance(0.6) ? registers[key] : value()
      operation.value = .list([from, fresh()])
    } else if choice < shape.casShare + (1 - shape.casShare) / 2 {
      operation.f = "write"
      operation.value = fresh()
    }
    add(.invoke, client, operation.f, key, operation.value)
    return operation
  }

  private mutating func fresh() -> Value {
    guard shape.isUnique else { return value() }
    written += 1
    return .integer(written)
  }

  private mutating func value() -> Value { .integer(1 + draws.below(shape.values)) }

  private mutating func takeEffect(_ operation: inout Pending) {
    operation.isEffective = true
    operation.answer = operation.value
    switch operation.f {
    case "read":
      operation.answer = draws.chance(shape.lies) ? value() : registers[operation.key]
    case "write":
      if !draws.chance(shape.lies) { registers[operation.key] = operation.value }
    default:
      let pair = operation.value.elements ?? []
      if registers[operation.key] == pair[0] {
        registers[operation.key] = pair[1]
      } else {
        operation.failed = !draws.chance(shape.lies)
      }
    }
  }

  private mutating func complete(_ client: Int, _ operation: Pending) {
    add(
      operation.failed ? .fail : .ok, client, operation.f, operation.key,
      operation.answer ?? operation.value)
    pending[client] = nil
  }

  private mutating func crash(_ client: Int, _ operation: Pending) {
    if draws.chance(0.7) { add(.info, client, operation.f, operation.key, operation.value) }
    pending[client] = nil
    processes[client] += shape.clients
  }

  private mutating func add(
    _ type: Operation.Kind, _ client: Int, _ f: String, _ key: Int, _ value: Value
  ) {
    lines.append(
      Operation(
        index: lines.count, type: type, process: .client(processes[client]), f: f,
        value: shape.keys == 1 ? value : .list([.integer(key), value])))
  }
}

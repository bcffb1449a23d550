import Values

/// Histories of serializable transactions as Jepsen's EDN.
///
/// Transactions are invoked by several clients at once and take effect when they complete. Ten keys
/// are in use, each half as often as the one before it; a key gives way to a new one when it has been
/// written a number of times.
struct TransactionText {
  enum Kind: Equatable {
    /// Half of the steps append to a list, half read one.
    case lists
    /// All transactions read registers and write the next value.
    case updates
    /// Eight steps, half of which write registers blindly and half read one, of so many keys each as
    /// often as the others.
    case blind(clients: Int, keys: Int)
  }

  private struct Step {
    var isRead: Bool
    var key: Int
    var value: Int
  }

  private static let writesPerKey = 100

  private let kind: Kind
  private var draws = Draws(seed: 5)
  private var keys: [Int]
  private var nextKey: Int
  /// For each key how often it was to be written, and the text of its state.
  private var written: [Int]
  private var states: [[UInt8]]
  private var lines = 0
  private(set) var bytes: [UInt8] = []

  /// - Parameter count: The number of transactions.
  init(_ kind: Kind, count: Int) {
    self.kind = kind
    var clients = 10
    nextKey = 10
    if case .blind(let sessions, let count) = kind { (clients, nextKey) = (sessions, count) }
    keys = Array(0..<nextKey)
    written = Array(repeating: 0, count: nextKey)
    states = Array(repeating: [], count: nextKey)
    bytes.reserveCapacity(count * 500)
    var open: [(client: Int, steps: [Step])] = []
    var free = Array(0..<clients)
    for _ in 0..<count {
      if free.isEmpty {
        let done = open.remove(at: draws.below(open.count))
        complete(done.client, done.steps)
        free.append(done.client)
      }
      let client = free.removeLast()
      let steps = steps()
      line("invoke", client) { text in
        for step in steps { text.append(step, nil) }
      }
      open.append((client, steps))
    }
    for done in open { complete(done.client, done.steps) }
  }

  private mutating func steps() -> [Step] {
    var steps: [Step] = []
    if case .blind = kind {
      for _ in 0..<8 {
        let key = draws.below(keys.count)
        let isRead = draws.chance(0.5)
        if !isRead { written[key] += 1 }
        steps.append(Step(isRead: isRead, key: key, value: isRead ? 0 : written[key]))
      }
      return steps
    }
    for _ in 0...draws.below(4) {
      var place = 0
      while place < 9, draws.chance(0.5) { place += 1 }
      let key = keys[place]
      if kind == .lists ? draws.chance(0.5) : !steps.contains(where: { $0.key == key }) {
        steps.append(Step(isRead: true, key: key, value: 0))
        if kind == .lists { continue }
      }
      written[key] += 1
      steps.append(Step(isRead: false, key: key, value: written[key]))
      guard written[key] >= TransactionText.writesPerKey else { continue }
      keys[place] = nextKey
      nextKey += 1
      written.append(0)
      states.append([])
    }
    return steps
  }

  private mutating func complete(_ client: Int, _ steps: [Step]) {
    line("ok", client) { text in
      for step in steps {
        if step.isRead {
          text.append(step, text.states[step.key])
        } else {
          switch text.kind {
          case .lists: text.states[step.key].append(contentsOf: "\(step.value) ".utf8)
          case .updates, .blind: text.states[step.key] = Array("\(step.value)".utf8)
          }
          text.append(step, nil)
        }
      }
    }
  }

  private mutating func line(
    _ type: String, _ client: Int, _ write: (inout TransactionText) -> Void
  ) {
    bytes.append(contentsOf: "{:index \(lines), :time \(lines * 1_000), :type :\(type), ".utf8)
    bytes.append(contentsOf: ":process \(client), :f :txn, :value [".utf8)
    write(&self)
    bytes.append(contentsOf: "]}\n".utf8)
    lines += 1
  }

  private mutating func append(_ step: Step, _ observed: [UInt8]?) {
    let word = step.isRead ? "r" : kind == .lists ? "append" : "w"
    bytes.append(contentsOf: "[:\(word) \(step.key) ".utf8)
    switch (step.isRead, observed) {
    case (false, _): bytes.append(contentsOf: "\(step.value)".utf8)
    case (true, .some(let state)) where kind == .lists:
      bytes.append(UInt8(ascii: "["))
      bytes.append(contentsOf: state)
      bytes.append(UInt8(ascii: "]"))
    case (true, .some(let state)) where !state.isEmpty: bytes.append(contentsOf: state)
    case (true, _): bytes.append(contentsOf: "nil".utf8)
    }
    bytes.append(UInt8(ascii: "]"))
  }
}

/// Looks for an order of all operations that keeps the order of each process and that the object
/// allows: by depth first, with a memory of the configurations that lead nowhere.
///
/// A configuration is how far each process has come, which crashed operations took effect, and the
/// state. Operations that never change the state take effect as soon as they can, which loses
/// nothing. Processes with the same operations before them are alike, so the memory knows them as
/// one; of crashed operations that do the same, only the first is tried. Where it is known what
/// operations find and leave, the search turns back when something that must still be found would
/// be lost for good.
struct SequentialSearch: ~Copyable {
  struct Frame {
    /// How many operations had taken effect before those that this configuration began with.
    var taken: Int
    var choices: Int
    var state: Int32
  }

  private let history: ObjectHistory<Action>
  private let order: ProgramOrder
  private let transitions: Transitions
  private let facts: Facts?
  /// The operations that some must wait for, by the first.
  private let forced: Precedence
  private let forcedFrom: Adjacency
  /// For each operation the next one that its process completed, or -1.
  private var next: [Int32]
  /// The crashed operations by the one that they come after; 0 is for those at the beginning.
  private let crashedAfter: Adjacency
  private let crashed: [Int32]
  /// What the memory knows each operation and those after it as.
  private var names: [Int32]
  private let hasAlike: Bool

  // Where the search stands.
  private var heads: [Int32]
  private var available: [Int32] = []
  private var spent: [UInt32]
  private var waiting: [Int32]
  private var left: Int
  private var current: [Int32] = []
  private var needs: [Int32] = []
  private var sources: [Int32] = []

  private var frames = Column<Frame>()
  private var choices = Column<Int32>()
  /// Operations in the order in which they took effect, with the facts that they replaced.
  private var trail = Column<Int32>()
  private var replaced = Column<Int32>()
  private var seen: ConfigurationMemory
  private var key: [Int32] = []
  private(set) var steps = 0

  init(
    _ history: ObjectHistory<Action>, _ transitions: Transitions, _ order: ProgramOrder,
    facts: Facts?, forced edges: [(before: Int32, after: Int32)]
  ) {
    self.history = history
    self.transitions = transitions
    self.order = order
    self.facts = facts
    let count = history.count
    var forced = Precedence(count: count)
    waiting = [Int32](repeating: 0, count: count)
    for (before, after) in edges {
      forced.add(before, before: after)
      waiting[Int(after)] += 1
    }
    self.forced = forced
    forcedFrom = forced.successors
    next = [Int32](repeating: -1, count: count)
    heads = [Int32](repeating: -1, count: order.processCount)
    var crashed: [Int32] = []
    left = 0
    for operation in 0..<count {
      let number = Int32(operation)
      guard order.required[operation] else {
        let matters = facts.map { $0.isPresent[operation] } ?? !history.operations[operation].isPure
        if matters { crashed.append(number) }
        continue
      }
      left += 1
      if order.previous[operation] >= 0 {
        next[Int(order.previous[operation])] = number
      } else {
        heads[Int(order.processes[operation])] = number
      }
    }
    self.crashed = crashed
    crashedAfter = Adjacency(
      count: count + 1, from: crashed.map { order.previous[Int($0)] + 1 }, to: crashed)
    spent = [UInt32](repeating: 0, count: (crashed.count + 31) / 32)
    names = []
    var isLast = [Bool](repeating: true, count: count + 1)
    for operation in crashed { isLast[Int(order.previous[Int(operation)]) + 1] = false }
    (names, hasAlike) = SequentialSearch.names(
      history, next, isAlone: { !edges.isEmpty || !isLast[$0 + 1] }, order.required)
    seen = ConfigurationMemory(width: order.processCount + spent.count + 1)
    for edge in crashedAfter.edges(of: 0) { available.append(edge) }
    if let facts { countFacts(facts) }
  }

  /// Gives operations that do the same, and after which their processes do the same, one name.
  private static func names(
    _ history: ObjectHistory<Action>, _ next: [Int32], isAlone: (Int) -> Bool, _ required: [Bool]
  ) -> (names: [Int32], hasAlike: Bool) {
    struct Rest: Hashable {
      var action: Action
      var next: Int32
    }
    var numbers: [Rest: Int32] = [:]
    var names = [Int32](repeating: -1, count: history.count)
    var hasAlike = false
    for operation in (0..<history.count).reversed() where required[operation] {
      names[operation] = Int32(operation)
      if isAlone(operation) { continue }
      let after = next[operation] < 0 ? -1 : names[Int(next[operation])]
      let rest = Rest(action: history.operations[operation], next: after)
      if let known = numbers[rest] {
        names[operation] = known
        hasAlike = true
      } else {
        numbers[rest] = Int32(operation)
      }
    }
    return (names, hasAlike)
  }

  private mutating func countFacts(_ facts: Facts) {
    current = facts.initial
    needs = [Int32](repeating: 0, count: facts.count)
    sources = [Int32](repeating: 0, count: facts.count)
    for operation in facts.required.indices where facts.isPresent[operation] {
      for exchange in facts.exchanges(of: operation) {
        if facts.finds[exchange] >= 0, facts.required[operation] {
          needs[Int(facts.finds[exchange])] += 1
        }
        if facts.leaves[exchange] >= 0 { sources[Int(facts.leaves[exchange])] += 1 }
      }
    }
  }
}

extension SequentialSearch {
  enum Outcome {
    case valid
    case invalid
    case undecided(Exhaustion)
  }

  private var bytes: Int {
    seen.bytes + frames.bytes + choices.bytes + trail.bytes + replaced.bytes
      + (transitions.machine?.bytes ?? 0)
  }

  mutating func run(within budget: Budget) -> Outcome {
    if enter(transitions.initial, taken: 0) { return .valid }
    var check = 0
    while frames.count > 0 {
      if steps >= check {
        if steps >= budget.steps { return .undecided(.steps) }
        if budget.isExpired() { return .undecided(.time) }
        if bytes > budget.memory {
          // The memory only saves time.
          seen.removeAll()
          if bytes > budget.memory / 2 { return .undecided(.memory) }
        }
        check = steps + 1 << 12
      }
      let frame = frames[frames.count - 1]
      guard choices.count > frame.choices, let operation = choices.popLast() else {
        retreat(to: frame.taken)
        frames.removeLast(1)
        continue
      }
      let state = step(operation, frame.state)
      guard state >= 0 else { continue }
      let taken = trail.count
      if take(operation) {
        if enter(state, taken: taken) { return .valid }
      } else {
        retreat(to: taken)
      }
    }
    return .invalid
  }

  private mutating func step(_ operation: Int32, _ state: Int32) -> Int32 {
    steps += 1
    switch history.operations[Int(operation)] {
    case .observe(let seen): return seen == state ? state : -1
    case .differ(let other): return other != state ? state : -1
    case .set(let new): return new
    case .move(let from, let to): return from == state ? to : -1
    case .apply(let number), .inspect(let number):
      return transitions.machine?.apply(number, state) ?? -1
    }
  }

  /// Takes what can be taken at once, and puts the configuration on the way unless it was before.
  ///
  /// - Returns: Whether all is done.
  private mutating func enter(_ state: Int32, taken: Int) -> Bool {
    var again = true
    while again {
      again = false
      for process in heads.indices {
        while heads[process] >= 0, waiting[Int(heads[process])] == 0,
          history.operations[Int(heads[process])].isPure, step(heads[process], state) == state
        {
          _ = take(heads[process])
          again = again || forced.edgeCount > 0
        }
      }
    }
    if left == 0 { return true }
    guard insert(state) else {
      retreat(to: taken)
      return false
    }
    frames.append(Frame(taken: taken, choices: choices.count, state: state))
    choose()
    return false
  }

  /// Lists what may be next, the likeliest last: what was invoked first, crashed operations after
  /// the others.
  private mutating func choose() {
    let start = choices.count
    var alike = Set<Action>()
    for number in available where spent[Int(number) / 32] >> (UInt32(number) % 32) & 1 == 0 {
      let operation = crashed[Int(number)]
      guard waiting[Int(operation)] == 0 else { continue }
      if forced.edgeCount == 0,
        !alike.insert(history.operations[Int(operation)]).inserted
      {
        continue
      }
      choices.append(operation)
    }
    let middle = choices.count
    for head in heads where head >= 0 && waiting[Int(head)] == 0 { choices.append(head) }
    sort(start, middle)
    sort(middle, choices.count)
  }

  /// Sorts choices in a range in descending order.
  private func sort(_ start: Int, _ end: Int) {
    guard end - start > 1 else { return }
    for place in start + 1..<end {
      let choice = choices[place]
      var hole = place
      while hole > start, choices[hole - 1] < choice {
        choices[hole] = choices[hole - 1]
        hole -= 1
      }
      choices[hole] = choice
    }
  }

  /// Lets an operation take effect.
  ///
  /// - Returns: Whether nothing is lost by it that must still be found.
  private mutating func take(_ operation: Int32) -> Bool {
    trail.append(operation)
    let number = Int(operation)
    if order.required[number] {
      heads[Int(order.processes[number])] = next[number]
      left -= 1
      for edge in crashedAfter.edges(of: operation + 1) { available.append(edge) }
    } else {
      mark(number)
    }
    for edge in forcedFrom.edges(of: operation) { waiting[Int(forced.targets[Int(edge)])] -= 1 }
    guard let facts else { return true }
    var isPossible = true
    for exchange in facts.exchanges(of: number) {
      let (found, fact) = (facts.finds[exchange], facts.leaves[exchange])
      if found >= 0, order.required[number] { needs[Int(found)] -= 1 }
      guard fact >= 0 else { continue }
      let part = Int(facts.parts[exchange])
      let old = current[part]
      replaced.append(old)
      current[part] = fact
      sources[Int(fact)] -= 1
      if old != fact, needs[Int(old)] > 0, sources[Int(old)] == 0 { isPossible = false }
    }
    return isPossible
  }

  private mutating func retreat(to taken: Int) {
    while trail.count > taken, let operation = trail.popLast() {
      let number = Int(operation)
      if order.required[number] {
        heads[Int(order.processes[number])] = operation
        left += 1
        available.removeLast(crashedAfter.edges(of: operation + 1).count)
      } else {
        mark(number)
      }
      for edge in forcedFrom.edges(of: operation) { waiting[Int(forced.targets[Int(edge)])] += 1 }
      guard let facts else { continue }
      for exchange in facts.exchanges(of: number).reversed() {
        let (found, fact) = (facts.finds[exchange], facts.leaves[exchange])
        if found >= 0, order.required[number] { needs[Int(found)] += 1 }
        guard fact >= 0, let old = replaced.popLast() else { continue }
        current[Int(facts.parts[exchange])] = old
        sources[Int(fact)] += 1
      }
    }
  }

  /// Notes that a crashed operation took effect, or takes the note back.
  private mutating func mark(_ operation: Int) {
    let number = crashedNumber(operation)
    spent[number / 32] ^= 1 << UInt32(number % 32)
  }

  private func crashedNumber(_ operation: Int) -> Int {
    var (low, high) = (0, crashed.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if Int(crashed[middle]) < operation { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private mutating func insert(_ state: Int32) -> Bool {
    key.removeAll(keepingCapacity: true)
    for head in heads { key.append(head < 0 ? -1 : names[Int(head)]) }
    if hasAlike { key.sort() }
    for word in spent { key.append(Int32(bitPattern: word)) }
    key.append(state)
    return seen.insert(key)
  }
}

/// A set of configurations, each a row of as many integers.
struct ConfigurationMemory: ~Copyable {
  private let width: Int
  private var words = Column<Int32>()
  private var slots = Column<Int32>(repeating: -1, count: 64)
  private var count = 0

  init(width: Int) { self.width = width }

  var bytes: Int { words.bytes + slots.bytes }

  mutating func removeAll() {
    words = Column()
    slots = Column(repeating: -1, count: 64)
    count = 0
  }

  /// - Returns: Whether the configuration is new.
  mutating func insert(_ key: [Int32]) -> Bool {
    var slot = place(of: key)
    if slots[slot] >= 0 { return false }
    if count * 2 >= slots.count {
      grow()
      slot = place(of: key)
    }
    slots[slot] = Int32(truncatingIfNeeded: count)
    for word in key { words.append(word) }
    count += 1
    return true
  }

  private func place(of key: [Int32]) -> Int {
    let last = slots.count - 1
    var hash: UInt64 = 0
    for word in key { hash = Self.mix(hash, word) }
    var place = Int(hash >> 20) & last
    while slots[place] >= 0, !isEqual(Int(slots[place]), key) { place = (place + 1) & last }
    return place
  }

  private static func mix(_ hash: UInt64, _ word: Int32) -> UInt64 {
    let mixed = (hash ^ UInt64(UInt32(bitPattern: word))) &* 0x9e37_79b9_7f4a_7c15
    return mixed ^ mixed >> 29
  }

  private func isEqual(_ row: Int, _ key: [Int32]) -> Bool {
    for place in 0..<width where words[row * width + place] != key[place] { return false }
    return true
  }

  private mutating func grow() {
    slots = Column(repeating: -1, count: slots.count * 2)
    let last = slots.count - 1
    for row in 0..<count {
      var hash: UInt64 = 0
      for place in 0..<width { hash = Self.mix(hash, words[row * width + place]) }
      var place = Int(hash >> 20) & last
      while slots[place] >= 0 { place = (place + 1) & last }
      slots[place] = Int32(truncatingIfNeeded: row)
    }
  }
}

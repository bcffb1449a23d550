/// The transitions of registers under several keys: states are vectors of numbered contents, found
/// again by a hash that changes with each key's content (Zobrist, *A new hashing method with
/// application for game playing*, 1970).
final class VectorMachine: StateMachine {
  /// An access, with the numbers that stand for contents.
  struct Step {
    enum Verb {
      case read, write, cas, differ, append
    }

    var key: Int32
    var verb: Verb
    var value: Int32
    var target: Int32 = 0

    init(_ access: KeyValues.Access) {
      key = access.key
      switch access.effect {
      case .read(let value): (verb, self.value) = (.read, value)
      case .write(let value): (verb, self.value) = (.write, value)
      case .cas(let from, let to): (verb, value, target) = (.cas, from, to)
      case .differ(let value): (verb, self.value) = (.differ, value)
      case .append(let value): (verb, self.value) = (.append, value)
      }
    }
  }

  private let object: KeyValues
  private var operations: [[KeyValues.Access]] = []
  private var steps = Column<Step>()
  /// For each operation where its steps begin.
  private var starts = Column<Int32>(repeating: 0, count: 1)
  /// The texts, where something may be appended; else contents are the values' numbers.
  private var store = TextStore()
  /// The vectors, one behind the other, and behind them the one that is being made.
  private var contents = Column<Int32>()
  private var hashes = Column<UInt64>()
  private var table = Column<Int32>(repeating: -1, count: 64)

  init(_ object: KeyValues) {
    self.object = object
    super.init()
    begin()
  }

  private func begin() {
    contents = Column()
    hashes = Column()
    table = Column(repeating: -1, count: 64)
    let first = content(of: object.first)
    contents.append(repeating: first, count: object.keyCount)
    _ = internLast((0..<object.keyCount).reduce(0) { $0 ^ Self.hash(Int32($1), first) })
  }

  /// Each history is numbered once; crashed operations that do the same share a number.
  func actions(of history: ObjectHistory<[KeyValues.Access]>) -> ObjectHistory<Action> {
    let required = history.required
    var crashed: [[KeyValues.Access]: Int32] = [:]
    var place = 0
    return history.map { operation in
      defer { place += 1 }
      var number = Int32(operations.count)
      if !required[place] {
        number = crashed[operation, default: number]
        crashed[operation] = number
      }
      if Int(number) == operations.count { add(operation) }
      return object.isPure(operation) ? .inspect(number) : .apply(number)
    }
  }

  private func add(_ operation: [KeyValues.Access]) {
    operations.append(operation)
    for access in operation {
      var step = Step(access)
      step.value = content(of: step.value)
      if step.verb == .cas { step.target = content(of: step.target) }
      steps.append(step)
    }
    starts.append(Int32(steps.count))
  }

  private func content(of value: Int32) -> Int32 {
    object.texts.isEmpty ? value : store.number(of: object.texts[Int(value)])
  }

  /// The contents of the keys in a state.
  func contents(_ state: Int32) -> [KeyValues.Content] {
    (0..<object.keyCount).map { key in
      let content = contents[Int(state) * object.keyCount + key]
      return object.texts.isEmpty ? .known(content) : object.content(store[content])
    }
  }

  override func apply(_ operation: Int32, _ state: Int32) -> Int32 {
    let count = object.keyCount
    let start = contents.count
    contents.append(repeating: 0, count: count)
    let vector = contents.base + start
    vector.update(from: contents.base + Int(state) * count, count: count)
    var hash = hashes[Int(state)]
    for number in Int(starts[Int(operation)])..<Int(starts[Int(operation) + 1]) {
      let step = steps.base + number
      let content = vector[Int(step.pointee.key)]
      var after = content
      switch step.pointee.verb {
      case .read where content != step.pointee.value, .cas where content != step.pointee.value,
        .differ where content == step.pointee.value:
        contents.removeLast(count)
        return -1
      case .read, .differ: continue
      case .write: after = step.pointee.value
      case .cas: after = step.pointee.target
      case .append: after = store.number(of: content, followedBy: step.pointee.value)
      }
      vector[Int(step.pointee.key)] = after
      hash ^= Self.hash(step.pointee.key, content) ^ Self.hash(step.pointee.key, after)
    }
    return internLast(hash)
  }

  @inline(__always)
  private static func hash(_ key: Int32, _ content: Int32) -> UInt64 {
    folded(UInt64(UInt32(bitPattern: key)), UInt64(UInt32(bitPattern: content)))
  }

  /// The number of the last vector, which goes where it is known.
  private func internLast(_ hash: UInt64) -> Int32 {
    let count = object.keyCount
    let vector = contents.base + (contents.count - count)
    let last = table.count - 1
    var place = Int(truncatingIfNeeded: folded(hash, 0)) & last
    while table[place] >= 0 {
      let number = Int(table[place])
      if hashes[number] == hash && areEqual(contents.base + number * count, vector, count) {
        contents.removeLast(count)
        return Int32(number)
      }
      place = (place + 1) & last
    }
    table[place] = Int32(hashes.count)
    hashes.append(hash)
    if hashes.count * 2 > table.count { grow() }
    return Int32(hashes.count - 1)
  }

  private func areEqual(
    _ a: UnsafePointer<Int32>, _ b: UnsafePointer<Int32>, _ count: Int
  ) -> Bool {
    for place in 0..<count where a[place] != b[place] { return false }
    return true
  }

  private func grow() {
    table = Column(repeating: -1, count: table.count * 2)
    let last = table.count - 1
    for number in 0..<hashes.count {
      var place = Int(truncatingIfNeeded: folded(hashes[number], 0)) & last
      while table[place] >= 0 { place = (place + 1) & last }
      table[place] = Int32(number)
    }
  }

  override var bytes: Int { contents.bytes + hashes.bytes + table.bytes + store.bytes }

  override func touches(of operation: Int32) -> [Touch]? {
    object.touches(of: operations[Int(operation)])
  }

  override func mayLead(_ state: Int32, to operation: Int32, _ part: Int32) -> Bool {
    let content = contents[Int(state) * object.keyCount + Int(part)]
    var isAppended = false
    for number in Int(starts[Int(operation)])..<Int(starts[Int(operation) + 1])
    where steps[number].key == part {
      let step = steps[number]
      switch step.verb {
      case .read, .cas:
        if content == step.value { return true }
        return !object.texts.isEmpty && (isAppended || store.begins(step.value, with: content))
      case .append: isAppended = true
      case .differ, .write: return true
      }
    }
    return true
  }

  override var canForget: Bool { true }

  override func keep(_ states: [Int32]) -> [Int32] {
    let count = object.keyCount
    let old = exchange(&contents, with: Column())
    let oldStore = exchange(&store, with: TextStore())
    let oldOperations = exchange(&operations, with: [])
    steps = Column()
    starts = Column(repeating: 0, count: 1)
    begin()
    for operation in oldOperations { add(operation) }
    return states.map { state in
      var hash: UInt64 = 0
      for key in 0..<count {
        var content = old[Int(state) * count + key]
        if !object.texts.isEmpty { content = store.number(of: oldStore[content]) }
        contents.append(content)
        hash ^= Self.hash(Int32(key), content)
      }
      return internLast(hash)
    }
  }
}

extension KeyValues {
  public func numbered(_ history: ObjectHistory<[Access]>) -> NumberedHistory<[Content]> {
    let machine = VectorMachine(self)
    return NumberedHistory(machine.actions(of: history), Transitions(initial: 0, machine)) {
      machine.contents($0)
    }
  }
}

internal import Histories
internal import Linearizability
internal import Values

/// A history taken apart into the objects of one kind, each with its operations as integers.
struct ReadObjects<Reader: ObjectReader> {
  typealias ReadOperation = Reader.Object.Operation

  var reader: Reader
  /// Each object's key; null where there is one object only.
  private(set) var keys: [Value] = []
  private(set) var histories: [ObjectHistory<ReadOperation>] = []
  private(set) var operations = 0
  private(set) var indeterminate = 0

  private struct Key: Hashable {
    var outer: ValueCode?
    var inner: ValueCode?
  }

  /// Reads a history.
  ///
  /// - Throws: When the reader can't read an operation.
  init(_ history: HistoryColumns, _ reader: Reader, isKeyed: Bool) throws(ModelError) {
    var reader = reader
    try reader.prepare(history)
    let table = history.table
    var numbers: [Key: Int32] = [:]
    var keys: [Value] = []
    var histories: [ObjectHistory<ReadOperation>] = []
    var indeterminate = 0
    var last: (key: Key, number: Int32)?
    func number(of key: Key) -> Int32 {
      if let last, last.key == key { return last.number }
      let number: Int32
      if let known = numbers[key] {
        number = known
      } else {
        number = Int32(histories.count)
        numbers[key] = number
        histories.append(ObjectHistory())
        // Where there is one object only, it has all operations.
        if key == Key() { histories[Int(number)].reserveCapacity(history.count / 2) }
        let parts = [key.outer, key.inner].compactMap { $0.map(table.value(of:)) }
        keys.append(parts.count == 2 ? .list(parts) : parts.first ?? .null)
      }
      last = (key, number)
      return number
    }
    var calls = ClientCalls(history, isKeyed: isKeyed)
    operations = try calls.visit {
      (reading, outer, position, completion) throws(ModelError) -> ClientCalls.Place? in
      let inner = try reader.split(&reading, table)
      guard let operation = try reader.operation(reading, table) else {
        if completion == nil { indeterminate += 1 }
        return nil
      }
      if completion == nil { indeterminate += 1 }
      let object = number(of: Key(outer: outer, inner: inner))
      let place = histories[Int(object)].invoke(
        operation, process: reading.process, at: position, completion: completion)
      return ClientCalls.Place(object: object, operation: place)
    } complete: { place in
      histories[Int(place.object)].complete(place.operation)
    }
    self.reader = reader
    self.keys = keys
    self.histories = histories
    self.indeterminate = indeterminate
  }

  /// Judges what was read.
  func judge(_ history: HistoryColumns, _ terms: Terms) -> ModelJudgement {
    let object = reader.object()
    var judgement = ModelJudgement()
    judgement.operations = operations
    judgement.indeterminate = indeterminate
    judgement.add(histories, keys, of: object, terms) { _, state in
      reader.text(of: state, history.table)
    }
    return judgement
  }
}

extension ModelJudgement {
  /// Judges the histories of objects of one kind, and adds what comes of it.
  mutating func add<Object: SequentialObject>(
    _ histories: [ObjectHistory<Object.Operation>], _ keys: [Value], of object: Object,
    _ terms: Terms, text: @escaping (_ object: Int, Object.State) -> String
  ) {
    func key(_ number: Int) -> Value? {
      // Not `?:`, in which `nil` would be the value null.
      if keys.count == 1 && keys[0] == .null { return nil }
      return keys[number]
    }
    var budget = terms.budget
    budget.steps = max(budget.steps - steps, 1)
    switch terms.level {
    case .linearizable: break
    case .sequential:
      let judge = SequentialJudge(object, budget: budget, usesDeciders: terms.usesDeciders)
      return add(histories, key, of: object) { WeakOutcome(judge.judge($0)) }
    case .twoAtomic:
      return add(histories, key, of: object) { WeakOutcome($0, twoAtomic: object) }
    }
    var judge = Judge(object, budget: budget, usesDeciders: terms.usesDeciders)
    var found = judge.judge(histories)
    var invalid = found.invalid.map { Proven($0, histories[$0.object], of: object) }
    if invalid?.evidence.confirmation == .refuted {
      // What a theorem was wrong about is for the search to decide.
      refuted += 1
      judge.usesDeciders = false
      found = judge.judge(histories)
      invalid = found.invalid.map { Proven($0, histories[$0.object], of: object) }
    }
    objects += histories.count
    decided += found.decided
    steps += found.steps
    undecided += found.undecided.map {
      Undecided(key: key($0.object), reason: .exhausted($0.reason))
    }
    guard let invalid else { return }
    self.invalid = Invalid(
      key: key(invalid.object), count: histories[invalid.object].count, evidence: invalid.evidence,
      reason: invalid.reason
    ) { text(invalid.object, invalid.state($0)) }
  }
}

/// An object that was found not linearizable, with the evidence for it.
private struct Proven<State> {
  let object: Int
  let evidence: Evidence
  let reason: String?
  let state: (Int32) -> State

  init<Object: SequentialObject>(
    _ invalid: Judgement.Invalid, _ history: ObjectHistory<Object.Operation>, of model: Object
  ) where Object.State == State {
    object = invalid.object
    let numbered = model.numbered(history)
    state = numbered.state
    switch invalid.proof {
    case .stuck(let line):
      evidence = Evidence(
        of: numbered.history.droppingInert(), stuckAt: line, numbered.transitions)
      reason = nil
    case .certificate(let certificate):
      evidence = Evidence(of: numbered.history, certificate, numbered.transitions)
      reason = certificate.reason
    }
  }
}

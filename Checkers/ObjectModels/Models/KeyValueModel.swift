public import Histories
internal import Linearizability
public import Values
internal import Verdicts

/// Registers and texts under keys, some of which an operation may touch together.
///
/// `read` [k, null] → [k, v], `write` [k, v], `cas` [k, [from, to]], `append` [k, text],
/// `delete` [k, null], and `range` [[from, to], null] → [[from, to], [[k, v], …]] over from ≤ k < to;
/// `get` and `put` are other names. `txn` [["r", k, null], ["w", k, v]] reads and writes several.
/// Where a key is appended to, null and the empty text are one.
public struct KeyValueModel: Model {
  public let name: String
  private let settings: KeyValueSettings

  /// - Parameter name: `key-value` or `multi-register`: the same operations.
  public init(
    name: String = "key-value", initial: Value = .null,
    failedCas: RegisterModel.FailedCas = .ignored, nullRead: RegisterModel.NullRead = .observed
  ) {
    self.name = name
    settings = KeyValueSettings(initial: initial, failedCas: failedCas, nullRead: nullRead)
  }

  public func judge(
    _ history: HistoryColumns, _ terms: Terms
  ) throws(ModelError) -> ModelJudgement {
    // Sequential consistency is not local: what holds for each key may not hold for all of them.
    let components = try components(
      history, isKeyed: terms.isKeyed, areTogether: terms.level == .sequential)
    var judgement = ModelJudgement()
    judgement.operations = components.operations
    judgement.indeterminate = components.indeterminate
    components.judge(&judgement, history.table, terms)
    return judgement
  }

  package func components(
    _ history: HistoryColumns, isKeyed: Bool = false, areTogether: Bool = false
  ) throws(ModelError) -> KeyComponents {
    var reading = KeyValueReading(settings, history)
    try reading.read(history, isKeyed: isKeyed)
    return KeyComponents(reading, areTogether: areTogether)
  }
}

struct KeyValueSettings: Sendable {
  var initial: Value
  var failedCas: RegisterModel.FailedCas
  var nullRead: RegisterModel.NullRead
}

/// The operations of a history on keys, with keys and values as dense numbers.
struct KeyValueReading {
  /// One operation: a range of `accesses`.
  struct Item {
    var accesses: Range<Int32>
    var process: Int32
    var position: Int32
    /// The line of its completion, or -1 where it is indeterminate.
    var completion: Int32
  }

  let settings: KeyValueSettings
  let table: ValueTable
  private(set) var accesses: [KeyValues.Access] = []
  private(set) var items: [Item] = []
  /// Invocations and returns in the order of time, by the item's number × 2, + 1 for a return.
  private(set) var events: [Int32] = []
  private(set) var keys: [Value] = []
  /// The initial value has the number 0.
  private(set) var values = ValueNumbers()
  private(set) var operations = 0
  private(set) var indeterminate = 0

  private struct Key: Hashable {
    var outer: ValueCode?
    var inner: ValueCode
  }
  private var numbers: [Key: Int32] = [:]
  private var last: (key: Key, number: Int32)?
  /// The keys in their order, where ranges are read: (outer key, key, number).
  private var sortedKeys: [(outer: ValueCode?, value: Value, number: Int32)] = []

  init(_ settings: KeyValueSettings, _ history: HistoryColumns) {
    self.settings = settings
    var table = history.table
    _ = values.number(of: table.code(of: settings.initial))
    self.table = history.table
  }

  mutating func read(_ history: HistoryColumns, isKeyed: Bool) throws(ModelError) {
    if history.names.contains("range") { try collectKeys(history, isKeyed) }
    var calls = ClientCalls(history, isKeyed: isKeyed)
    var copy = self
    let count = try calls.visit {
      (reading, outer, position, completion) throws(ModelError) -> ClientCalls.Place? in
      try copy.take(reading, outer, position, completion)
    } complete: { place in
      copy.events.append(place.operation << 1 | 1)
    }
    self = copy
    operations = count
  }

  private mutating func take(
    _ reading: Reading, _ outer: ValueCode?, _ position: Int, _ completion: Int?
  ) throws(ModelError) -> ClientCalls.Place? {
    if completion == nil { indeterminate += 1 }
    let start = Int32(accesses.count)
    try readAccesses(reading, outer)
    let new = start..<Int32(accesses.count)
    let isPure = accesses[Int(start)...].allSatisfy(\.effect.isPure)
    guard !new.isEmpty, completion != nil || !isPure else {
      accesses.removeLast(new.count)
      return nil
    }
    items.append(
      Item(
        accesses: new, process: reading.process, position: Int32(position),
        completion: completion.map { Int32($0) } ?? -1))
    events.append(Int32(items.count - 1) << 1)
    return ClientCalls.Place(object: 0, operation: Int32(items.count - 1))
  }

  private mutating func number(_ outer: ValueCode?, _ inner: ValueCode) -> Int32 {
    let key = Key(outer: outer, inner: inner)
    if let last, last.key == key { return last.number }
    let number: Int32
    if let known = numbers[key] {
      number = known
    } else {
      number = Int32(keys.count)
      numbers[key] = number
      let name = table.value(of: inner)
      keys.append(outer.map { .list([table.value(of: $0), name]) } ?? name)
    }
    last = (key, number)
    return number
  }

  /// Reads what an operation did to keys; nothing when it says nothing of any.
  private mutating func readAccesses(
    _ reading: Reading, _ outer: ValueCode?
  ) throws(ModelError) {
    switch reading.f {
    case "txn": return try readTransaction(reading, outer)
    case "range": return try readRange(reading, outer)
    case "read", "get", "write", "put", "cas", "append", "delete": break
    default: throw reading.unknown
    }
    guard let (key, value) = table.pair(of: reading.answered) else {
      throw reading.misshapen("[key, value]", table)
    }
    guard let effect = try effect(reading, value) else { return }
    accesses.append(KeyValues.Access(number(outer, key), effect))
  }

  private mutating func effect(
    _ reading: Reading, _ value: ValueCode
  ) throws(ModelError) -> KeyValues.Effect? {
    switch reading.f {
    case "read", "get":
      guard reading.outcome == .ok, !(settings.nullRead == .unknown && value == .null) else {
        return nil
      }
      return .read(values.number(of: value))
    case "write", "put": return reading.outcome == .fail ? nil : .write(values.number(of: value))
    case "append":
      guard case .string = table.value(of: value) else {
        throw reading.misshapen("[key, text]", table)
      }
      return reading.outcome == .fail ? nil : .append(values.number(of: value))
    case "delete":
      guard value == .null else { throw reading.misshapen("[key, null]", table) }
      return reading.outcome == .fail ? nil : .write(values.number(of: .null))
    default:
      guard let (from, to) = table.pair(of: value) else {
        throw reading.misshapen("[key, [from, to]]", table)
      }
      guard reading.outcome == .fail else {
        return .cas(from: values.number(of: from), to: values.number(of: to))
      }
      return settings.failedCas == .observed ? .differ(from: values.number(of: from)) : nil
    }
  }

  private mutating func readTransaction(
    _ reading: Reading, _ outer: ValueCode?
  ) throws(ModelError) {
    let expected = "[[\"r\", key, value], [\"w\", key, value], …]"
    guard let steps = table.elements(of: reading.answered) else {
      throw reading.misshapen(expected, table)
    }
    guard reading.outcome != .fail else { return }
    for step in steps {
      guard let parts = table.elements(of: step).map(Array.init), parts.count == 3 else {
        throw reading.misshapen(expected, table)
      }
      switch table.value(of: parts[0]).name {
      case "r", "read":
        // What was never answered saw nothing that anybody knows of.
        guard reading.outcome == .ok else { continue }
        accesses.append(
          KeyValues.Access(number(outer, parts[1]), .read(values.number(of: parts[2]))))
      case "w", "write":
        accesses.append(
          KeyValues.Access(number(outer, parts[1]), .write(values.number(of: parts[2]))))
      default: throw reading.misshapen(expected, table)
      }
    }
  }

  /// A range saw the value of each key in it, of those that it did not answer that they are null.
  private mutating func readRange(_ reading: Reading, _ outer: ValueCode?) throws(ModelError) {
    let expected = "[[from, to], [[key, value], …]]"
    guard reading.outcome == .ok else { return }
    guard let (bounds, answer) = table.pair(of: reading.answered),
      let (from, to) = table.pair(of: bounds), let found = table.elements(of: answer)
    else { throw reading.misshapen(expected, table) }
    var seen: [Int32: ValueCode] = [:]
    for entry in found {
      guard let (key, value) = table.pair(of: entry) else {
        throw reading.misshapen(expected, table)
      }
      let number = number(outer, key)
      if let other = seen[number], other != value {
        // No key has two values at one moment.
        accesses.append(KeyValues.Access(number, .read(values.number(of: other))))
      }
      seen[number] = value
    }
    let (low, high) = (table.value(of: from), table.value(of: to))
    for entry in sortedKeys where entry.outer == outer {
      let isInside = low <= entry.value && entry.value < high
      if isInside {
        let value = seen.removeValue(forKey: entry.number) ?? .null
        accesses.append(KeyValues.Access(entry.number, .read(values.number(of: value))))
      } else if let value = seen.removeValue(forKey: entry.number) {
        // A key outside of what was asked for has its value all the same.
        accesses.append(KeyValues.Access(entry.number, .read(values.number(of: value))))
      }
    }
  }

  /// Numbers all keys, so that a range knows which there are.
  private mutating func collectKeys(
    _ history: HistoryColumns, _ isKeyed: Bool
  ) throws(ModelError) {
    var found: [Key: Int32] = [:]
    var order: [Key] = []
    func note(_ outer: ValueCode?, _ inner: ValueCode) {
      let key = Key(outer: outer, inner: inner)
      guard found.updateValue(0, forKey: key) == nil else { return }
      order.append(key)
    }
    for line in 0..<history.count where history.processes[line] >= 0 {
      var value = history.values[line]
      var outer: ValueCode?
      if isKeyed, let (key, rest) = table.pair(of: value) { (outer, value) = (key, rest) }
      switch history.f(at: line) {
      case "range":
        guard let (_, answer) = table.pair(of: value) else { continue }
        for entry in table.elements(of: answer) ?? [] {
          if let (key, _) = table.pair(of: entry) { note(outer, key) }
        }
      case "txn":
        for step in table.elements(of: value) ?? [] {
          let parts = table.elements(of: step).map(Array.init) ?? []
          if parts.count == 3 { note(outer, parts[1]) }
        }
      default: if let (key, _) = table.pair(of: value) { note(outer, key) }
      }
    }
    sortedKeys = order.map { key in
      (key.outer, table.value(of: key.inner), number(key.outer, key.inner))
    }.sorted { $0.value < $1.value }
  }
}

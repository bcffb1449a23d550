internal import Histories
package import Linearizability
internal import Values
internal import Verdicts

/// The keys of a history by what was touched together: linearizability is local for keys that no
/// operation touches together with others.
package struct KeyComponents {
  /// Objects of one kind, each with the keys that it has.
  struct Group<Operation: Sendable> {
    var histories: [ObjectHistory<Operation>] = []
    var keys: [[Int32]] = []
  }

  /// Single keys that are only read, written and compared.
  private(set) var registers = Group<Action>()
  /// Single keys that are only read, written and appended to.
  private(set) var texts = Group<AppendText.Operation>()
  /// Everything else.
  private(set) var others = Group<KeyValues.Operation>()
  let operations: Int
  let indeterminate: Int

  private let reading: KeyValueReading
  /// The values as texts by number, where something is appended.
  private var contents: [[UInt8]] = []
  /// The number that stands for a value; null and the empty text are one where there are texts.
  private var emptyNumbers: (null: Int32, empty: Int32)?

  private enum Kind { case register, text, other }

  /// - Parameter areTogether: Whether all keys are taken as one object, though they need not be.
  init(_ reading: KeyValueReading, areTogether: Bool = false) {
    self.reading = reading
    operations = reading.operations
    indeterminate = reading.indeterminate
    let roots =
      areTogether
      ? [Int32](repeating: 0, count: reading.keys.count) : KeyComponents.roots(of: reading)
    let kinds = KeyComponents.kinds(of: reading, roots)
    if kinds.contains(where: { $0 != .register }) { readContents() }
    place(roots, kinds)
  }

  /// For each key the least key that is touched together with it, at once or by way of others.
  private static func roots(of reading: KeyValueReading) -> [Int32] {
    var parents = Array(0..<Int32(reading.keys.count))
    func root(_ key: Int32) -> Int32 {
      var key = key
      while parents[Int(key)] != key {
        parents[Int(key)] = parents[Int(parents[Int(key)])]
        key = parents[Int(key)]
      }
      return key
    }
    for item in reading.items where item.accesses.count > 1 {
      let first = root(reading.accesses[Int(item.accesses.lowerBound)].key)
      var least = first
      for place in item.accesses {
        let other = root(reading.accesses[Int(place)].key)
        (least, parents[Int(max(least, other))]) = (min(least, other), min(least, other))
      }
    }
    return parents.indices.map { root(Int32($0)) }
  }

  /// For each root what kind of object its keys are.
  private static func kinds(of reading: KeyValueReading, _ roots: [Int32]) -> [Kind] {
    var appends = [Bool](repeating: false, count: roots.count)
    var compares = appends
    var isTogether = appends
    for (key, root) in roots.enumerated() where key != root { isTogether[Int(root)] = true }
    for item in reading.items {
      for place in item.accesses {
        let access = reading.accesses[Int(place)]
        let root = Int(roots[Int(access.key)])
        if item.accesses.count > 1 { isTogether[root] = true }
        switch access.effect {
        case .append: appends[root] = true
        case .cas, .differ: compares[root] = true
        case .read, .write: break
        }
      }
    }
    return roots.indices.map { root in
      if isTogether[root] || (appends[root] && compares[root]) { return .other }
      return appends[root] ? .text : .register
    }
  }

  /// The values' texts; what is no text can't be taken for one.
  private mutating func readContents() {
    var null: Int32?
    var empty: Int32?
    contents = (0..<reading.values.count).map { number in
      let value =
        number == 0
        ? reading.settings.initial : reading.table.value(of: reading.values.codes[number])
      switch value {
      case .null:
        null = Int32(number)
        return []
      case .string(let text):
        if text.isEmpty { empty = Int32(number) }
        return Array(text.utf8)
      default: return [0xff] + Array(value.json.utf8)
      }
    }
    if let null, let empty { emptyNumbers = (null, empty) }
  }

  /// One number for null and the empty text.
  private func canonical(_ number: Int32) -> Int32 {
    guard let emptyNumbers, number == emptyNumbers.empty else { return number }
    return emptyNumbers.null
  }

  private func canonical(_ effect: KeyValues.Effect) -> KeyValues.Effect {
    switch effect {
    case .read(let value): .read(canonical(value))
    case .write(let value): .write(canonical(value))
    case .cas(let from, let to): .cas(from: canonical(from), to: canonical(to))
    case .differ(let from): .differ(from: canonical(from))
    case .append(let value): .append(canonical(value))
    }
  }

  /// Puts each operation into its object.
  private mutating func place(_ roots: [Int32], _ kinds: [Kind]) {
    // By root: the object's place in its group; by key: its place in its object.
    var objects = [Int32](repeating: -1, count: roots.count)
    var places = [Int32](repeating: 0, count: roots.count)
    for (key, root) in roots.enumerated() {
      let isNew = Int32(key) == root
      switch kinds[Int(root)] {
      case .register: objects[key] = registers.add(Int32(key))
      case .text: objects[key] = texts.add(Int32(key))
      case .other:
        if isNew {
          objects[key] = others.add(Int32(key))
        } else {
          places[key] = others.add(Int32(key), to: objects[Int(root)])
        }
      }
    }
    var numbers = [Int32](repeating: -1, count: reading.items.count)
    for event in reading.events {
      let item = reading.items[Int(event >> 1)]
      let first = reading.accesses[Int(item.accesses.lowerBound)]
      let root = Int(roots[Int(first.key)])
      let object = Int(objects[root])
      if event & 1 == 1 {
        let number = numbers[Int(event >> 1)]
        switch kinds[root] {
        case .register: registers.histories[object].complete(number)
        case .text: texts.histories[object].complete(number)
        case .other: others.histories[object].complete(number)
        }
        continue
      }
      let completion = item.completion < 0 ? nil : Int(item.completion)
      let position = Int(item.position)
      switch kinds[root] {
      case .register:
        numbers[Int(event >> 1)] = registers.histories[object].invoke(
          action(first.effect), process: item.process, at: position, completion: completion)
      case .text:
        numbers[Int(event >> 1)] = texts.histories[object].invoke(
          textOperation(first.effect), process: item.process, at: position,
          completion: completion)
      case .other:
        let operation = item.accesses.map { place in
          let access = reading.accesses[Int(place)]
          let effect = contents.isEmpty ? access.effect : canonical(access.effect)
          return KeyValues.Access(places[Int(access.key)], effect)
        }
        numbers[Int(event >> 1)] = others.histories[object].invoke(
          operation, process: item.process, at: position, completion: completion)
      }
    }
  }

  private func action(_ effect: KeyValues.Effect) -> Action {
    switch effect {
    case .read(let value): .observe(value)
    case .write(let value): .set(value)
    case .cas(let from, let to): .move(from: from, to: to)
    case .differ(let from): .differ(from)
    case .append: preconditionFailure("a register is not appended to")
    }
  }

  private func textOperation(_ effect: KeyValues.Effect) -> AppendText.Operation {
    switch canonical(effect) {
    case .read(let value): .read(value)
    case .write(let value): .write(value)
    case .append(let value): .append(value)
    case .cas, .differ: preconditionFailure("a text is not compared")
    }
  }
}

extension KeyComponents.Group {
  fileprivate mutating func add(_ key: Int32) -> Int32 {
    histories.append(ObjectHistory())
    keys.append([key])
    return Int32(histories.count - 1)
  }

  /// - Returns: The key's place in the object.
  fileprivate mutating func add(_ key: Int32, to object: Int32) -> Int32 {
    keys[Int(object)].append(key)
    return Int32(keys[Int(object)].count - 1)
  }
}

extension KeyComponents {
  /// The registers' histories, and the texts'.
  package var registerHistories: [ObjectHistory<Action>] { registers.histories }
  package var textHistories: [ObjectHistory<AppendText.Operation>] { texts.histories }
  package var textObject: AppendText {
    AppendText(texts: contents, initial: contents.first ?? [])
  }

  /// The histories of keys that are touched together, and their object.
  package var joinedHistories: [ObjectHistory<KeyValues.Operation>] { others.histories }
  package var joinedObject: KeyValues {
    KeyValues(
      keyCount: others.keys.map(\.count).max() ?? 0, initial: 0, texts: distinctContents)
  }

  /// Judges all objects, the simple ones first.
  func judge(_ judgement: inout ModelJudgement, _ table: ValueTable, _ terms: Terms) {
    judgement.add(registers.histories, names(registers.keys), of: Register(initial: 0), terms) {
      number(0, $1)
    }
    guard judgement.invalid == nil else { return }
    if !texts.histories.isEmpty {
      judgement.add(texts.histories, names(texts.keys), of: textObject, terms) {
        quoted($1)
      }
    }
    guard judgement.invalid == nil, !others.histories.isEmpty else { return }
    judgement.add(others.histories, names(others.keys), of: joinedObject, terms) {
      component, state in
      let parts = zip(others.keys[component], state).map { key, content in
        "\(reading.keys[Int(key)].text(limit: 20)): \(text(of: content))"
      }
      return "{\(parts.joined(separator: ", "))}"
    }
  }

  /// The texts by number, in which one that stands for another is no text at all.
  private var distinctContents: [[UInt8]] {
    guard let emptyNumbers else { return contents }
    var distinct = contents
    distinct[Int(emptyNumbers.empty)] = [0xff, 0xff]
    return distinct
  }

  private func names(_ components: [[Int32]]) -> [Value] {
    components.map { keys in
      keys.count == 1 ? reading.keys[Int(keys[0])] : .list(keys.map { reading.keys[Int($0)] })
    }
  }

  private func number(_ component: Int, _ value: Int32) -> String {
    value == 0
      ? reading.settings.initial.text(limit: 30) : reading.values.text(value, reading.table)
  }

  private func text(of content: KeyValues.Content) -> String {
    switch content {
    case .known(let value): number(0, value)
    case .text(let bytes): quoted(bytes)
    }
  }

  private func quoted(_ bytes: [UInt8]) -> String {
    Value.string(String(decoding: bytes, as: UTF8.self)).text(limit: 40)
  }
}

internal import Histories
internal import Values

/// The order in which reads of a text show its elements.
///
/// By the strong list specification one order of all elements that were ever inserted agrees with every
/// list that was read, and with where each was inserted (Attiya et al., *Specification and complexity of
/// collaborative text editing*, 2016, section 3). There is one exactly where the pairs of neighbours of
/// all lists make no circle.
struct TextOrder {
  /// An element that some list, or an insert, shows right before another one.
  struct Pair {
    var before: Int32
    var after: Int32
    /// The line that shows it.
    var line: Int32
  }

  private let history: ReplicaHistory
  private var numbers: CodeNumbers
  private var next: [[Pair]] = []
  private var known: Set<UInt64> = []
  /// For each element the update that inserted it; -1 where that is not known.
  private var inserts: [Int32] = []

  private static let insert: UInt8 = 0

  /// - Complexity: O(*l*) for reads of *l* elements in all.
  init(_ history: ReplicaHistory) {
    self.history = history
    numbers = CodeNumbers(bound: history.history.count)
    for update in 0..<history.updateCount where history.functions[update] == TextOrder.insert {
      let element = number(of: TextSpecification.element(of: update, history))
      if inserts[element] < 0 { inserts[element] = Int32(truncatingIfNeeded: update) }
      guard let parts = history.table.elements(of: history.results[update]).map({ Array($0) }),
        parts.count == 3
      else { continue }
      if parts[0] != .null { add(number(of: parts[0]), element, history.lines[update]) }
      if parts[2] != .null { add(element, number(of: parts[2]), history.lines[update]) }
    }
    var seen: Set<ValueCode> = []
    for read in history.reads where seen.insert(read.answer).inserted {
      var last = -1
      for code in history.table.elements(of: read.answer) ?? [] {
        let element = number(of: code)
        if last >= 0 { add(last, element, read.completion) }
        last = element
      }
    }
  }

  func value(of element: Int32) -> Value {
    history.table.value(of: numbers.codes[Int(element)])
  }

  private mutating func number(of code: ValueCode) -> Int {
    let number = Int(numbers.number(of: code))
    if number == inserts.count {
      inserts.append(-1)
      next.append([])
    }
    return number
  }

  private mutating func add(_ before: Int, _ after: Int, _ line: Int32) {
    guard known.insert(UInt64(before) << 32 | UInt64(after)).inserted else { return }
    next[before].append(
      Pair(
        before: Int32(truncatingIfNeeded: before), after: Int32(truncatingIfNeeded: after),
        line: line))
  }

  /// Pairs each of which begins with the element that the one before ends with, in a circle; as few as
  /// one element's shortest circle has.
  var circle: [Pair]? {
    guard let member = memberOfCircle else { return nil }
    // Breadth first from the member back to itself.
    var reached: [Int32: Pair] = [:]
    var open = [member]
    var cursor = 0
    while cursor < open.count {
      let element = open[cursor]
      cursor += 1
      for pair in next[Int(element)] {
        if pair.after == member {
          var path = [pair]
          while let first = path.last, first.before != member, let earlier = reached[first.before] {
            path.append(earlier)
          }
          return path.reversed()
        }
        if reached[pair.after] == nil {
          reached[pair.after] = pair
          open.append(pair.after)
        }
      }
    }
    return nil
  }

  private var memberOfCircle: Int32? {
    var state = [UInt8](repeating: 0, count: next.count)
    for root in next.indices where state[root] == 0 {
      var path: [(element: Int, cursor: Int)] = [(root, 0)]
      state[root] = 1
      while let (element, cursor) = path.last {
        guard cursor < next[element].count else {
          state[element] = 2
          path.removeLast()
          continue
        }
        path[path.count - 1].cursor += 1
        let after = Int(next[element][cursor].after)
        if state[after] == 1 { return Int32(truncatingIfNeeded: after) }
        if state[after] == 0 {
          state[after] = 1
          path.append((after, 0))
        }
      }
    }
    return nil
  }
}

extension TextOrder {
  /// An element that a read shows within a run of others that it had not seen.
  struct Interleaving {
    var read: Int
    var before: ValueCode
    var stranger: ValueCode
    var after: ValueCode
  }

  /// Elements between one and another that was inserted right behind it, whose own insert had not seen
  /// the first (Kleppmann et al., *Interleaving anomalies in collaborative text editors*, 2019; forward
  /// non-interleaving of Weidner and Kleppmann, *The art of the Fugue*, 2023, definition 4).
  ///
  /// - Parameter stepsMax: How many elements are looked at in all.
  func interleavings(stepsMax: Int = 50_000_000) -> (found: [Interleaving], isComplete: Bool) {
    var found: [Interleaving] = []
    var seen: Set<ValueCode> = []
    var steps = 0
    var places: [Int32: Int] = [:]
    for (place, read) in history.reads.enumerated() where seen.insert(read.answer).inserted {
      let elements = Array(history.table.elements(of: read.answer) ?? [])
      steps += elements.count
      places.removeAll(keepingCapacity: true)
      for (position, code) in elements.enumerated() {
        guard let element = numbers.number(ofKnown: code) else { continue }
        places[element] = position
        guard let predecessor = left(of: element), let start = places[predecessor],
          start < position
        else { continue }
        steps += position - start
        guard steps < stepsMax else { return (found, false) }
        for between in elements[(start + 1)..<position]
        where !hasSeen(between, predecessor) {
          found.append(
            Interleaving(
              read: place, before: elements[start], stranger: between, after: code))
          break
        }
      }
    }
    return (found, true)
  }

  /// The element behind which another one was inserted.
  private func left(of element: Int32) -> Int32? {
    let update = Int(inserts[Int(element)])
    guard update >= 0,
      let parts = history.table.elements(of: history.results[update]), parts.count == 3,
      let left = parts.first, left != .null
    else { return nil }
    return numbers.number(ofKnown: left)
  }

  /// Whether the insert of an element had seen that of another one; so where it is not known.
  private func hasSeen(_ element: ValueCode, _ other: Int32) -> Bool {
    guard let element = numbers.number(ofKnown: element) else { return true }
    let (update, earlier) = (Int(inserts[Int(element)]), Int(inserts[Int(other)]))
    return update < 0 || earlier < 0 || history.saw(update, earlier)
  }
}

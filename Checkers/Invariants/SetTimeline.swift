internal import Histories
internal import Values
internal import Verdicts

/// What became of each element of a grow-only set, from adds and reads: integers in flat arrays.
///
/// Reads are swept once, from the last to the first, so the cost is that of the reads' total length
/// and not of reads × elements.
struct SetTimeline {
  /// A read that was answered.
  struct Read {
    var invocation: Int32
    var completion: Int32
    var isFinal: Bool
    /// The place of its answer among ``answers``.
    var answer: Int32
  }

  let history: HistoryColumns
  private(set) var reads: [Read] = []
  private(set) var attempts = 0
  private(set) var acknowledgements = 0
  /// The `index` of the first operation that the checker has no name for, and why.
  private(set) var problem: String?
  /// Why the final reads of named nodes prove nothing yet, where they don't.
  private(set) var unrest: String?

  // Of each element; positions are lines of the history, or -1.
  /// The first invocation of an add, and the first add that was acknowledged.
  private(set) var added: [Int32] = []
  private(set) var acknowledged: [Int32] = []
  /// The first invocation of an add that did not certainly fail.
  private(set) var possible: [Int32] = []
  /// The first read that had it twice.
  private(set) var duplicated: [Int32] = []
  /// The completion of the acknowledged add or of the first read that had it.
  private(set) var known: [Int32] = []
  /// The latest invocation of a read that had it, and of one that had not.
  private(set) var lastPresent: [Int32] = []
  private(set) var lastAbsent: [Int32] = []
  /// The read that had it first.
  private(set) var firstRead: [Int32] = []

  private var numbers: CodeNumbers
  /// The history's values, and elements of sets that occur nowhere by themselves.
  private var table: ValueTable
  /// The elements of the answers, each once in each, one answer after the other.
  private var contents: [Int32] = []
  /// The first of each answer's, and of one more behind the last.
  private var starts = [0]
  /// For each element the last answer that had it, from 1.
  private var stamps: [Int32] = []
  private var answers: [ValueCode: Int32] = [:]

  init(_ history: HistoryColumns) {
    self.history = history
    table = history.table
    numbers = CodeNumbers(bound: history.count)
    enum Role { case add, read, none, unknown }
    let roles = history.names.map { name -> Role in
      switch name {
      case "add", "broadcast": .add
      case "read": .read
      // Maelstrom's broadcast tells the nodes of each other first.
      case "topology": .none
      default: .unknown
      }
    }
    let finalReads = finalReads()
    unrest = finalReads.unrest
    history.table.withLists { lists in
      for position in history.types.indices
      where history.types[position] == .invoke && history.processes[position] >= 0 {
        switch roles[Int(history.functions[position])] {
        case .add: add(position)
        case .read: read(position, lists, finalReads)
        case .none: continue
        case .unknown:
          problem =
            "op \(history.index(at: position)): set-full has no operation "
            + history.f(at: position)
        }
        if problem != nil { return }
      }
    }
    sweep()
  }

  /// What nodes answered in the end; answers mean the same where their elements are the same.
  private func finalReads() -> FinalReads<[Int32]> {
    var table = table
    var states: [ValueCode: [Int32]] = [:]
    return FinalReads(history) { position in
      let code = history.values[position]
      if let state = states[code] { return state }
      let elements =
        table.elements(of: code).map { Array($0) }
        ?? (table.value(of: code).elements ?? []).map { table.code(of: $0) }
      let state = elements.map(\.raw).sorted()
      states[code] = state
      return state
    }
  }

  @inline(__always)
  private mutating func number(of code: ValueCode) -> Int {
    let number = Int(numbers.number(of: code))
    if number == added.count {
      added.append(-1)
      acknowledged.append(-1)
      possible.append(-1)
      duplicated.append(-1)
      stamps.append(0)
    }
    return number
  }

  private mutating func add(_ position: Int) {
    attempts += 1
    let element = number(of: history.values[position])
    let (invocation, partner) = (Int32(truncatingIfNeeded: position), history.partners[position])
    if added[element] < 0 { added[element] = invocation }
    let outcome = partner < 0 ? .info : history.types[Int(partner)]
    if outcome != .fail && possible[element] < 0 { possible[element] = invocation }
    guard outcome == .ok else { return }
    acknowledgements += 1
    if acknowledged[element] < 0 || partner < acknowledged[element] {
      acknowledged[element] = partner
    }
  }

  private mutating func read(
    _ position: Int, _ lists: ValueTable.Lists, _ finalReads: FinalReads<[Int32]>
  ) {
    let partner = history.partners[position]
    guard partner >= 0, history.types[Int(partner)] == .ok else { return }
    guard let answer = answer(history.values[Int(partner)], at: partner, lists) else { return }
    reads.append(
      Read(
        invocation: Int32(truncatingIfNeeded: position), completion: partner,
        isFinal: finalReads.judges(position, Int(partner)), answer: answer))
  }

  /// The number of an answer, whose elements are gone through when it is met first.
  private mutating func answer(
    _ code: ValueCode, at completion: Int32, _ lists: ValueTable.Lists
  ) -> Int32? {
    if let known = answers[code] { return known }
    let number = Int32(truncatingIfNeeded: starts.count - 1)
    if let elements = lists[code] {
      for element in elements { note(element, number, completion) }
    } else {
      let value = table.value(of: code)
      guard let elements = value == .null ? [] : value.elements else {
        problem =
          "op \(history.index(at: Int(completion))): a read should answer a list, not "
          + value.text()
        return nil
      }
      for element in elements { note(table.code(of: element), number, completion) }
    }
    answers[code] = number
    starts.append(contents.count)
    return number
  }

  @inline(__always)
  private mutating func note(_ code: ValueCode, _ answer: Int32, _ completion: Int32) {
    let element = number(of: code)
    guard stamps[element] <= answer else {
      if duplicated[element] < 0 { duplicated[element] = completion }
      return
    }
    stamps[element] = answer + 1
    contents.append(Int32(truncatingIfNeeded: element))
  }

  /// From the last read to the first, with the elements that every later read had: each read
  /// drops from these what it lacks, and an element is dropped once.
  private mutating func sweep() {
    let count = added.count
    lastPresent = Array(repeating: -1, count: count)
    lastAbsent = lastPresent
    firstRead = Array(repeating: .max, count: count)
    var everPresent = (0..<Int32(truncatingIfNeeded: count)).map { $0 }
    for element in 0..<count { stamps[element] = -1 }
    for read in reads.reversed() {
      for place in range(of: read.answer) {
        let element = Int(contents[place])
        stamps[element] = read.invocation
        if lastPresent[element] < 0 { lastPresent[element] = read.invocation }
        if read.completion < firstRead[element] { firstRead[element] = read.completion }
      }
      guard range(of: read.answer).count < count else { continue }
      everPresent.removeAll { element in
        guard stamps[Int(element)] != read.invocation else { return false }
        lastAbsent[Int(element)] = read.invocation
        return true
      }
    }
    known = acknowledged
    for element in 0..<count {
      guard firstRead[element] < .max else {
        firstRead[element] = -1
        continue
      }
      known[element] =
        known[element] < 0 ? firstRead[element] : min(known[element], firstRead[element])
    }
  }

  private func range(of answer: Int32) -> Range<Int> {
    starts[Int(answer)]..<starts[Int(answer) + 1]
  }
}

extension SetTimeline {
  /// How many elements were added or read.
  var count: Int { added.count }

  func value(of element: Int) -> Value { table.value(of: numbers.codes[element]) }

  /// The elements of a read, each once.
  func elements(of read: Read) -> ArraySlice<Int32> { contents[range(of: read.answer)] }

  /// Whether two reads had the same elements.
  func areEqual(_ read: Read, _ other: Read) -> Bool {
    if read.answer == other.answer { return true }
    let (mine, others) = (elements(of: read), elements(of: other))
    return mine.count == others.count && mine.sorted() == others.sorted()
  }
}

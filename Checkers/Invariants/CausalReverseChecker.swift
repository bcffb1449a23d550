public import Histories
internal import Values
public import Verdicts

/// Judges that whoever sees a write sees those that had completed before it was invoked: Jepsen's
/// causal-reverse.
///
/// Operations: `write` e, each e once; `read` → [e, …]. A read that has an element, but lacks one that
/// was acknowledged before the first one's write was invoked, is a `causal-reverse`: strict
/// serializability forbids it, serializability does not.
public struct CausalReverseChecker: ColumnChecker {
  public var name: String { "causal-reverse" }

  private let isKeyed: Bool

  /// - Parameter isKeyed: Whether values are [key, value], and each key is judged alone.
  public init(isKeyed: Bool = false) { self.isKeyed = isKeyed }

  private static let meaning = "reads of a write that lack one which had ended before it began"

  /// - Complexity: O(*n* + total length of the reads).
  public func check(_ history: HistoryColumns) -> Finding {
    var sets = WrittenSets(history, isKeyed: isKeyed)
    if let problem = sets.problem { return Finding(name, .unknown, reason: problem) }
    var report = CaseReport([(name, CausalReverseChecker.meaning)])
    for read in sets.reads {
      guard let reversal = sets.reversal(in: read) else { continue }
      let lines = [
        reversal.lacking.begin, reversal.lacking.end, reversal.seen.begin, read.completion,
      ]
      let indices = lines.map { history.index(at: Int($0)) }
      report.add(
        name, indices,
        "op \(indices[3]) has \(sets.text(reversal.seen.element)), whose write began at op "
          + "\(indices[2]), but lacks \(sets.text(reversal.lacking.element)), which was acknowledged at "
          + "op \(indices[1])" + (reversal.count > 1 ? ", and \(reversal.count - 1) more" : ""))
    }
    var finding = Finding(
      name, .valid,
      facts: ValueMap(facts: [
        "write-count": .integer(sets.writeCount), "read-count": .integer(sets.reads.count),
      ]))
    finding.add(report.anomalies)
    if sets.reads.isEmpty {
      finding.verdict = .unknown
      finding.reason = "no read succeeded"
    }
    return finding
  }
}

/// Sets that grow by writes, a key each, and reads of them: integers in flat arrays.
private struct WrittenSets {
  /// A write of an element, and the lines where it began and was acknowledged.
  struct Write {
    var element: ValueCode
    var begin: Int32
    var end: Int32
  }

  struct Read {
    var key: Int32
    var completion: Int32
    var elements: [Int32]
  }

  /// A read's latest write that it has, the first one that it lacks, and how many it lacks.
  struct Reversal {
    var seen: Write
    var lacking: Write
    var count: Int
  }

  private static let never = Int32.max

  private(set) var reads: [Read] = []
  private(set) var problem: String?
  private(set) var writeCount = 0
  private let history: HistoryColumns
  private let isKeyed: Bool
  private var table: ValueTable
  private var keys: CodeNumbers
  /// The number of each element of each key, by which writes are kept.
  private var numbers: [CodeNumbers] = []
  /// For each key its writes by number; those that nobody wrote begin at -1.
  private var writes: [[Write]] = []
  /// The acknowledged writes of each key in the order in which they were.
  private var acknowledged: [[Int32]] = []
  /// For each element of each key the last read that had it.
  private var stamps: [[Int32]] = []

  init(_ history: HistoryColumns, isKeyed: Bool) {
    self.history = history
    self.isKeyed = isKeyed
    table = history.table
    keys = CodeNumbers(bound: history.count)
    for position in history.types.indices where history.processes[position] >= 0 {
      let f = history.f(at: position)
      switch (f, history.types[position]) {
      case ("write", .invoke): begin(position)
      case ("write", .ok): end(position)
      case ("read", .ok): read(position)
      case ("read", _), ("write", _): continue
      default:
        problem = "op \(history.index(at: position)): causal-reverse has no operation \(f)"
      }
      if problem != nil { return }
    }
    stamps = writes.map { Array(repeating: -1, count: $0.count) }
  }

  func text(_ element: ValueCode) -> String { table.value(of: element).text(limit: 24) }

  /// The key and the value of a line, or the one key that there is.
  private mutating func parts(_ position: Int) -> (key: Int, value: ValueCode)? {
    let code = history.values[position]
    guard isKeyed else { return (self.key(.null), code) }
    guard let (key, value) = history.table.pair(of: code) else {
      problem =
        "op \(history.index(at: position)): \(table.value(of: code).text()) is no [key, value]"
      return nil
    }
    return (self.key(key), value)
  }

  private mutating func key(_ code: ValueCode) -> Int {
    let key = Int(keys.number(of: code))
    if key == writes.count {
      // Of many keys each has few elements, which may have any names.
      numbers.append(CodeNumbers(bound: isKeyed ? 0 : history.count))
      writes.append([])
      acknowledged.append([])
    }
    return key
  }

  private mutating func number(_ key: Int, _ element: ValueCode) -> Int {
    let number = Int(numbers[key].number(of: element))
    if number == writes[key].count {
      writes[key].append(Write(element: element, begin: -1, end: WrittenSets.never))
    }
    return number
  }

  private mutating func begin(_ position: Int) {
    guard let (key, element) = parts(position) else { return }
    let number = number(key, element)
    writeCount += 1
    guard writes[key][number].begin < 0 else {
      problem =
        "op \(history.index(at: position)): \(text(element)) was written at op "
        + "\(history.index(at: Int(writes[key][number].begin))) already; elements must be unique"
      return
    }
    writes[key][number].begin = Int32(truncatingIfNeeded: position)
  }

  private mutating func end(_ position: Int) {
    let invocation = Int(history.partners[position])
    guard invocation >= 0, let (key, element) = parts(invocation) else { return }
    let number = number(key, element)
    writes[key][number].end = Int32(truncatingIfNeeded: position)
    acknowledged[key].append(Int32(truncatingIfNeeded: number))
  }

  private mutating func read(_ position: Int) {
    guard let (key, value) = parts(position) else { return }
    let elements: [ValueCode]
    if let codes = table.elements(of: value) {
      elements = Array(codes)
    } else {
      let answer = table.value(of: value)
      guard let values = answer == .null ? [] : answer.elements else {
        problem =
          "op \(history.index(at: position)): a read should answer a list, not \(answer.text())"
        return
      }
      elements = values.map { table.code(of: $0) }
    }
    reads.append(
      Read(
        key: Int32(truncatingIfNeeded: key), completion: Int32(truncatingIfNeeded: position),
        elements: elements.map { Int32(truncatingIfNeeded: number(key, $0)) }))
  }

  /// What a read lacks of what had ended before what it has began.
  ///
  /// The first acknowledged write that it lacks is the one to look at: if that had not ended before
  /// the last write that the read has began, none had. It is found in as many steps as the read has
  /// elements.
  mutating func reversal(in read: Read) -> Reversal? {
    let key = Int(read.key)
    var latest: Int32 = -1
    var seenCount = 0
    for element in read.elements where stamps[key][Int(element)] != read.completion {
      stamps[key][Int(element)] = read.completion
      let begin = writes[key][Int(element)].begin
      if begin >= 0, latest < 0 || begin > writes[key][Int(latest)].begin { latest = element }
    }
    guard latest >= 0 else { return nil }
    let seen = writes[key][Int(latest)]
    let first = acknowledged[key].first { stamps[key][Int($0)] != read.completion }
    guard let first, writes[key][Int(first)].end < seen.begin else { return nil }
    for element in Set(read.elements) where writes[key][Int(element)].end < seen.begin {
      seenCount += 1
    }
    let before = acknowledged[key].partitionPoint { writes[key][Int($0)].end < seen.begin }
    return Reversal(seen: seen, lacking: writes[key][Int(first)], count: before - seenCount)
  }
}

extension Array {
  /// How many of the first elements meet a condition that none after them meets.
  fileprivate func partitionPoint(_ holds: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

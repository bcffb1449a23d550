import Histories
import Values
import Verdicts

/// A history of transactions as columns of integers: what the passes of the checkers work on.
///
/// Transactions, their steps, keys and writes are numbered from 0 in the order of the history. A
/// write stands for the version that it makes, since no two write one value to one key; where two
/// do, the key is ambiguous, and nothing is said of it.
struct Transactions {
  enum Outcome: UInt8 { case committed, indeterminate, aborted }

  let kind: TransactionKind

  // Of each transaction.
  private(set) var outcomes: [Outcome] = []
  private(set) var processes: [Int] = []
  /// The place of the invocation among the history's lines, and of the completion where the
  /// transaction committed, else ``never``: it may take effect at any time after its invocation.
  private(set) var begins: [Int32] = []
  private(set) var ends: [Int32] = []
  /// The first step of each transaction, and of one more behind the last.
  private(set) var starts: [Int32] = [0]
  static let never = Int32.max

  // Of each step.
  private(set) var keys: [Int32] = []
  /// What a step writes; -1 for a read.
  private(set) var writes: [Int32] = []
  /// Where in ``elements`` begins and ends what a read observed; -1 where that is not known.
  private var observedStarts: [Int32] = []
  private var observedEnds: [Int32] = []

  /// The writes that reads observed; what was never written as the complement of its place in
  /// ``garbage``.
  private(set) var elements: [Int32] = []
  private(set) var garbage: [Value] = []

  // Of each write.
  /// The transaction and the step that write it.
  private(set) var writers: [Int32] = []
  private(set) var writeSteps: [Int32] = []
  private var values: [Value] = []

  // Of each key.
  private var keyNumbers = Interner()
  /// Whether two writes of a key have one value.
  private(set) var isAmbiguous: [Bool] = []
  /// The first two writes that can't be told apart.
  private(set) var ambiguity: (first: Int32, second: Int32)?

  private let lines: [Operation]

  private struct Version: Hashable {
    var key: Int32
    var value: Value
  }

  /// Reads the transactions of a history.
  ///
  /// - Throws: When an operation is none, naming its line.
  /// - Complexity: O(*n*), where *n* counts the elements of reads, too.
  init(_ history: History, _ kind: TransactionKind) throws(MalformedTransaction) {
    self.kind = kind
    lines = history.operations
    var versions: [Version: Int32] = [:]
    var reads: [(step: Int, observed: Value, index: Int)] = []
    for position in lines.indices {
      let line = lines[position]
      guard line.type == .invoke, line.process.number != nil else { continue }
      let partner = Int(history.partners[position])
      try addTransaction(
        at: position, completion: partner < 0 ? nil : partner, &versions, &reads)
    }
    for read in reads { try resolve(read, versions) }
  }

  var count: Int { outcomes.count }
  var keyCount: Int { isAmbiguous.count }
  var writeCount: Int { writers.count }
  func steps(of transaction: Int) -> Range<Int> {
    Int(starts[transaction])..<Int(starts[transaction + 1])
  }

  /// What a read observed, as a range of ``elements``; nothing for writes and where it is not known.
  func observed(by step: Int) -> Range<Int>? {
    observedStarts[step] < 0 ? nil : Int(observedStarts[step])..<Int(observedEnds[step])
  }

  func key(of write: Int32) -> Int32 { keys[Int(writeSteps[Int(write)])] }

  func isAborted(_ write: Int32) -> Bool { outcomes[Int(writers[Int(write)])] == .aborted }

  /// The step's place in its transaction.
  func place(of step: Int, in transaction: Int) -> Int { step - Int(starts[transaction]) }
}

extension Transactions {
  private mutating func addTransaction(
    at position: Int, completion: Int?, _ versions: inout [Version: Int32],
    _ reads: inout [(step: Int, observed: Value, index: Int)]
  ) throws(MalformedTransaction) {
    let transaction = Int32(outcomes.count)
    let source = lines[completion.flatMap { lines[$0].type == .ok ? $0 : nil } ?? position]
    let isCommitted = source.type == .ok
    let isAborted = completion.map { lines[$0].type == .fail } ?? false
    outcomes.append(isCommitted ? .committed : isAborted ? .aborted : .indeterminate)
    processes.append(lines[position].process.number ?? -1)
    begins.append(Int32(position))
    ends.append(isCommitted ? Int32(completion ?? position) : Transactions.never)
    guard source.f == "txn" else {
      throw MalformedTransaction(index: source.index, "\"\(source.f)\" is no transaction, \"txn\"")
    }
    guard case .list(let steps) = source.value else {
      throw MalformedTransaction(
        index: source.index, "\(source.value.text()) is no list of micro-operations")
    }
    for (place, step) in steps.enumerated() {
      do throws(MalformedStep) {
        switch try MicroOperation(step, kind) {
        case .read(let key, let observed):
          if isCommitted { reads.append((keys.count, observed, source.index)) }
          addStep(on: key, write: -1)
        case .write(let key, let value):
          addWrite(value, to: key, by: transaction, &versions)
        }
      } catch {
        throw MalformedTransaction(
          index: source.index, "txn[\(place)], \(error.found.text()), \(error.problem)")
      }
    }
    starts.append(Int32(keys.count))
  }

  private mutating func addStep(on key: Value, write: Int32) {
    let number = keyNumbers.number(of: key)
    if Int(number) == isAmbiguous.count { isAmbiguous.append(false) }
    keys.append(number)
    writes.append(write)
    observedStarts.append(-1)
    observedEnds.append(-1)
  }

  private mutating func addWrite(
    _ value: Value, to key: Value, by transaction: Int32, _ versions: inout [Version: Int32]
  ) {
    let write = Int32(writers.count)
    addStep(on: key, write: write)
    let number = keys[keys.count - 1]
    writers.append(transaction)
    writeSteps.append(Int32(keys.count - 1))
    values.append(value)
    let version = Version(key: number, value: value)
    if let first = versions[version] {
      isAmbiguous[Int(number)] = true
      if ambiguity == nil { ambiguity = (first, write) }
    } else {
      versions[version] = write
    }
  }

  private mutating func resolve(
    _ read: (step: Int, observed: Value, index: Int), _ versions: [Version: Int32]
  ) throws(MalformedTransaction) {
    let values: [Value]
    switch (kind, read.observed) {
    case (_, .null): values = []
    case (.listAppend, .list(let list)): values = list
    case (.register, let value): values = [value]
    default:
      throw MalformedTransaction(
        index: read.index,
        "a read of \(keyText(keys[read.step])) observed \(read.observed.text()), which is no list")
    }
    observedStarts[read.step] = Int32(elements.count)
    for value in values {
      if let write = versions[Version(key: keys[read.step], value: value)] {
        elements.append(write)
      } else {
        elements.append(~Int32(garbage.count))
        garbage.append(value)
      }
    }
    observedEnds[read.step] = Int32(elements.count)
  }
}

extension Transactions {
  func keyText(_ key: Int32) -> String { "key \(keyNumbers.values[Int(key)].text(limit: 40))" }

  /// The value of a write, or of what was never written.
  func text(of element: Int32) -> String {
    (element < 0 ? garbage[Int(~element)] : values[Int(element)]).text(limit: 40)
  }

  /// The value that a read returned.
  func text(observedBy step: Int) -> String {
    let elements = (observed(by: step) ?? 0..<0).map { self.elements[$0] }
    switch kind {
    case .register: return elements.first.map(text) ?? "null"
    case .listAppend:
      let shown = elements.suffix(12).map(text).joined(separator: ", ")
      return "[\(elements.count > 12 ? "…, " : "")\(shown)]"
    }
  }

  /// The line that says what a transaction did, and its partner.
  func operations(of transaction: Int) -> (invocation: Operation, completion: Operation?) {
    let end = ends[transaction]
    return (
      lines[Int(begins[transaction])], end == Transactions.never ? nil : lines[Int(end)]
    )
  }

  /// A transaction in one line.
  func text(of transaction: Int) -> String {
    let (invocation, completion) = operations(of: transaction)
    let outcome =
      switch outcomes[transaction] {
      case .committed: ""
      case .indeterminate: ", indeterminate"
      case .aborted: ", aborted"
      }
    return "\((completion ?? invocation).value.text(limit: 160)) "
      + "(op \((completion ?? invocation).index), process \(processes[transaction])\(outcome))"
  }

  /// The `index` of a transaction's lines.
  func indices(of transaction: Int) -> [Int] {
    let (invocation, completion) = operations(of: transaction)
    return [invocation.index] + (completion.map { [$0.index] } ?? [])
  }
}

/// Why a history is none of transactions: which line, and what is wrong there.
struct MalformedTransaction: Error, CustomStringConvertible {
  var index: Int
  var problem: String

  init(index: Int, _ problem: String) {
    self.index = index
    self.problem = problem
  }

  var description: String { "op \(index): \(problem)" }
}

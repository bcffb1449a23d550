internal import Histories
internal import Linearizability
internal import Values
internal import Verdicts

/// One operation as a reader of a model gets it: what was asked, and what came of it.
struct Reading {
  var f: String
  /// `ok`, `fail`, or `info` where nobody knows whether it happened.
  var outcome: Operation.Kind
  /// The invocation's value; for an `ok` operation `answered` has the completion's.
  var asked: ValueCode
  var answered: ValueCode
  var process: Int32

  var isIndeterminate: Bool { outcome == .info }
}

/// Reads the operations of one kind of object.
protocol ObjectReader: Sendable {
  associatedtype Object: SequentialObject

  /// Looks at a whole history before its operations are read.
  mutating func prepare(_ history: HistoryColumns) throws(ModelError)

  /// The key of the object that an operation touches, which leaves the rest in the reading; nothing
  /// where the model has one object only.
  func split(_ reading: inout Reading, _ table: ValueTable) throws(ModelError) -> ValueCode?

  /// What an operation did, or may have done; nothing when it says nothing of the object.
  mutating func operation(
    _ reading: Reading, _ table: ValueTable
  ) throws(ModelError) -> Object.Operation?

  /// The object, once all operations are read.
  func object() -> Object

  /// A state as people read it.
  func text(of state: Object.State, _ table: ValueTable) -> String
}

extension ObjectReader {
  mutating func prepare(_ history: HistoryColumns) throws(ModelError) {}

  func split(_ reading: inout Reading, _ table: ValueTable) throws(ModelError) -> ValueCode? {
    nil
  }

  /// Takes [key, rest] apart.
  func splitPair(
    _ reading: inout Reading, _ table: ValueTable
  ) throws(ModelError) -> ValueCode {
    guard let (key, rest) = table.pair(of: reading.answered) else {
      throw reading.misshapen("[key, value]", table)
    }
    let asked = table.pair(of: reading.asked)?.1
    reading.answered = rest
    reading.asked = asked ?? .null
    return key
  }
}

extension Reading {
  /// The error that the value should have another shape.
  func misshapen(_ expected: String, _ table: ValueTable) -> ModelError {
    ModelError(.shape(expected: expected), f: f, value: table.value(of: answered))
  }

  var unknown: ModelError { ModelError(.unknownOperation, f: f, value: .null) }

  /// The integer that the value is.
  func integer(
    _ code: ValueCode, _ expected: String, _ table: ValueTable
  ) throws(ModelError) -> Int64 {
    if let integer = code.integer { return Int64(integer) }
    guard let integer = table.value(of: code).integer else { throw misshapen(expected, table) }
    return Int64(integer)
  }
}

/// Gives values dense numbers in the order in which they appear.
struct ValueNumbers: Sendable {
  private(set) var codes: [ValueCode] = []
  /// For small integers from 0 up the number + 1, or 0.
  private var small: [Int32] = []
  private var others: [ValueCode: Int32] = [:]
  private static let smallMax = 1 << 25

  var count: Int { codes.count }

  mutating func number(of code: ValueCode) -> Int32 {
    guard let integer = code.integer, integer >= 0, integer < ValueNumbers.smallMax else {
      return numberOfOther(code)
    }
    if integer >= small.count {
      // Not far beyond what is there, so that one large number does not fill the memory.
      guard integer < 2 * small.count + 4096 else { return numberOfOther(code) }
      if let known = others[code] { return known }
      small.append(
        contentsOf: repeatElement(0, count: max(integer + 1, 2 * small.count) - small.count))
    }
    if small[integer] != 0 { return small[integer] - 1 }
    if !others.isEmpty, let known = others[code] { return known }
    codes.append(code)
    small[integer] = Int32(codes.count)
    return Int32(codes.count - 1)
  }

  private mutating func numberOfOther(_ code: ValueCode) -> Int32 {
    if let known = others[code] { return known }
    others[code] = Int32(codes.count)
    codes.append(code)
    return Int32(codes.count - 1)
  }

  /// The value with a number, as people read it.
  func text(_ number: Int32, _ table: ValueTable) -> String {
    table.value(of: codes[Int(number)]).text(limit: 30)
  }
}

package import Histories
import Values
import Verdicts

extension Transactions {
  package func keyText(_ key: Int32) -> String {
    operations?.areKeyed == false
      ? "the register"
      : "key \(keyName(key))"
  }

  func keyName(_ key: Int32) -> String {
    columns.table.value(of: keyCodes[Int(key)]).text(limit: 40)
  }

  /// The value of a version.
  package func text(of version: Int32) -> String {
    version < 0 ? "null" : columns.table.value(of: versions.values[Int(version)]).text(limit: 40)
  }

  /// The value that a read returned.
  package func text(observedBy step: Int) -> String {
    guard kind == .listAppend else { return text(of: operands[step]) }
    let elements = observed(by: step)
    let shown = elements.suffix(12).map { columns.table.value(of: $0).text(limit: 40) }
    return "[\(elements.count > 12 ? "…, " : "")\(shown.joined(separator: ", "))]"
  }

  /// The list that a read returned.
  package func observed(by step: Int) -> [ValueCode] {
    guard kind == .listAppend, kinds[step] != .unread else { return [] }
    return columns.table.elements(of: ValueCode(raw: operands[step])).map { Array($0) } ?? []
  }

  /// The line that tells of a transaction what it did.
  func line(of transaction: Int) -> Int {
    Int(outcomes[transaction] == .committed ? ends[transaction] : begins[transaction])
  }

  /// A transaction in one line.
  package func text(of transaction: Int) -> String {
    let outcome =
      switch outcomes[transaction] {
      case .committed: ""
      case .indeterminate: ", indeterminate"
      case .aborted: ", aborted"
      }
    let line = line(of: transaction)
    let f = operations == nil ? "" : "\(columns.f(at: line)) "
    return "\(f)\(columns.table.value(of: columns.values[line]).text(limit: 160)) "
      + "(op \(columns.index(at: line)), process \(process(of: transaction))\(outcome))"
  }

  /// The number of a transaction's process, as the history has it.
  package func process(of transaction: Int) -> Int {
    columns.process(at: line(of: transaction)).number ?? -1
  }

  /// The `index` of a transaction's lines.
  package func indices(of transaction: Int) -> [Int] {
    var lines = [Int(begins[transaction])]
    let partner = Int(columns.partners[lines[0]])
    if partner >= 0, outcomes[transaction] == .committed { lines.append(partner) }
    return lines.map { columns.index(at: $0) }
  }

  /// Why one transaction came before another in the order of time, in words.
  func textOfPrecedence(_ earlier: (transaction: Int, name: String), _ later: (Int, String))
    -> String
  {
    let (end, begin) = (Int(ends[earlier.transaction]), Int(begins[later.0]))
    var span = ""
    if let times = columns.times, times[end] >= 0, times[begin] >= 0 {
      let microseconds = (times[begin] - times[end]) / 1_000
      span = "\(Double(microseconds) / 1e6) seconds "
    }
    return "\(earlier.name) completed at index \(columns.index(at: end)), \(span)before the "
      + "invocation of \(later.1), at index \(columns.index(at: begin))"
  }
}

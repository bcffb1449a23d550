import Histories
import Verdicts

extension ListScan {
  func read(_ step: Int) -> String {
    "T1 read \(transactions.text(observedBy: step)) from "
      + transactions.keyText(transactions.keys[step])
  }

  mutating func addDuplicate(
    _ step: Int, _ transaction: Int, _ list: UnsafeBufferPointer<ValueCode>
  ) {
    guard incidents.note(.duplicateElements) else { return }
    var met: Set<ValueCode> = []
    let twice = list.first { !met.insert($0).inserted } ?? .null
    let text = transactions.columns.table.value(of: twice).text(limit: 40)
    incidents.show(
      .duplicateElements, [transaction], "\(read(step)), where \(text) is more than once")
  }

  mutating func addGarbage(_ version: Int32, _ step: Int, _ transaction: Int) {
    guard incidents.note(.garbageVersions) else { return }
    incidents.show(
      .garbageVersions, [transaction],
      "\(read(step)), but no transaction writes \(transactions.text(of: version)) there")
  }

  mutating func addAborted(_ version: Int32, _ step: Int, _ transaction: Int) {
    guard incidents.note(.g1a) else { return }
    incidents.show(
      .g1a, [transaction, Int(transactions.writers[Int(version)])],
      "\(read(step)), where \(transactions.text(of: version)) is of T2, which aborted",
      transactions.witness(ofReading: version, by: step))
  }

  mutating func addDirtyUpdate(
    _ version: Int32, on aborted: Int32, _ step: Int, _ transaction: Int
  ) {
    guard incidents.note(.dirtyUpdate) else { return }
    incidents.show(
      .dirtyUpdate,
      [transaction] + [version, aborted].map { Int(transactions.writers[Int($0)]) },
      "\(read(step)), where T2's \(transactions.text(of: version)) stands on top of T3's "
        + "\(transactions.text(of: aborted)), and T3 aborted")
  }

  mutating func addFuture(_ version: Int32, _ step: Int, _ transaction: Int) {
    guard incidents.note(.futureRead) else { return }
    incidents.show(
      .futureRead, [transaction],
      "\(read(step)), and writes \(transactions.text(of: version)) only after that")
  }

  mutating func addInternal(
    _ step: Int, _ transaction: Int, base: Int, _ own: [Int32]
  ) {
    guard incidents.note(.internalInconsistency) else { return }
    var done: [String] = []
    if base >= 0 { done.append("had read \(transactions.text(observedBy: base))") }
    if !own.isEmpty {
      let texts = own.map { transactions.text(of: $0) }.joined(separator: ", ")
      done.append("\(base >= 0 ? "then" : "had") appended \(texts)")
    }
    incidents.show(
      .internalInconsistency, [transaction],
      "\(read(step)), where it \(done.joined(separator: " and "))")
  }

  mutating func addIncompatible(_ step: Int, _ transaction: Int) {
    guard incidents.note(.incompatibleOrder) else { return }
    let key = transactions.keys[step]
    let code = longest[Int(key)].raw
    let other = transactions.keys.indices.first {
      transactions.keys[$0] == key && isRead($0) && transactions.operands[$0] == code
    }
    guard let other else { return }
    incidents.show(
      .incompatibleOrder, [transaction, transactions.transaction(of: other)],
      "\(read(step)), where T2 read \(transactions.text(observedBy: other)): neither is the "
        + "other's beginning")
  }

  mutating func addReversed(_ first: Int, _ second: Int, _ transaction: Int) {
    guard incidents.note(.incompatibleOrder) else { return }
    let key = transactions.keys[first]
    let code = longest[Int(key)].raw
    let reader = transactions.keys.indices.first {
      transactions.keys[$0] == key && isRead($0) && transactions.operands[$0] == code
    }
    guard let reader else { return }
    let texts = [first, second].map { transactions.text(of: transactions.operands[$0]) }
    incidents.show(
      .incompatibleOrder, [transaction, transactions.transaction(of: reader)],
      "T1 appended \(texts[0]) before \(texts[1]), but T2 read "
        + "\(transactions.text(observedBy: reader)) from \(transactions.keyText(key))")
  }

  mutating func addLostUpdate(_ first: Int, _ second: Int, _ read: Int) {
    guard incidents.note(.lostUpdate) else { return }
    incidents.show(
      .lostUpdate, [first, second],
      "T1 and T2 both read \(transactions.text(observedBy: read)) from "
        + "\(transactions.keyText(transactions.keys[read])), and both appended to it",
      transactions.witness(ofOverwriting: transactions.keys[read], [first, second]))
  }
}

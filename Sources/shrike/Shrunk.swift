import Controller
import Histories
import ObjectModels
import SystemPackage
import Values
import Verdicts

/// A part of an invalid history that is invalid by itself, as a history of its own.
struct Shrunk {
  private let operations: [Operation]
  /// Whether it was not tried to leave out all that could be.
  private let isUnfinished: Bool

  /// How long operations are left out at most.
  private static let timeMax = Nanoseconds.seconds(60)

  /// What is left when no operation can be left out.
  ///
  /// - Returns: Nothing where the history is not invalid.
  init?(_ history: History, by checker: any Checker) {
    let end = monotonicNanoseconds() + Shrunk.timeMax
    let shrinker = HistoryShrinker(
      checker, interrupted: { Interruption.hasCome || monotonicNanoseconds() >= end })
    guard let (part, isMinimal) = shrinker.shrink(history) else { return nil }
    operations = part.operations
    isUnfinished = !isMinimal
  }

  /// The lines that the evidence against single objects consists of, as its checker has reduced it.
  ///
  /// - Returns: Nothing where the finding has no evidence in the history's lines.
  init?(_ history: HistoryColumns, _ finding: Finding) {
    guard finding.verdict == .invalid, let anomaly = finding.anomalies.first else { return nil }
    let kept = Set(anomaly.operations)
    var operations: [Operation] = []
    for line in 0..<history.count {
      let partner = Int(history.partners[line])
      if kept.contains(history.index(at: line)) {
        operations.append(history.operation(at: line))
      } else if partner >= 0, history.types[line] != .invoke,
        kept.contains(history.index(at: partner))
      {
        // An operation that need not have returned: its process is free from here on.
        var end = history.operation(at: line)
        end.type = .info
        end.value = history.operation(at: partner).value
        operations.append(end)
      }
    }
    self.operations = operations
    isUnfinished = false
  }

  /// Writes the part, and says where and whether it is invalid by itself.
  func write(to path: String, _ checker: any Checker) throws {
    var bytes: [UInt8] = []
    for operation in operations {
      operation.writeJSON(into: &bytes)
      bytes.append(UInt8(ascii: "\n"))
    }
    try FileContents.write(bytes, to: FilePath(path))
    let verdict = checker.check(try History(operations)).verdict
    complain(
      "shrike: \(path): \(operations.count) lines, \(verdict.rawValue) by themselves"
        + (isUnfinished ? "; more could perhaps be left out" : ""))
  }
}

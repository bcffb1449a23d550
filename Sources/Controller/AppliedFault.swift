public import Environments
public import Nemeses
public import Values

/// A fault that was injected or ended, and what came of it: a line of `faults.jsonl`.
public struct AppliedFault: Hashable, Sendable {
  /// When it was done, since the main phase began.
  public var time: Nanoseconds
  public var fault: ScheduledFault
  public var report: FaultReport
  /// Whether it tells what came of a fault that another line has, and was not known then.
  public var isAfterwards = false

  /// The value of its operation in the history.
  public func value(_ names: NodeNames) -> Value {
    fault.fault.operationValue(names, did: report.did)
  }

  /// The line: `time`, `fault`, `target`, `parameters`, `did`, `tookHold`, `affected`, and what is
  /// needed to do it again.
  public func line(_ names: NodeNames) -> Value {
    guard case .map(var map) = fault.value(names) else { return .null }
    map["time"] = .integer(Int(time))
    map["did"] = .map(
      ValueMap(report.did.map { .init(key: .string(names[$0]), value: .string($1)) }))
    map["tookHold"] = report.tookHold.map { .bool($0) } ?? .null
    map["affected"] = report.affected.map { .integer($0) } ?? .null
    if isAfterwards { map["afterwards"] = true }
    if let exercised = report.exercised { map["exercised"] = .integer(exercised) }
    return .map(map)
  }
}

/// What a run's faults prove: which families were asked for, and which never took hold.
struct FaultEvidence {
  /// Families that took hold at least once.
  private(set) var tookHold: Set<FaultFamily> = []
  private(set) var injected: Set<FaultFamily> = []
  /// Network faults that held while the nodes sent each other nothing at all.
  private(set) var notExercised: [AppliedFault] = []
  private var notExercisedFamilies: Set<FaultFamily> = []

  init(_ faults: [AppliedFault]) {
    for fault in faults {
      if fault.fault.breaks { injected.insert(fault.fault.family) }
      if fault.report.tookHold == true { tookHold.insert(fault.fault.family) }
      if fault.report.exercised == 0 {
        notExercised.append(fault)
        notExercisedFamilies.insert(fault.fault.family)
      }
    }
  }

  /// The families of `requested` that never took hold, and whose silence nothing excuses.
  func missing(from requested: [FaultFamily]) -> [FaultFamily] {
    requested.filter { !tookHold.contains($0) && !notExercisedFamilies.contains($0) }
  }
}

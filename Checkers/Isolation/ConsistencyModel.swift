/// What a store of transactions can promise, spelled as in Elle.
public enum ConsistencyModel: String, Hashable, Sendable, CaseIterable {
  case readUncommitted = "read-uncommitted"
  case readCommitted = "read-committed"
  case monotonicView = "monotonic-view"
  case monotonicAtomicView = "monotonic-atomic-view"
  case readAtomic = "read-atomic"
  case updateAtomic = "update-atomic"
  case cursorStability = "cursor-stability"
  case consistentView = "consistent-view"
  case monotonicSnapshotRead = "monotonic-snapshot-read"
  case forwardConsistentView = "forward-consistent-view"
  case updateSerializable = "update-serializable"
  case repeatableRead = "repeatable-read"
  case causalCerone = "causal-cerone"
  case prefix
  case parallelSnapshotIsolation = "parallel-snapshot-isolation"
  case snapshotIsolation = "snapshot-isolation"
  case viewSerializable = "view-serializable"
  case serializable
  case oneCopySerializable = "1SR"
  case sessionSerializable = "session-serializable"
  case strongSessionReadUncommitted = "strong-session-read-uncommitted"
  case strongSessionReadCommitted = "strong-session-read-committed"
  case strongSessionReadAtomic = "strong-session-read-atomic"
  case strongSessionSnapshotIsolation = "strong-session-snapshot-isolation"
  case strongSessionSerializable = "strong-session-serializable"
  case strongReadUncommitted = "strong-read-uncommitted"
  case strongReadCommitted = "strong-read-committed"
  case strongSnapshotIsolation = "strong-snapshot-isolation"
  case strictSerializable = "strict-serializable"
  case readYourWrites = "read-your-writes"
  case monotonicReads = "monotonic-reads"
  case monotonicWrites = "monotonic-writes"
  case writesFollowReads = "writes-follow-reads"
  case pram = "PRAM"
  case causal
  case causalMemory = "causal-memory"
  case causalConvergence = "causal-convergence"
  case sequential
  case linearizable

  /// The name that people know it by.
  public var name: String { rawValue }

  /// Its other names: those of Adya's thesis, and synonyms.
  public var synonyms: [String] {
    switch self {
    case .readUncommitted: ["PL-1"]
    case .readCommitted: ["PL-2"]
    case .monotonicView: ["PL-2L"]
    case .consistentView: ["PL-2+"]
    case .cursorStability: ["PL-CS"]
    case .monotonicSnapshotRead: ["PL-MSR"]
    case .forwardConsistentView: ["PL-FCV"]
    case .repeatableRead: ["PL-2.99"]
    case .snapshotIsolation: ["PL-SI"]
    case .updateSerializable: ["PL-3U"]
    case .serializable: ["PL-3", "conflict-serializable"]
    case .strictSerializable: ["PL-SS", "strong-serializable"]
    case .pram: ["pram"]
    default: []
    }
  }

  /// The model of a name or of a synonym.
  public init?(named name: String) {
    let found = ConsistencyModel.allCases.first {
      $0.name == name || $0.synonyms.contains(name)
    }
    guard let found else { return nil }
    self = found
  }

  /// The models of names, without those that are there twice.
  ///
  /// - Throws: When there is no model of a name.
  public static func models(
    named names: [String]
  ) throws(UnknownModel) -> [ConsistencyModel] {
    var models: [ConsistencyModel] = []
    for name in names {
      guard let model = ConsistencyModel(named: name) else { throw UnknownModel(name: name) }
      if !models.contains(model) { models.append(model) }
    }
    return models
  }
}

/// A name that no consistency model has.
public struct UnknownModel: Error, Hashable, Sendable, CustomStringConvertible {
  public var name: String

  public var description: String {
    "there is no consistency model \"\(name)\"; there are "
      + ConsistencyModel.allCases.map(\.name).joined(separator: ", ")
  }
}

/// The orders that cycles are made of beside dependencies.
enum ConsistencyScope: Int, Hashable, Sendable, CaseIterable {
  case data
  case process
  case realtime

  /// What ways may take.
  var mask: Dependency {
    switch self {
    case .data: []
    case .process: .process
    case .realtime: .realtime
    }
  }
}

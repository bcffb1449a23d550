/// A register that numbers its versions: reads and writes answer the version that they saw or made.
///
/// Each change makes a higher version; it may skip some, as where keys share one count of revisions.
public struct VersionedRegister: SequentialObject {
  public struct State: Hashable, Sendable {
    public var version: Int64
    public var value: Int32
    /// Whether the version may also be any higher one, for nobody has seen it yet.
    public var isLeast: Bool

    /// Whether the version may be this one.
    func mayBe(_ version: Int64) -> Bool {
      isLeast ? version >= self.version : version == self.version
    }
  }

  public enum Operation: Hashable, Sendable {
    case read(value: Int32, version: Int64)
    /// A write whose version is nothing never answered.
    case write(value: Int32, version: Int64?)
    /// A compare-and-set on the value; its version is nothing where it never answered.
    case cas(from: Int32, to: Int32, version: Int64?)
    /// A compare-and-set on the version.
    case casVersion(from: Int64, to: Int32, version: Int64?)
  }

  public let initial: State

  public init(initial: Int32, version: Int64 = 0) {
    self.initial = State(version: version, value: initial, isLeast: false)
  }

  /// A change whose version is not known makes some higher one, which the next that sees it fixes.
  ///
  /// That the versions possible in a state are one, or all from one on, loses nothing: of the
  /// versions that a change could have made the least leaves the most room to those that follow.
  public func step(_ state: State, _ operation: Operation) -> State? {
    switch operation {
    case .read(let value, let version):
      guard state.value == value, state.mayBe(version) else { return nil }
      return State(version: version, value: value, isLeast: false)
    case .write(let value, let version): return change(state.version, to: value, version)
    case .cas(let from, let to, let version):
      return state.value == from ? change(state.version, to: to, version) : nil
    case .casVersion(let from, let to, let version):
      return state.mayBe(from) ? change(from, to: to, version) : nil
    }
  }

  private func change(_ before: Int64, to value: Int32, _ version: Int64?) -> State? {
    guard let version else { return State(version: before + 1, value: value, isLeast: true) }
    return version > before ? State(version: version, value: value, isLeast: false) : nil
  }
}

/// A register that numbers its versions: reads and writes answer the version that they saw or made.
public struct VersionedRegister: SequentialObject {
  public struct State: Hashable, Sendable {
    public var version: Int64
    public var value: Int32
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
    self.initial = State(version: version, value: initial)
  }

  /// A change whose version is not known makes the next one.
  public func step(_ state: State, _ operation: Operation) -> State? {
    switch operation {
    case .read(let value, let version):
      state.value == value && state.version == version ? state : nil
    case .write(let value, let version): change(state, to: value, version)
    case .cas(let from, let to, let version):
      state.value == from ? change(state, to: to, version) : nil
    case .casVersion(let from, let to, let version):
      state.version == from ? change(state, to: to, version) : nil
    }
  }

  private func change(_ state: State, to value: Int32, _ version: Int64?) -> State? {
    let next = state.version + 1
    guard version == nil || version == next else { return nil }
    return State(version: next, value: value)
  }

  public func isPure(_ operation: Operation) -> Bool {
    if case .read = operation { true } else { false }
  }
}

public import Histories
public import Linearizability
public import Values

/// A register for each key: `read` [k, null] → [k, v], `write` [k, v], `cas` [k, [from, to]].
///
/// `get` and `put` are other names of `read` and `write`; `delete` [k, null] writes null.
public struct KeyValueModel: Model {
  public let name = "key-value"
  private var register: RegisterModel

  public var initial: Int32 { register.initial }

  public init(
    initial: Value = .null, failedCas: RegisterModel.FailedCas = .ignored,
    nullRead: RegisterModel.NullRead = .observed
  ) {
    register = RegisterModel(
      name: name, initial: initial, failedCas: failedCas, nullRead: nullRead)
  }

  public func split(f: String, value: Value) throws(ModelError) -> (key: Value, value: Value)? {
    guard case .list(let pair) = value, pair.count == 2 else {
      throw ModelError(.shape(expected: "[key, value]"), f: f, value: value)
    }
    return (pair[0], pair[1])
  }

  public mutating func action(
    f: String, value: Value, process: Process
  ) throws(ModelError) -> Action? {
    if f == "delete", value != .null {
      throw ModelError(.shape(expected: "[key, null]"), f: f, value: value)
    }
    return try register.action(f: f, value: value, process: process)
  }

  public mutating func observation(
    ofFailed f: String, value: Value
  ) throws(ModelError) -> Action? {
    try register.observation(ofFailed: f, value: value)
  }

  public func text(of state: Int32) -> String { register.text(of: state) }
}

public import Histories
public import Linearizability
public import Values
internal import Verdicts

/// A register: `read`, `write` v and `cas` [from, to].
public struct RegisterModel: Model {
  /// What a failed compare-and-set says.
  public enum FailedCas: Sendable {
    /// It did not happen.
    case ignored
    /// It saw another value than the one that it expected.
    case observed
  }

  /// What a read that answered null says.
  public enum NullRead: Sendable {
    /// It observed null.
    case observed
    case ignored
  }

  public let name: String
  private let failedCas: FailedCas
  private let nullRead: NullRead
  private var values = Interner()

  public var initial: Int32 { 0 }

  public init(
    name: String = "cas-register", initial: Value = .null, failedCas: FailedCas = .ignored,
    nullRead: NullRead = .observed
  ) {
    self.name = name
    self.failedCas = failedCas
    self.nullRead = nullRead
    _ = values.number(of: initial)
  }

  public mutating func action(
    f: String, value: Value, process: Process
  ) throws(ModelError) -> Action? {
    switch f {
    case "read", "get":
      if nullRead == .ignored && value == .null { return nil }
      return .observe(values.number(of: value))
    case "write", "put": return .set(values.number(of: value))
    case "cas":
      let (from, to) = try expectation(f, value)
      return .move(from: from, to: to)
    case "delete": return .set(values.number(of: .null))
    default: throw ModelError(.unknownOperation, f: f, value: value)
    }
  }

  public mutating func observation(
    ofFailed f: String, value: Value
  ) throws(ModelError) -> Action? {
    guard f == "cas", failedCas == .observed else { return nil }
    return .differ(try expectation(f, value).from)
  }

  private mutating func expectation(
    _ f: String, _ value: Value
  ) throws(ModelError) -> (from: Int32, to: Int32) {
    guard case .list(let pair) = value, pair.count == 2 else {
      throw ModelError(.shape(expected: "[from, to]"), f: f, value: value)
    }
    return (values.number(of: pair[0]), values.number(of: pair[1]))
  }

  public func text(of state: Int32) -> String { values.values[Int(state)].text(limit: 30) }
}

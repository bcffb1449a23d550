public import Values

/// One thing that this machine offers or doesn't, as it was found when it was tried.
public struct Examination: Hashable, Sendable {
  public enum Group: String, Hashable, Sendable, CaseIterable {
    /// Where the nodes of a system can run.
    case environment
    /// What can be done to them there.
    case fault
    /// Programs that environments, systems or tests use.
    case tool
  }

  public enum State: String, Hashable, Sendable {
    case works
    /// Some of it; the detail says what does not.
    case partly
    case missing
  }

  public var group: Group
  /// Faults are called by their environment and family: `lab partition by nft`.
  public var name: String
  public var state: State
  /// What was seen, or what went wrong.
  public var detail: String
  /// The command that brings what is missing, where one does.
  public var mend: String?

  public init(
    _ group: Group, _ name: String, _ state: State, _ detail: String, mend: String? = nil
  ) {
    self.group = group
    self.name = name
    self.state = state
    self.detail = detail
    self.mend = mend
  }
}

extension Examination {
  /// The examination as JSON has it.
  public var value: Value {
    var entries: [ValueMap.Entry] = [
      .init(key: "name", value: .string(name)), .init(key: "group", value: .string(group.rawValue)),
      .init(key: "state", value: .string(state.rawValue)),
      .init(key: "detail", value: .string(detail)),
    ]
    if let mend { entries.append(.init(key: "mend", value: .string(mend))) }
    return .map(ValueMap(entries))
  }

  /// Reads what ``value`` gives; nothing where it is no such.
  public init?(_ value: Value) {
    guard let group = value["group"]?.name.flatMap(Group.init(rawValue:)),
      let name = value["name"]?.name,
      let state = value["state"]?.name.flatMap(State.init(rawValue:)),
      let detail = value["detail"]?.name
    else { return nil }
    self.init(group, name, state, detail, mend: value["mend"]?.name)
  }
}

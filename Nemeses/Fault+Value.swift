public import Environments
public import Values

/// Why a value is no fault.
public struct FaultFormatError: Error, Hashable, Sendable, CustomStringConvertible {
  public var problem: String

  public var description: String { problem }
}

extension Fault {
  /// The fault as plans and `faults.jsonl` write it: what is done, to which nodes or links, and how.
  ///
  ///     {"fault": "loss", "target": [["n1", "n2"]], "parameters": {"probability": 0.2}}
  public func value(_ names: NodeNames) -> Value {
    switch self {
    case .cut(let links): coded("cut", links: links, names)
    case .mend: ["fault": "mend"]
    case .kill(.kill, let nodes): coded("kill", nodes, names)
    case .kill(let ending, let nodes):
      coded("kill", nodes, names, parameters: ["kind": .string(ending.rawValue)])
    case .restart(let nodes): coded("restart", nodes, names)
    case .pause(let nodes): coded("pause", nodes, names)
    case .resume(let nodes): coded("resume", nodes, names)
    case .disturb(let disturbance, let links):
      coded(
        disturbance.kind.rawValue, links: links, names,
        parameters: disturbance.value)
    case .calm(let kind): ["fault": "calm", "parameters": ["kind": .string(kind.rawValue)]]
    case .skew(let changes):
      [
        "fault": "clock",
        "parameters": .map(
          ValueMap(
            changes.map { ValueMap.Entry(key: .string(names[$0]), value: $1.value) })),
      ]
    case .resetClocks: ["fault": "reset-clocks"]
    case .disk(let fault, let nodes): coded("disk", nodes, names, parameters: fault.value)
    case .mendDisks(let nodes): coded("mend-disks", nodes, names)
    case .limit(let limit, let nodes):
      coded(limit.kind.rawValue, nodes, names, parameters: limit.value)
    case .unlimit(let kind): ["fault": "unlimit", "parameters": ["kind": .string(kind.rawValue)]]
    }
  }

  private func coded(
    _ name: String, _ nodes: [NodeID], _ names: NodeNames, parameters: Value? = nil
  ) -> Value {
    coded(name, .list(nodes.map { .string(names[$0]) }), parameters)
  }

  private func coded(
    _ name: String, links: [Link], _ names: NodeNames, parameters: Value? = nil
  ) -> Value {
    coded(name, names.value(links), parameters)
  }

  private func coded(_ name: String, _ target: Value, _ parameters: Value?) -> Value {
    var map = ValueMap()
    map["fault"] = .string(name)
    map["target"] = target
    if let parameters { map["parameters"] = parameters }
    return .map(map)
  }

  /// Reads what ``value(_:)`` writes.
  public init(_ value: Value, _ names: NodeNames) throws(FaultFormatError) {
    guard let name = value["fault"]?.name else {
      throw FaultFormatError(problem: "a fault needs the field \"fault\"")
    }
    switch name {
    case "cut": self = .cut(try names.links(value["target"], of: name))
    case "mend": self = .mend
    case "kill":
      self = .kill(
        try ProcessEnd(value["parameters"]), try names.nodes(value["target"], of: name))
    case "power-loss": self = .powerLoss(try names.nodes(value["target"], of: name))
    case "restart": self = .restart(try names.nodes(value["target"], of: name))
    case "pause": self = .pause(try names.nodes(value["target"], of: name))
    case "resume": self = .resume(try names.nodes(value["target"], of: name))
    case "clock": self = .skew(try names.clockChanges(value["parameters"]))
    case "reset-clocks": self = .resetClocks
    case "disk":
      self = .disk(
        try DiskFault(value["parameters"]), try names.nodes(value["target"], of: name))
    case "cpu", "memory":
      self = .limit(
        try ResourceLimit(name, value["parameters"]), try names.nodes(value["target"], of: name))
    case "unlimit":
      let word = value["parameters"]?["kind"]?.name ?? ""
      guard let kind = ResourceLimit.Kind(rawValue: word) else {
        throw FaultFormatError(problem: "no limit that could be lifted is called \"\(word)\"")
      }
      self = .unlimit(kind)
    case "mend-disks": self = .mendDisks(try names.nodes(value["target"], of: name))
    case "calm":
      let word = value["parameters"]?["kind"]?.name ?? ""
      guard let kind = Disturbance.Kind(rawValue: word) else {
        throw FaultFormatError(problem: "nothing that could be calmed is called \"\(word)\"")
      }
      self = .calm(kind)
    default:
      guard let kind = Disturbance.Kind(rawValue: name) else {
        throw FaultFormatError(problem: "there is no fault \"\(name)\"")
      }
      guard let probability = value["parameters"]?["probability"]?.real else {
        throw FaultFormatError(problem: "the fault \"\(name)\" needs a \"probability\"")
      }
      let latency = value["parameters"]?["latency"]?.nanoseconds ?? 0
      let distribution = try Disturbance.Distribution(value["parameters"])
      let types = value["parameters"]?["types"]?.elements?.compactMap(\.name) ?? []
      let rate = value["parameters"]?["bytes-per-second"]?.integer ?? 0
      guard kind != .rate || rate > 0 else {
        throw FaultFormatError(problem: "the fault \"rate\" needs \"bytes-per-second\"")
      }
      self = .disturb(
        Disturbance(
          kind, probability: probability, latency: latency, distribution: distribution,
          bytesPerSecond: rate, messageTypes: types),
        try names.links(value["target"], of: name))
    }
  }

  /// The value that the history's operation has.
  ///
  /// - Parameter did: What the environment reports that it did to each node.
  public func operationValue(_ names: NodeNames, did: [NodeID: String]) -> Value {
    switch self {
    case .cut(let links): ["cut": names.value(links)]
    case .disturb(let disturbance, let links):
      ["links": names.value(links), "strength": disturbance.value]
    case .mend, .calm, .unlimit: nil
    case .skew(let changes):
      .map(ValueMap(changes.map { ValueMap.Entry(key: .string(names[$0]), value: $1.value) }))
    case .resetClocks:
      .map(
        ValueMap(
          names.nodes.map { ValueMap.Entry(key: .string(names[$0]), value: ["kind": "reset"]) }))
    case .kill, .restart, .pause, .resume, .disk, .mendDisks, .limit:
      .map(
        ValueMap(did.map { ValueMap.Entry(key: .string(names[$0]), value: .string($1)) }))
    }
  }
}

extension ScheduledFault {
  /// The fault with its time in nanoseconds, its family and its name, as plans write it.
  public func value(_ names: NodeNames) -> Value {
    guard case .map(var map) = fault.value(names) else { return nil }
    map["time"] = .integer(Int(time))
    map["family"] = .string(family.rawValue)
    map["f"] = .string(f)
    if aim != .drawn { map[.string(aim.rawValue)] = true }
    return .map(map)
  }

  /// Reads what ``value(_:)`` writes.
  ///
  /// Family and name can be left out where the fault says them.
  public init(_ value: Value, _ names: NodeNames) throws(FaultFormatError) {
    guard let time = value["time"]?.integer else {
      throw FaultFormatError(problem: "a fault needs its \"time\" in nanoseconds")
    }
    let fault = try Fault(value, names)
    var family = fault.family
    if let word = value["family"]?.name {
      guard let named = FaultFamily(rawValue: word) else {
        throw FaultFormatError(problem: "there is no family of faults \"\(word)\"")
      }
      family = named
    }
    self.init(
      time: Nanoseconds(time), family: family,
      f: value["f"]?.name ?? (fault.breaks ? family.startName : family.end(of: []).f),
      fault: fault,
      aim: value["primaries"] == true
        ? .primaries : value["followers"] == true ? .followers : .drawn)
  }
}

extension Disturbance {
  fileprivate var value: Value {
    var map = ValueMap()
    map["probability"] = .double(probability)
    if kind.takesLatency { map["latency"] = .double(Double(latency) / 1e9) }
    if distribution != .uniform { map["distribution"] = .string(distribution.rawValue) }
    if kind == .rate { map["bytes-per-second"] = .integer(bytesPerSecond) }
    if !messageTypes.isEmpty { map["types"] = .list(messageTypes.map { .string($0) }) }
    return .map(map)
  }
}

extension Disturbance.Distribution {
  /// The distribution among a fault's parameters; uniform where they name none.
  fileprivate init(_ parameters: Value?) throws(FaultFormatError) {
    guard let word = parameters?["distribution"]?.name else {
      self = .uniform
      return
    }
    guard let named = Self(rawValue: word) else {
      throw FaultFormatError(
        problem: "there is no distribution of delays \"\(word)\"; there are "
          + Self.allCases.map(\.rawValue).joined(separator: ", "))
    }
    self = named
  }
}

extension ProcessEnd {
  /// The kind of a kill among its parameters; a plain one where they name none.
  fileprivate init(_ parameters: Value?) throws(FaultFormatError) {
    guard let word = parameters?["kind"]?.name else {
      self = .kill
      return
    }
    guard let named = ProcessEnd(rawValue: word) else {
      throw FaultFormatError(
        problem: "there is no kind of kill \"\(word)\"; there are "
          + ProcessEnd.allCases.map(\.rawValue).joined(separator: ", "))
    }
    self = named
  }
}

extension DiskFault {
  fileprivate var value: Value {
    var map = ValueMap()
    map["kind"] = .string(kind.rawValue)
    if kind.takesProbability { map["probability"] = .double(probability) }
    if let latency { map["latency"] = .double(Double(latency) / 1e9) }
    if let sync { map["sync"] = .integer(sync) }
    if let files { map["file"] = .string(files) }
    if problem != .broken { map["error"] = .string(problem.rawValue) }
    return .map(map)
  }

  fileprivate init(_ value: Value?) throws(FaultFormatError) {
    let word = value?["kind"]?.name ?? ""
    guard let kind = Kind(rawValue: word) else {
      throw FaultFormatError(problem: "there is no fault of disks \"\(word)\"")
    }
    let sync = value?["sync"]?.integer
    guard sync ?? 1 > 0 else {
      throw FaultFormatError(problem: "the \"sync\" of a disk's fault is 1 for the next, or more")
    }
    var problem = WriteProblem.broken
    if let word = value?["error"]?.name {
      guard let named = WriteProblem(rawValue: word) else {
        throw FaultFormatError(
          problem: "writes can't fail with \"\(word)\"; there are "
            + WriteProblem.allCases.map(\.rawValue).joined(separator: ", "))
      }
      problem = named
    }
    self.init(
      kind, probability: value?["probability"]?.real, latency: value?["latency"]?.nanoseconds,
      sync: sync, files: value?["file"]?.name, problem: problem)
  }
}

extension ResourceLimit {
  fileprivate var value: Value {
    switch self {
    case .cpu(let share): ["share": .double(share)]
    case .memory(let bytes): ["bytes": .integer(bytes)]
    }
  }

  fileprivate init(_ kind: String, _ parameters: Value?) throws(FaultFormatError) {
    if kind == "cpu" {
      guard let share = parameters?["share"]?.real, share > 0 else {
        throw FaultFormatError(problem: "the fault \"cpu\" needs a \"share\" of a core above 0")
      }
      self = .cpu(share: share)
    } else {
      guard let bytes = parameters?["bytes"]?.integer, bytes > 0 else {
        throw FaultFormatError(problem: "the fault \"memory\" needs \"bytes\" above 0")
      }
      self = .memory(bytes: bytes)
    }
  }
}

extension ClockChange {
  fileprivate var value: Value {
    switch self {
    case .offset(let offset): ["kind": "offset", "seconds": .double(Double(offset) / 1e9)]
    case .drift(let rate): ["kind": "drift", "seconds-per-second": .double(Double(rate) / 1e9)]
    case .step(let step): ["kind": "step", "seconds": .double(Double(step) / 1e9)]
    case .freeze: ["kind": "freeze"]
    case .strobe(let offset, let period):
      [
        "kind": "strobe", "seconds": .double(Double(offset) / 1e9),
        "period": .double(Double(period) / 1e9),
      ]
    }
  }
}

extension ClockChange {
  fileprivate init?(_ value: Value) {
    let seconds = value["seconds"]?.nanoseconds
    switch (value["kind"]?.name, seconds) {
    case ("offset", let offset?): self = .offset(offset)
    case ("step", let step?): self = .step(step)
    case ("freeze", _): self = .freeze
    case ("strobe", let offset?):
      guard let period = value["period"]?.nanoseconds, period > 0 else { return nil }
      self = .strobe(by: offset, period: period)
    case ("drift", _):
      guard let rate = value["seconds-per-second"]?.nanoseconds else { return nil }
      self = .drift(nanosecondsPerSecond: rate)
    default: return nil
    }
  }
}

extension Value {
  /// The number, be it written with a fraction or without.
  fileprivate var real: Double? {
    switch self {
    case .integer(let integer): Double(integer)
    case .double(let double): double
    default: nil
    }
  }

  /// The nanoseconds that a number of seconds is.
  fileprivate var nanoseconds: Nanoseconds? {
    guard let real, abs(real) < 9e9 else { return nil }
    return Nanoseconds((real * 1e9).rounded())
  }
}

extension NodeNames {
  fileprivate func value(_ links: [Link]) -> Value {
    .list(links.map { .list([.string(self[$0.source]), .string(self[$0.destination])]) })
  }

  private func known(_ value: Value) throws(FaultFormatError) -> NodeID {
    guard let name = value.name, let node = self[name] else {
      throw FaultFormatError(
        problem: "there is no node \"\(value.name ?? "")\"; there are "
          + names.joined(separator: ", "))
    }
    return node
  }

  fileprivate func nodes(_ value: Value?, of fault: String) throws(FaultFormatError) -> [NodeID] {
    guard let elements = value?.elements else {
      throw FaultFormatError(problem: "the target of \"\(fault)\" is a list of nodes")
    }
    return try elements.map { element throws(FaultFormatError) in try known(element) }
  }

  fileprivate func links(_ value: Value?, of fault: String) throws(FaultFormatError) -> [Link] {
    guard let elements = value?.elements else {
      throw FaultFormatError(problem: "the target of \"\(fault)\" is a list of links")
    }
    return try elements.map { element throws(FaultFormatError) in
      guard let ends = element.elements, ends.count == 2 else {
        throw FaultFormatError(
          problem: "a link is a list of two nodes: whose messages, and to whom")
      }
      return Link(from: try known(ends[0]), to: try known(ends[1]))
    }
  }

  fileprivate func clockChanges(
    _ value: Value?
  ) throws(FaultFormatError) -> [NodeID: ClockChange] {
    guard let map = value?.map else {
      throw FaultFormatError(problem: "a clock's fault needs \"parameters\" for each node")
    }
    var changes: [NodeID: ClockChange] = [:]
    for entry in map.entries {
      let node = try known(entry.key)
      guard let change = ClockChange(entry.value) else {
        throw FaultFormatError(
          problem: "a clock's change is an \"offset\" or a \"step\" in \"seconds\", a \"drift\" "
            + "in \"seconds-per-second\", a \"freeze\", or a \"strobe\" in \"seconds\" with "
            + "a \"period\"")
      }
      changes[node] = change
    }
    return changes
  }
}

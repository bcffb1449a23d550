public import Values

/// Why a plan could not be read.
public struct PlanError: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String

  public init(_ description: String) { self.description = description }
}

extension Plan {
  /// The plan as `plan.json` has it, all fields spelled out.
  public var value: Value {
    .map(
      ValueMap(
        PlanField.all.map { .init(key: .string($0.name), value: $0.read(self)) }))
  }

  /// The fields that differ from those of a plan about which nothing was said.
  public var distinctive: Value {
    let plain = Plan(system: nil, workload: "", nodes: [], concurrency: 0)
    return .map(
      ValueMap(
        PlanField.all.filter { $0.read(self) != $0.read(plain) }
          .map { .init(key: .string($0.name), value: $0.read(self)) }))
  }

  /// Reads a plan; fields that are missing have their standard values.
  ///
  /// - Throws: When a field is unknown or of the wrong kind.
  public init(value: Value) throws(PlanError) {
    guard let map = value.map else { throw PlanError("a plan is an object") }
    self.init(system: nil, workload: "", nodes: [], concurrency: 0)
    for entry in map.entries {
      guard let field = PlanField.all.first(where: { .string($0.name) == entry.key }) else {
        throw PlanError("unknown field \(entry.key.json)")
      }
      guard field.write(&self, entry.value) else {
        throw PlanError("field \"\(field.name)\": \(entry.value.json) is not \(field.kind)")
      }
    }
    guard system != nil || binary != nil else { throw PlanError("neither system nor bin is named") }
    guard !nodes.isEmpty, concurrency > 0 else {
      throw PlanError("a plan needs nodes and a concurrency of at least 1")
    }
  }
}

/// One field of a plan: its name in JSON, and how it is read from and written to a plan.
private struct PlanField: Sendable {
  var name: String
  /// What its value must be, for error messages.
  var kind: String
  var read: @Sendable (Plan) -> Value
  /// Sets the field, unless the value is of the wrong kind.
  var write: @Sendable (inout Plan, Value) -> Bool

  static let all: [PlanField] = [
    .optionalText("system", \.system),
    .optionalText("manifest", \.manifest),
    .optionalText("bin", \.binary),
    .texts("arguments", \.arguments),
    .text("workload", \.workload),
    PlanField(name: "env", kind: "simulated, local, lab or ssh") {
      .string($0.place.rawValue)
    } write: { plan, value in
      guard let place = value.name.flatMap(Place.init) else { return false }
      plan.place = place
      return true
    },
    .texts("nodes", \.nodes),
    .texts("hosts", \.machines.hosts),
    .optionalText("ssh-config", \.machines.configuration),
    .optionalText("known-hosts", \.machines.knownHosts),
    .optionalText("identity", \.machines.identity),
    .flag("accept-new-host-keys", \.machines.acceptsNewHostKeys),
    .flag("ssh-program", \.machines.usesProgram),
    .flag("sudo", \.machines.usesSudo),
    .flag("pcap", \.capturesPackets),
    .flag("machine-clocks", \.machines.setsClocks),
    PlanField(name: "seed", kind: "a whole number") {
      Int(exactly: $0.seed).map { .integer($0) } ?? .number("\($0.seed)")
    } write: { plan, value in
      guard let seed = value.integer.flatMap(UInt64.init(exactly:)) ?? value.bigSeed else {
        return false
      }
      plan.seed = seed
      return true
    },
    .integer("concurrency", \.concurrency),
    PlanField(name: "rate", kind: "a number") {
      .double($0.rate)
    } write: { plan, value in
      switch value {
      case .double(let rate): plan.rate = rate
      case .integer(let rate): plan.rate = Double(rate)
      default: return false
      }
      return true
    },
    .duration("time-limit", \.timeLimit),
    .optionalDuration("latency", \.latency),
    .text("latency-dist", \.latencyDistribution),
    .text("topology", \.topology),
    .texts("nemesis", \.nemesis),
    .duration("nemesis-interval", \.nemesisInterval),
    .flag("at-marks", \.strikesAtMarks),
    .optionalText("availability", \.availability),
    .optionalInteger("key-count", \.keyCount),
    .optionalInteger("max-writes-per-key", \.maxWritesPerKey),
    .optionalInteger("max-txn-length", \.maxTransactionLength),
    .texts("consistency-models", \.consistencyModels),
    .texts("expect", \.expectations),
    .flag("maelstrom-compat", \.isCompatible),
    .optionalDuration("timeout", \.timeout),
    .flag("beyond-claims", \.goesBeyondClaims),
    .flag("swarm", \.isSwarm),
    .optionalDuration("liveness", \.liveness),
    .texts("bugs", \.bugs),
    PlanField(name: "options", kind: "an object of strings") {
      .map(
        ValueMap($0.options.map { .init(key: .string($0.key), value: .string($0.value)) }))
    } write: { plan, value in
      guard let map = value.map else { return false }
      for entry in map.entries {
        guard let key = entry.key.name, let option = entry.value.name else { return false }
        plan.options[key] = option
      }
      return true
    },
    .optionalList("operations", of: "operations", \.operations),
    .optionalList("faults", of: "faults", \.faults),
    .optionalList("delays", of: "delays", \.delays),
    .optionalList("choices", of: "choices", \.choices),
    PlanField(name: "reseed", kind: "an object with a time and a seed") {
      $0.reseeding ?? .null
    } write: { plan, value in
      plan.reseeding = value == .null ? .none : .some(value)
      return value == .null || value.map != nil
    },
    .text("build", \.build),
  ]

  typealias Place = Plan.Place
  typealias Path<Field> = any WritableKeyPath<Plan, Field> & Sendable

  static func text(_ name: String, _ path: Path<String>) -> PlanField {
    PlanField(name: name, kind: "a string") {
      .string($0[keyPath: path])
    } write: { plan, value in
      guard let text = value.name else { return false }
      plan[keyPath: path] = text
      return true
    }
  }

  static func optionalText(_ name: String, _ path: Path<String?>) -> PlanField {
    PlanField(name: name, kind: "a string or null") {
      $0[keyPath: path].map { .string($0) } ?? .null
    } write: { plan, value in
      plan[keyPath: path] = value.name
      return value == .null || value.name != nil
    }
  }

  static func texts(_ name: String, _ path: Path<[String]>) -> PlanField {
    PlanField(name: name, kind: "a list of strings") {
      .list($0[keyPath: path].map { .string($0) })
    } write: { plan, value in
      guard let elements = value.elements else { return false }
      let texts = elements.compactMap(\.name)
      plan[keyPath: path] = texts
      return texts.count == elements.count
    }
  }

  static func optionalList(
    _ name: String, of things: String, _ path: Path<[Value]?>
  ) -> PlanField {
    PlanField(name: name, kind: "a list of \(things)") {
      $0[keyPath: path].map { .list($0) } ?? .null
    } write: { plan, value in
      plan[keyPath: path] = value.elements
      return value == .null || value.elements != nil
    }
  }

  static func flag(_ name: String, _ path: Path<Bool>) -> PlanField {
    PlanField(name: name, kind: "true or false") {
      .bool($0[keyPath: path])
    } write: { plan, value in
      guard case .bool(let flag) = value else { return false }
      plan[keyPath: path] = flag
      return true
    }
  }

  static func integer(_ name: String, _ path: Path<Int>) -> PlanField {
    PlanField(name: name, kind: "a whole number") {
      .integer($0[keyPath: path])
    } write: { plan, value in
      guard let integer = value.integer else { return false }
      plan[keyPath: path] = integer
      return true
    }
  }

  static func optionalInteger(_ name: String, _ path: Path<Int?>) -> PlanField {
    PlanField(name: name, kind: "a whole number or null") {
      $0[keyPath: path].map { .integer($0) } ?? .null
    } write: { plan, value in
      plan[keyPath: path] = value.integer
      return value == .null || value.integer != nil
    }
  }

  static func duration(_ name: String, _ path: Path<Nanoseconds>) -> PlanField {
    PlanField(name: name, kind: "a duration such as \"250ms\"") {
      .string($0[keyPath: path].durationText)
    } write: { plan, value in
      guard let duration = Nanoseconds(value) else { return false }
      plan[keyPath: path] = duration
      return true
    }
  }

  static func optionalDuration(_ name: String, _ path: Path<Nanoseconds?>) -> PlanField {
    PlanField(name: name, kind: "a duration such as \"250ms\", or null") {
      $0[keyPath: path].map { .string($0.durationText) } ?? .null
    } write: { plan, value in
      plan[keyPath: path] = Nanoseconds(value)
      return value == .null || Nanoseconds(value) != nil
    }
  }
}

extension Nanoseconds {
  /// A duration as plans write it: text, or a number of seconds.
  fileprivate init?(_ value: Value) {
    switch value {
    case .string(let text): self.init(duration: text)
    case .integer(let seconds): self.init(duration: "\(seconds)")
    default: return nil
    }
  }
}

extension Value {
  /// A seed beyond the signed integers, as JSON writes it.
  fileprivate var bigSeed: UInt64? {
    if case .number(let text) = self { UInt64(text) } else { nil }
  }
}

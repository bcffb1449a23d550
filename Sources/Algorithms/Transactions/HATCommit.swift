public import Values

/// What one transaction wrote, and when: all of it becomes visible at once.
public struct HATCommit: Hashable, Sendable, StablyCodable {
  /// The Lamport time of the commit: later than all that its node had seen.
  public var time: Int
  public var written: ValueMap

  public init(time: Int, written: ValueMap) {
    self.time = time
    self.written = written
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(time)
    Value.map(written).encode(into: &sink)
  }

  public init?(from source: inout ByteSource) {
    guard let time = source.integer(), case .map(let written)? = Value(from: &source) else {
      return nil
    }
    self.init(time: time, written: written)
  }
}

/// Registers of which the last writer wins.
struct LastWriterWinsRegisters: Hashable, Sendable, StablyEncodable {
  private struct Register: Hashable, Sendable {
    var value: Value
    var time: Int
    var node: NodeID
  }

  private var registers: [Value: Register] = [:]

  subscript(key: Value) -> Value? { registers[key]?.value }

  /// Takes in a commit, wherever it stands in the order: later times win, then higher nodes.
  mutating func apply(_ commit: HATCommit, of node: NodeID) {
    for entry in commit.written.entries {
      if let register = registers[entry.key],
        (register.time, register.node) > (commit.time, node)
      {
        continue
      }
      registers[entry.key] = Register(value: entry.value, time: commit.time, node: node)
    }
  }

  func encode(into sink: inout some ByteSink) {
    sink.put(sorted: registers) { register, sink in
      register.value.encode(into: &sink)
      sink.put(register.time)
      sink.put(register.node)
    }
  }
}

public import Nodes
public import Values

/// What proposers and acceptors of a synod tell each other.
public enum SynodMessage: NodeMessage {
  case prepare(Int)
  /// No ballot below this one will be accepted; and what was accepted last.
  case promise(Int, Synod.Proposal?)
  case accept(Synod.Proposal)
  case accepted(Int)

  public var kind: String {
    switch self {
    case .prepare: "prepare"
    case .promise: "promise"
    case .accept: "accept"
    case .accepted: "accepted"
    }
  }

  public func encode(into sink: inout some ByteSink) {
    switch self {
    case .prepare(let ballot):
      sink.put(UInt8(0))
      sink.put(ballot)
    case .promise(let ballot, let proposal):
      sink.put(UInt8(1))
      sink.put(ballot)
      sink.put(proposal)
    case .accept(let proposal):
      sink.put(UInt8(2))
      proposal.encode(into: &sink)
    case .accepted(let ballot):
      sink.put(UInt8(3))
      sink.put(ballot)
    }
  }

  public init?(from source: inout ByteSource) {
    switch source.byte() {
    case 0:
      guard let ballot = source.integer() else { return nil }
      self = .prepare(ballot)
    case 1:
      guard let ballot = source.integer(),
        let proposal = source.optional(Synod.Proposal.self)
      else { return nil }
      self = .promise(ballot, proposal)
    case 2:
      guard let proposal = Synod.Proposal(from: &source) else { return nil }
      self = .accept(proposal)
    case 3:
      guard let ballot = source.integer() else { return nil }
      self = .accepted(ballot)
    default: return nil
    }
  }
}

public import Values

/// How to find out whether something is so of a node: that it is ready, that it leads.
public enum Probe: Hashable, Sendable {
  /// A port accepts connections.
  case port(Int)
  case http(HTTPProbe)
  /// A program that is run on the node's host ends with status 0.
  case command([String])
}

extension Probe {
  /// That the answer is no, in words.
  public var isNotSo: String {
    switch self {
    case .port(let port): "its port \(port) accepts no connection"
    case .http(let probe):
      "http port \(probe.port), path \(probe.path) does not answer as it should"
    case .command(let words): "\(words.joined(separator: " ")) does not end with status 0"
    }
  }
}

/// A question over HTTP, and the answer that means yes.
public struct HTTPProbe: Hashable, Sendable {
  /// What must be so of an answer of status 200.
  public enum Condition: Hashable, Sendable {
    case answered
    /// The body has this text in it.
    case contains(String)
    /// The body is JSON in which these fields are equal, and there: `leader`, `header.member_id`.
    case equal(String, String)
    /// The body is JSON with this value of a field.
    case field(String, Value)
  }

  public var port: Int
  public var path: String
  /// What is sent by POST; nothing asks by GET.
  public var body: String?
  public var condition: Condition

  public init(port: Int, path: String, body: String? = nil, condition: Condition = .answered) {
    self.port = port
    self.path = path
    self.body = body
    self.condition = condition
  }
}

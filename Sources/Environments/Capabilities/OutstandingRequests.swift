package import Nodes
package import Values

/// What each client waits for: it has one request outstanding.
package struct OutstandingRequests: Sendable {
  private struct Outstanding {
    var number: Int
    var node: NodeID
  }

  /// What a line that a node sent to a client means.
  package enum Answer: Hashable, Sendable {
    /// - `oddity`: a field that the protocol does not know.
    case replied(RequestID, Reply, oddity: BodyError?)
    case malformed(RequestID, problem: String)
  }

  private var requests: [Int: Outstanding] = [:]

  package init() {}

  package mutating func begin(_ id: RequestID, at node: NodeID) {
    requests[id.client] = Outstanding(number: id.number, node: node)
  }

  /// Whether a client's request is the one that it waits for.
  package func isOutstanding(_ id: RequestID) -> Bool { requests[id.client]?.number == id.number }

  /// Takes in a node's answer to a client.
  ///
  /// - Parameter isStrict: Whether a field that the protocol does not know is an error.
  /// - Returns: Nothing where the client does not wait for it.
  package mutating func take(
    _ envelope: Envelope, from node: NodeID, to client: Int, isStrict: Bool = false
  ) -> Answer? {
    guard let request = requests[client], var body = envelope.body.value.map else { return nil }
    let id = RequestID(client: client, number: request.number)
    guard let number = body[.string("in_reply_to")]?.integer else {
      guard request.node == node else { return nil }
      requests[client] = nil
      return .malformed(id, problem: "field \"in_reply_to\": expected an integer")
    }
    guard number == request.number else { return nil }
    requests[client] = nil
    body[.string("in_reply_to")] = nil
    body[.string("msg_id")] = nil
    do throws(BodyError) {
      let reply = try Reply(body: body)
      let oddity = reply.unknownField(in: body)
      if isStrict, let oddity { throw oddity }
      return .replied(id, reply, oddity: oddity)
    } catch {
      return .malformed(id, problem: error.description)
    }
  }
}

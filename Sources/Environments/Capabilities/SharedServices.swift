package import Nodes
package import Values

/// All services beside a cluster, and what they answer to nodes' messages.
package struct SharedServices: Sendable {
  private var states: [Service: ServiceState]
  private let isCompatible: Bool

  /// - Parameters:
  ///   - draws: The services draw from its children from `first` on.
  ///   - isCompatible: Whether they do as Maelstrom's, bug for bug.
  package init(draws: Draws, from first: UInt64 = 0, isCompatible: Bool = false) {
    self.isCompatible = isCompatible
    states = Dictionary(
      uniqueKeysWithValues: Service.allCases.enumerated().map { number, service in
        (
          service,
          ServiceState(
            service, draws: draws.child(first + UInt64(number)), isCompatible: isCompatible)
        )
      })
  }

  /// Answers the message with this body, which `node` sent to `service`.
  ///
  /// - Returns: The body of the answer, if there is one.
  package mutating func answer(
    _ body: ValueMap, to service: Service, from node: NodeID, _ names: NodeNames
  ) -> ValueMap? {
    var reply: Reply?
    do throws(BodyError) {
      let request = try Request(body: body, names)
      // Taken out, so that it is changed in place.
      guard var state = states.removeValue(forKey: service) else { return nil }
      reply = state.handle(request, from: node.index)
      states[service] = state
    } catch {
      if !isCompatible { reply = .failed(ErrorReply(.malformedRequest, error.description)) }
    }
    guard var answer = reply?.body else { return nil }
    answer[.string("in_reply_to")] = body[.string("msg_id")] ?? .null
    return answer
  }
}

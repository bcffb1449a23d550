public import Values

extension FailingWindow {
  /// The window as it stands in a verdict: operations are named by the line of their invocation.
  public var value: Value {
    var fields: [(String, Value?)] = [
      ("object", object.map { .string($0) }),
      ("judged", .integer(total)),
      ("operations", .list(operations.map(\.json))),
      ("omitted", omitted > 0 ? .integer(omitted) : nil),
      ("misfit", misfit.map { .integer($0) }),
      ("need", need.map { .string($0) }),
      ("orders", .list(orders.map(\.json))),
      ("omitted-orders", omittedOrders > 0 ? .integer(omittedOrders) : nil),
    ]
    fields.append(("theorem", reason.map { .string($0) }))
    fields.append(("confirmed", isConfirmed.map { .bool($0) }))
    return .object(fields)
  }
}

extension Value {
  /// A map of those fields that there are.
  fileprivate static func object(_ fields: [(String, Value?)]) -> Value {
    .map(
      ValueMap(
        fields.compactMap { name, value in value.map { .init(key: .string(name), value: $0) } }))
  }
}

extension FailingWindow.Operation {
  fileprivate var json: Value {
    .object([
      ("process", Int(process).map { .integer($0) } ?? .string(process)), ("f", .string(f)),
      ("value", value), ("text", .string(label)), ("start", .integer(start)),
      ("end", end.map { .integer($0) }),
    ])
  }
}

extension FailingWindow.Order {
  fileprivate var json: Value {
    .object([
      (
        "steps",
        .list(
          steps.map { ["operation": .integer($0.operation), "state": .string($0.state)] })
      ),
      ("omitted", omitted > 0 ? .integer(omitted) : nil),
      ("state", .string(state)),
      (
        "pending",
        pending.isEmpty
          ? nil
          : .list(
            pending.map { ["operation": .integer($0.operation), "reason": .string($0.reason)] })
      ),
    ])
  }
}

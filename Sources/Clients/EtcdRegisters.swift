import Values
import Workloads

/// Registers in etcd: a key for each.
///
/// A compare-and-set is one transaction that compares the value; to etcd a key that is not there
/// equals no value.
struct EtcdRegisters: EtcdDialogue {
  private let isSerializable: Bool
  private var f = ""
  private var key = Value.null

  init(_ options: EtcdClient.Options) { isSerializable = options.readsAreSerializable }

  mutating func begin(_ f: String, _ value: Value) -> ClientStep {
    let pair = value.elements ?? []
    self.f = f
    key = pair.first ?? .null
    let name = "lin-kv/\(key.json)"
    let argument = pair.count > 1 ? pair[1] : .null
    switch f {
    case "read": return .ask(EtcdRequest.range(name, isSerializable: isSerializable))
    case "write": return .ask(EtcdRequest.put(name, argument.json))
    case "cas":
      let change = argument.elements ?? []
      let from = change.first ?? .null
      let to = change.last ?? .null
      return .ask(
        EtcdRequest.transaction(
          if: [.init(key: name, target: .value(from.json))], then: [.put(name, to.json)]))
    default: return .complete(.unknown(f))
    }
  }

  mutating func answered(_ body: EtcdAnswer.Body) throws(EtcdMisfit) -> ClientStep {
    switch f {
    case "read":
      let value = try body.found().value ?? .null
      return .complete(.decided(.ok, by: body, value: .list([key, value])))
    case "cas" where !body.succeeded:
      return .complete(.decided(.fail, by: body, error: "precondition-failed"))
    default: return .complete(.decided(.ok, by: body))
    }
  }

  mutating func failed(_ error: EtcdError) -> ClientStep {
    .complete(f == "read" ? error.harmless : error.completion)
  }
}

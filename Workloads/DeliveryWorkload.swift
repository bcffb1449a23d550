public import Generators
public import Histories
public import Invariants
import Nodes
public import Values
public import Verdicts

/// A promise that is demanded of a broadcast, as a type.
public protocol DeliveryLevel: Sendable {
  static var promise: DeliveryPromise { get }
  /// What it demands, in a sentence.
  static var summary: String { get }
}

public enum BestEffortLevel: DeliveryLevel {
  public static let promise = DeliveryPromise.bestEffort
  public static let summary = "Acknowledged messages are delivered by every node, once."
}

public enum ReliableLevel: DeliveryLevel {
  public static let promise = DeliveryPromise.reliable
  public static let summary = "What one node delivers, all deliver, once."
}

public enum FIFOLevel: DeliveryLevel {
  public static let promise = DeliveryPromise.fifo
  public static let summary =
    "Each sender's messages are delivered in the order of their broadcasts."
}

public enum CausalLevel: DeliveryLevel {
  public static let promise = DeliveryPromise.causal
  public static let summary =
    "Messages are delivered after all that their sender had delivered before."
}

public enum TotalOrderLevel: DeliveryLevel {
  public static let promise = DeliveryPromise.totalOrder
  public static let summary = "All nodes deliver all messages in one order."
}

public enum CausalTotalOrderLevel: DeliveryLevel {
  public static let promise = DeliveryPromise.causalTotalOrder
  public static let summary = "All nodes deliver all messages in one order, which is causal."
}

/// Messages that any node broadcasts are delivered by all, in the order that is promised.
public struct DeliveryWorkload<Level: DeliveryLevel>: Workload {
  public static var name: String { "\(Level.promise.rawValue)-broadcast" }
  public static var summary: String { Level.summary }
  public static var operations: [String] {
    [
      "broadcast m → m, with \"message\":[node, k] and \"delivered\":c: the node's k-th, after c deliveries",
      "read null → [m, …], with \"at\":node and \"from\":p: its deliveries from the place p on",
      "as requests: publish {message}, deliveries {from}",
    ]
  }

  private let options: WorkloadOptions

  public init(_ options: WorkloadOptions) { self.options = options }

  public func makeClient() -> any Client { DeliveryClient() }

  public func makeGenerator() -> any Generator {
    Generate(seed: options.seed, state: 0) { next, draws, context in
      guard draws.below(2) == 0 else { return Invocation(f: "read", in: context) }
      defer { next += 1 }
      return Invocation(f: "broadcast", value: .integer(next), in: context)
    }
  }

  public var finalPhase: FinalOperations { .reads(f: "read") }

  public func accepts(finalReads: [Value], after history: [Operation]) -> Bool {
    let sent = Set(history.lazy.filter { $0.type == .ok && $0.f == "broadcast" }.map(\.value))
    return finalReads.allSatisfy { sent.isSubset(of: $0.elements ?? []) }
  }

  public var checkers: [any Checker] { [DeliveryChecker(Level.promise)] }
}

/// Broadcasts, and reads of a node what it has delivered since it was last asked.
struct DeliveryClient: Client {
  private var f = ""
  private var isFinal = false
  /// How many deliveries of the node it has read.
  private var count = 0

  mutating func begin(_ f: String, _ value: Value, _ extra: ValueMap) -> ClientStep {
    self.f = f
    guard f == "read" else { return .ask(.custom(["type": "publish", "message": value])) }
    if extra[fact: "final"] == true { count = 0 }
    return .ask(.custom(["type": "deliveries", "from": .integer(count)]))
  }

  mutating func receive(_ reply: Reply) -> ClientStep {
    guard case .custom(let body) = reply else {
      let type = f == "read" ? "deliveries_ok" : "publish_ok"
      return .complete(.mismatched(reply, expected: type))
    }
    return .complete(f == "read" ? read(body) : published(body))
  }

  private func published(_ body: Value) -> Completion {
    guard let message = body["message"]?.elements, message.count == 2,
      let delivered = body["delivered"]?.integer, body["type"]?.name == "publish_ok"
    else {
      return .mismatched(.custom(body), expected: "publish_ok with \"message\" and \"delivered\"")
    }
    var completion = Completion.ok()
    completion.extra = ValueMap(facts: [
      "message": .list(message), "delivered": .integer(delivered),
    ])
    return completion
  }

  private mutating func read(_ body: Value) -> Completion {
    guard let node = body["at"], let from = body["from"]?.integer, from >= 0,
      let messages = body["messages"]?.elements, body["type"]?.name == "deliveries_ok"
    else {
      return .mismatched(
        .custom(body), expected: "deliveries_ok with \"at\", \"from\" and \"messages\"")
    }
    count = from + messages.count
    var completion = Completion.ok(.list(messages))
    completion.extra = ValueMap(facts: ["at": node, "from": .integer(from)])
    return completion
  }
}

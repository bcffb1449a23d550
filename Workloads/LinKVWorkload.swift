public import Generators
import Histories
import Nodes
import ObjectModels
public import Values
public import Verdicts

/// A key-value store whose operations take effect at one point between request and reply.
public struct LinKVWorkload: Workload {
  public static let name = "lin-kv"
  public static let summary = "Reads, writes and compare-and-sets of single keys are linearizable."
  public static let operations = [
    "read [k, null] → [k, v]; null is a key that was never written",
    "write [k, v] → [k, v]",
    "cas [k, [from, to]] → the same; a key that is missing or holds another value is a fail",
  ]

  private let options: WorkloadOptions

  public init(_ options: WorkloadOptions) { self.options = options }

  public func makeClient() -> any Client {
    let isCompatible = options.isCompatible
    return SingleRequestClient(request: LinKVWorkload.request) { f, value, reply in
      // To Maelstrom a read of a missing key has failed.
      if isCompatible, case .failed(let error) = reply { return .failed(error) }
      return LinKVWorkload.completion(f: f, value: value, reply: reply)
    }
  }

  public var refusal: String? {
    guard options.isCompatible else { return nil }
    return MaelstromRegisters.refusal(
      nodeCount: options.nodes.count, concurrency: options.concurrency)
  }

  public func failsOnTimeout(_ f: String) -> Bool { options.isCompatible && f == "read" }

  private static func request(f: String, value: Value) -> Request {
    let pair = value.elements ?? []
    let key = pair.first ?? .null
    let argument = pair.count > 1 ? pair[1] : .null
    switch f {
    case "read": return .read(key: key)
    case "write": return .write(key: key, value: argument)
    case "cas":
      let change = argument.elements ?? []
      return .compareAndSet(
        key: key, from: change.first ?? .null, to: change.last ?? .null, createIfMissing: false)
    default: return .custom(value)
    }
  }

  static func completion(f: String, value: Value, reply: Reply) -> Completion {
    let key = value.elements?.first ?? .null
    switch (f, reply) {
    case ("read", .value(let read)): return .ok(.list([key, read]))
    // A key that does not exist is an observation: the initial state.
    case ("read", .failed(let error)) where error.code == .keyDoesNotExist:
      return .ok(.list([key, .null]))
    case ("write", .written), ("cas", .compareAndSetDone): return .ok()
    case ("read", _): return .mismatched(reply, expected: "read_ok with \"value\"")
    default: return .mismatched(reply, expected: "\(f)_ok")
    }
  }

  public func makeGenerator() -> any Generator {
    guard !options.isCompatible else {
      return MaelstromRegisters.generator(
        seed: options.seed, nodeCount: options.nodes.count, concurrency: options.concurrency)
    }
    return RegisterOperations(
      seed: options.seed, keyCount: options.keyCount ?? max(1, options.concurrency / 4),
      operationsPerKey: options.maxWritesPerKey ?? 200)
  }

  public var checkers: [any Checker] { [LinearizabilityChecker(KeyValueModel())] }

  public var standardTimeout: Nanoseconds { max(.seconds(1), 10 * options.latency) }
}

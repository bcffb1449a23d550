public import Generators
public import Histories
import Invariants
import Nodes
public import Values
public import Verdicts

/// Posts in the rooms of several servers, and replies to what was read there.
public struct ChatWorkload: Workload {
  public static let name = "chat"
  public static let summary =
    "Rooms on several servers: nobody sees a reply before what it replies to."
  public static let operations = [
    "post [room, m] → the same",
    "reply [room, m] → [room, m, t]: to t, the last message that the client has read in any room",
    "read room → [[m, t], …] in the order in which they are shown, t null but for replies, with "
      + "\"at\":server; null for all rooms",
    "as requests: post {room, message, to}, room {room}",
  ]

  /// How many rooms are in use at a time, and how many posts all of them get until others are.
  private static let roomCount = 3
  private static let postsMax = 60

  private let options: WorkloadOptions

  public init(_ options: WorkloadOptions) { self.options = options }

  public func makeClient() -> any Client { ChatClient() }

  public func makeGenerator() -> any Generator {
    Generate(seed: options.seed, state: 0) { next, draws, context in
      let first = next / ChatWorkload.postsMax * ChatWorkload.roomCount
      let room = Value.integer(first + draws.below(ChatWorkload.roomCount))
      let kind = draws.below(6)
      guard kind < 3 else { return Invocation(f: "read", value: room, in: context) }
      defer { next += 1 }
      return Invocation(
        f: kind == 0 ? "post" : "reply", value: [room, .integer(next)], in: context)
    }
  }

  public var finalPhase: FinalOperations { .reads(f: "read") }

  public func accepts(finalReads: [Value], after history: [Operation]) -> Bool {
    let posted = Set(
      history.lazy.filter { $0.type == .ok && $0.f != "read" }
        .compactMap { $0.value.elements?.dropFirst().first })
    return finalReads.allSatisfy { read in
      posted.isSubset(of: (read.elements ?? []).compactMap { $0.elements?.first })
    }
  }

  public var checkers: [any Checker] { [RepliesChecker()] }
}

/// Posts, and replies to what it read last.
struct ChatClient: Client {
  private var f = ""
  private var value = Value.null
  /// The message that it read last, or null.
  private var last = Value.null

  mutating func begin(_ f: String, _ value: Value, _ extra: ValueMap) -> ClientStep {
    self.f = f
    self.value = value
    guard f != "read" else { return .ask(.custom(["type": "room", "room": value])) }
    let parts = value.elements ?? []
    guard parts.count == 2 else { return .complete(Completion(.fail, error: "no [room, message]")) }
    if f == "reply" { self.value = .list(parts + [last]) }
    let target = f == "reply" ? last : .null
    return .ask(.custom(["type": "post", "room": parts[0], "message": parts[1], "to": target]))
  }

  mutating func receive(_ reply: Reply) -> ClientStep {
    let expected = f == "read" ? "room_ok" : "post_ok"
    guard case .custom(let body) = reply, body["type"]?.name == expected else {
      return .complete(.mismatched(reply, expected: expected))
    }
    guard f == "read" else { return .complete(.ok(value)) }
    guard let server = body["at"], let messages = body["messages"]?.elements,
      messages.allSatisfy({ $0.elements?.count == 2 })
    else {
      return .complete(
        .mismatched(reply, expected: "room_ok with \"at\" and \"messages\", pairs"))
    }
    if let newest = messages.last?.elements?.first { last = newest }
    var completion = Completion.ok(.list(messages))
    completion.extra = ValueMap(facts: ["at": server])
    return .complete(completion)
  }
}

import Algorithms
import Environments
import Nodes
import Simulations
import Testing
import Values

/// A Kafka-style log that a test hands requests to, with a store that answers when it is told to.
private struct DrivenLog {
  var node: Driven<KafkaLog>
  /// Each node has a client of its own.
  let client: Int
  var calls: [(request: Request, token: Token)] = []
  var replies: [Reply] = []
  private var number = 0

  init(_ id: Int = 0, options: [String: String] = [:], bugs: Set<String> = []) {
    node = Driven<KafkaLog>(id, of: 2, options: options, bugs: bugs)
    client = id
  }

  private mutating func take(_ effects: [Effect<KafkaLog>]) {
    for case .call(.linKV, let request, let token) in effects { calls.append((request, token)) }
    replies += effects.replies()
  }

  mutating func request(_ request: Request, number: Int? = nil) {
    self.number += 1
    take(node.request(request, client: client, number: number ?? self.number))
  }

  mutating func fire() { take(node.handle(.timer(.retry))) }

  /// Has a store answer the first call.
  mutating func answerFirst(from store: inout ServiceState) {
    let call = calls.removeFirst()
    guard let reply = store.handle(call.request, from: client) else { return }
    take(node.handle(.answered(call.token, reply)))
  }

  mutating func answerAll(from store: inout ServiceState) {
    while !calls.isEmpty { answerFirst(from: &store) }
  }

  mutating func ask(_ request: Request, of store: inout ServiceState) -> Reply? {
    self.request(request)
    answerAll(from: &store)
    return replies.popLast()
  }
}

@Suite("A Kafka-style log on a shared store")
struct KafkaLogTests {
  private func store() -> ServiceState { ServiceState(.linKV, draws: Draws(seed: 1)) }

  @Test("nodes give consecutive offsets across chunks, and poll each other's messages")
  func offsets() {
    var store = store()
    var nodes = [
      DrivenLog(0, options: ["chunk": "3"]), DrivenLog(1, options: ["chunk": "3"]),
    ]
    for offset in 0..<20 {
      let reply = nodes[offset % 2].ask(
        .send(key: "k", message: .integer(100 + offset)), of: &store)
      #expect(reply == .sent(offset: offset))
    }
    var fresh = DrivenLog(0, options: ["chunk": "3"])
    for from in [0, 5, 19, 20, 1_000] {
      let pairs: [Value] = (from..<max(from, 20)).map { [.integer($0), .integer(100 + $0)] }
      let reply = fresh.ask(.poll(offsets: ["k": from, "none": 0]), of: &store)
      // What it knows answers a poll; only what it does not know is read.
      guard case .polled(let messages)? = reply else { return #expect(Bool(false), "\(from)") }
      let answered = messages["k"] ?? []
      #expect(Array(pairs.prefix(answered.count)) == answered)
      #expect(answered.isEmpty == pairs.isEmpty)
      #expect(messages["none"] == nil)
    }
  }

  @Test("messages that come while an append is under way go together in the next one")
  func batches() {
    var store = store()
    var log = DrivenLog()
    for message in 1...10 { log.request(.send(key: "k", message: .integer(message))) }
    #expect(log.calls.count == 1)
    log.answerFirst(from: &store)
    #expect(log.calls.count == 1)
    log.answerAll(from: &store)
    #expect(log.replies == (0..<10).map { .sent(offset: $0) })
  }

  @Test("an append whose answer is late is looked for, not done again", arguments: [false, true])
  func lateAnswers(happened: Bool) throws {
    var store = store()
    var log = DrivenLog()
    log.request(.send(key: "k", message: 7))
    if happened { _ = store.handle(log.calls[0].request, from: 0) }
    let late = log.calls.removeFirst()
    log.node.context.now = .seconds(2)
    log.fire()
    log.answerAll(from: &store)
    #expect(log.replies == [.sent(offset: 0)])
    // The store may yet get to the call that was given up, and its answer means nothing any more.
    let lateAnswer = store.handle(late.request, from: 0)
    let answer = try #require(lateAnswer)
    #expect(log.node.handle(.answered(late.token, answer)).isEmpty)
    #expect(log.ask(.poll(offsets: ["k": 0]), of: &store) == .polled(["k": [[0, 7]]]))
  }

  @Test("a request that comes twice is appended once, even after a restart")
  func duplicates() {
    var store = store()
    var log = DrivenLog()
    log.request(.send(key: "k", message: 7), number: 5)
    log.request(.send(key: "k", message: 7), number: 5)
    log.answerAll(from: &store)
    log.request(.send(key: "k", message: 7), number: 5)
    log.answerAll(from: &store)
    var restarted = DrivenLog()
    restarted.request(.send(key: "k", message: 7), number: 5)
    restarted.answerAll(from: &store)
    #expect(restarted.replies == [.sent(offset: 0)])
    #expect(restarted.ask(.poll(offsets: ["k": 0]), of: &store) == .polled(["k": [[0, 7]]]))
  }

  @Test("committed offsets are shared, and only rise")
  func commits() {
    var store = store()
    var nodes = [DrivenLog(0), DrivenLog(1)]
    let list = Request.listCommittedOffsets(keys: ["a", "b", "a"])
    #expect(nodes[0].ask(list, of: &store) == .committedOffsets([:]))
    #expect(nodes[0].ask(.commitOffsets(["a": 3]), of: &store) == .offsetsCommitted)
    #expect(nodes[1].ask(.commitOffsets(["a": 2, "b": 0]), of: &store) == .offsetsCommitted)
    #expect(nodes[1].ask(list, of: &store) == .committedOffsets(["a": 3, "b": 0]))
    #expect(nodes[1].ask(.commitOffsets(["a": 9]), of: &store) == .offsetsCommitted)
    #expect(nodes[0].ask(.commitOffsets(["a": 8]), of: &store) == .offsetsCommitted)
    #expect(nodes[0].ask(list, of: &store) == .committedOffsets(["a": 9, "b": 0]))
    #expect(nodes[0].ask(.commitOffsets([:]), of: &store) == .offsetsCommitted)
    #expect(nodes[0].ask(.listCommittedOffsets(keys: []), of: &store) == .committedOffsets([:]))
    #expect(nodes[0].ask(.poll(offsets: [:]), of: &store) == .polled([:]))
  }

  @Test("every call that is not answered in time is made again")
  func retries() {
    var store = store()
    var log = DrivenLog()
    for request in [
      Request.send(key: "k", message: 7), .poll(offsets: ["k": 0]), .commitOffsets(["k": 4]),
      .listCommittedOffsets(keys: ["k"]),
    ] {
      log.request(request)
    }
    for second in 1...3 {
      log.calls.removeAll()
      log.node.context.now = .seconds(Int64(second))
      log.fire()
      #expect(log.calls.count == 4)
    }
    log.answerAll(from: &store)
    #expect(log.replies.count == 4)
    #expect(log.replies.contains(.sent(offset: 0)) && log.replies.contains(.offsetsCommitted))
  }

  @Test("other requests are refused")
  func refusals() {
    var log = DrivenLog()
    log.request(.generate)
    guard case .failed(let error)? = log.replies.last else { return #expect(Bool(false)) }
    #expect(error.code == .notSupported)
  }
}

@Suite("A Kafka-style log on one disk")
struct KafkaSingleTests {
  @Test("what was acknowledged outlives a restart, and a request is done once")
  func restarts() {
    var node = Driven<KafkaSingle>(of: 1)
    #expect(node.request(.send(key: "k", message: 7), number: 1).replies() == [.sent(offset: 0)])
    #expect(node.request(.send(key: "k", message: 8), number: 2).replies() == [.sent(offset: 1)])
    #expect(
      node.request(.commitOffsets(["k": 1, "j": 0]), number: 3).replies() == [.offsetsCommitted])
    #expect(node.request(.commitOffsets(["k": 0]), number: 4).replies() == [.offsetsCommitted])
    var restarted = Driven<KafkaSingle>(of: 1, files: node.files)
    #expect(
      restarted.request(.send(key: "k", message: 8), number: 2).replies() == [.sent(offset: 1)])
    #expect(
      restarted.request(.poll(offsets: ["k": 0, "j": 0]), number: 5).replies()
        == [.polled(["k": [[0, 7], [1, 8]]])])
    #expect(
      restarted.request(.listCommittedOffsets(keys: ["k", "j", "i"]), number: 6).replies()
        == [.committedOffsets(["k": 1, "j": 0])])
    #expect(restarted.node.encoded == node.node.encoded)
  }

  @Test("a torn tail is cut, and a damaged file is not served")
  func damage() {
    var node = Driven<KafkaSingle>(of: 1)
    for number in 1...3 { node.request(.send(key: "k", message: .integer(number)), number: number) }
    let bytes = node.files["log"] ?? []
    var torn = Driven<KafkaSingle>(of: 1, files: ["log": Array(bytes.dropLast())])
    #expect(torn.request(.poll(offsets: ["k": 1])).replies() == [.polled(["k": [[1, 2]]])])
    #expect(torn.request(.send(key: "k", message: 9), number: 9).replies() == [.sent(offset: 2)])
    var damaged = bytes
    damaged[20] ^= 1
    var halted = Driven<KafkaSingle>(of: 1, files: ["log": damaged])
    #expect(halted.request(.poll(offsets: ["k": 0])).isEmpty)
  }

  @Test("an answer waits for the disk")
  func syncs() {
    var node = Driven<KafkaSingle>(of: 1)
    let effects = node.request(.send(key: "k", message: 7))
    let sync = effects.firstIndex { if case .sync = $0 { true } else { false } }
    let reply = effects.firstIndex { if case .reply = $0 { true } else { false } }
    #expect(sync ?? .max < reply ?? -1)
  }
}

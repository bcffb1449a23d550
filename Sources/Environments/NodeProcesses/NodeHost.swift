import Glibc
package import Nodes
package import Values

/// Runs one node after its `init`: hands it events, and executes the effects that it asks for.
package final class NodeHost<N: Node> {
  private var node: N
  private let name: String
  private let names: NodeNames
  private var choices: Choices
  private var delays: Draws
  private var barrier = SyncBarrier<N>()
  private var timers: TimerTable
  private var files: FileStore
  /// What storage has to tell the node.
  private var completions: [Event<N>] = []
  /// The clients of requests that this boot received and did not answer.
  private var clients: [RequestID: AskingClient] = [:]
  private var calls: [Int: Token] = [:]
  /// Numbers of calls rise over boots, so that an answer to an earlier boot's is none to this one's.
  private var callNumber = Int(clock(CLOCK_MONOTONIC) / 1_000)
  private var reportedMarks: Set<Mark> = []

  /// Lines for the network and for the log, written once a batch.
  package private(set) var output: [UInt8] = []
  package private(set) var log: [UInt8] = []
  /// The messages in `output`, in order.
  package private(set) var outgoing: [OutgoingMessage] = []
  /// Why the node can't go on, once it can't.
  package private(set) var failure: String?

  package init(_ settings: NodeProcessSettings, node id: NodeID, names: NodeNames) {
    self.names = names
    name = names[id]
    node = N(
      Configuration(
        id: id, members: names.nodes, options: settings.options, bugs: settings.bugs))
    let draws = Draws(seed: settings.seed ?? bootSeed(), stream: UInt64(id.index))
    choices = Choices(draws.child(0))
    delays = draws.child(1)
    timers = TimerTable(count: (N.Timer.allCases.map { Int($0.rawValue) }.max() ?? 0) + 1)
    files = FileStore(directory: settings.dataDirectory)
  }

  /// Delivers the first event, with what the disk kept.
  package func start() {
    guard let surviving = files.recover(N.File.allCases.map(\.rawValue)) else {
      failure = files.failure ?? "can't read its files"
      return
    }
    handle(.start(surviving))
  }

  /// When the next timer is due, if one is set.
  package var nextTimer: Nanoseconds? { timers.first }

  package func fireTimers() {
    for (timer, due) in timers.timers(dueAt: clock(CLOCK_MONOTONIC)) {
      guard timers.fire(timer, due: due), let timer = N.Timer(rawValue: UInt8(timer)) else {
        continue
      }
      handle(.timer(timer))
    }
  }

  /// Ends a batch: makes durable what was asked for, and sets free what waited for it.
  package func settle() {
    while failure == nil {
      if !completions.isEmpty {
        let events = completions
        completions = []
        for event in events { handle(event) }
      } else if barrier.isSyncing {
        endSync()
      } else {
        return
      }
    }
  }

  /// Forgets what was written.
  package func clearOutput() {
    output.removeAll(keepingCapacity: true)
    outgoing.removeAll(keepingCapacity: true)
    log.removeAll(keepingCapacity: true)
  }

  private func endSync() {
    if files.sync() {
      var ready: [Effect<N>] = []
      let tokens = barrier.syncSucceeded(into: &ready)
      completions += tokens.map { .completed($0, .done) }
      for effect in ready { execute(effect) }
    } else {
      let tokens = barrier.syncFailed()
      guard !tokens.isEmpty else {
        failure = files.failure ?? "a sync failed"
        return
      }
      files.forgiveFailure()
      completions += tokens.map { .completed($0, .failed) }
    }
  }

  private func handle(_ event: Event<N>) {
    guard failure == nil else { return }
    var context = Context<N>(
      now: clock(CLOCK_MONOTONIC), wallClock: clock(CLOCK_REALTIME), choices: choices)
    node.handle(event, &context)
    choices = context.choices
    var ready: [Effect<N>] = []
    barrier.admit(context.effects, into: &ready)
    for effect in ready { execute(effect) }
  }

  private func execute(_ effect: Effect<N>) {
    switch effect {
    case .send(let peer, let message): send(message, to: peer)
    case .reply(let request, let reply):
      guard let client = clients.removeValue(forKey: request) else { return }
      send(reply, to: client, inReplyTo: .integer(request.number))
    case .call(let service, let request, let token):
      callNumber += 1
      calls[callNumber] = token
      var body = request.body(names)
      body[.string("msg_id")] = .integer(callNumber)
      send(body, to: service.rawValue, .service(service))
    case .setTimer(let timer, let delays):
      let delay = self.delays.within(delays)
      timers.set(Int(timer.rawValue), due: clock(CLOCK_MONOTONIC) + delay)
    case .cancelTimer(let timer): timers.cancel(Int(timer.rawValue))
    case .store(let file, let operation): store(operation, on: file)
    case .sync: break  // The batch's end does it, once for all that were asked for.
    case .mark(let mark): if reportedMarks.insert(mark).inserted { write(log: mark.line) }
    case .log(let line): write(log: line)
    }
  }

  private func store(_ operation: StorageOperation, on file: N.File) {
    let result = files.perform(operation, on: file.rawValue)
    if case .read(_, let token) = operation {
      completions.append(.completed(token, result ?? .failed))
    }
  }

  package func write(log line: String) {
    log.append(contentsOf: line.utf8)
    log.append(UInt8(ascii: "\n"))
  }
}

// MARK: The network

extension NodeHost {
  private func beginLine(to destination: String) {
    output.appendText("{\"src\":")
    output.appendJSON(name)
    output.appendText(",\"dest\":")
    output.appendJSON(destination)
    output.appendText(",\"body\":")
  }

  /// Ends the line that began at `start`.
  private func endLine(from start: Int, _ destination: OutgoingMessage.Destination) {
    outgoing.append(OutgoingMessage(destination: destination, range: start..<output.count))
    output.append(UInt8(ascii: "\n"))
  }

  private func send(_ body: ValueMap, to name: String, _ destination: OutgoingMessage.Destination) {
    let start = output.count
    beginLine(to: name)
    Value.map(body).writeJSON(into: &output)
    output.appendText("}")
    endLine(from: start, destination)
  }

  /// A message to a peer is its kind for people and its encoding for the peer.
  private func send(_ message: N.Message, to peer: NodeID) {
    let start = output.count
    beginLine(to: names[peer])
    output.appendText("{\"type\":")
    output.appendJSON(message.kind)
    output.appendText(",\"data\":\"")
    Base64.append(message.encoded, to: &output)
    output.appendText("\"}}")
    endLine(from: start, .peer(peer))
  }

  private func send(_ reply: Reply, to client: AskingClient, inReplyTo number: Value) {
    var body = reply.body
    body[.string("in_reply_to")] = number
    send(body, to: client.name, .client(origin: client.origin))
  }

  /// Answers the `init` that made this node.
  func acknowledgeInit(from client: String, _ number: Value) {
    guard failure == nil else { return }
    let body: Value = ["type": "init_ok", "in_reply_to": number]
    send(body.map ?? ValueMap(), to: client, .client(origin: 0))
  }

  /// Takes in one line.
  package func receive(_ line: UnsafeRawBufferPointer) {
    guard let envelope = Envelope(line: line), let source = envelope.source.string else {
      return write(log: "not a message: \(String(decoding: line, as: UTF8.self))")
    }
    receive(envelope, from: source, origin: 0)
  }

  /// Takes in one message.
  ///
  /// - Parameter origin: Where replies to it go.
  package func receive(_ envelope: Envelope, from source: String, origin: Int) {
    if let peer = names[source] {
      receiveMessage(envelope, from: peer)
    } else if Service(rawValue: source) != nil {
      receiveAnswer(envelope)
    } else {
      receiveRequest(envelope, from: AskingClient(name: source, origin: origin))
    }
  }

  private func receiveMessage(_ envelope: Envelope, from peer: NodeID) {
    var message: N.Message?
    try? JSONScanner.fields(of: envelope.body.bytes) { key, value in
      guard key.isString("data"), value.isString, let bytes = Base64.decode(value.unquoted) else {
        return
      }
      var source = ByteSource(bytes)
      message = N.Message(from: &source)
    }
    guard let message else {
      return write(
        log: "not a message of this system from \(names[peer]): \(envelope.body.value.json)")
    }
    handle(.message(from: peer, message))
  }

  private func receiveAnswer(_ envelope: Envelope) {
    guard var body = envelope.body.value.map,
      let number = body[.string("in_reply_to")]?.integer,
      let token = calls.removeValue(forKey: number)
    else { return }
    body[.string("in_reply_to")] = nil
    do throws(BodyError) {
      handle(.answered(token, try Reply(body: body)))
    } catch {
      write(log: "not an answer: \(error)")
    }
  }

  private func receiveRequest(_ envelope: Envelope, from client: AskingClient) {
    guard var body = envelope.body.value.map else { return }
    let number = body[.string("msg_id")]
    guard let integer = number?.integer else {
      let error = ErrorReply(.malformedRequest, "field \"msg_id\": expected an integer")
      return send(.failed(error), to: client, inReplyTo: number ?? .null)
    }
    body[.string("msg_id")] = nil
    do throws(BodyError) {
      let request = try Request(body: body, names)
      if case .custom(let body) = request, body["type"] == NodeStatus.requestType {
        return send(.custom(status.body), to: client, inReplyTo: .integer(integer))
      }
      let id = RequestID(
        client: envelope.source.clientNumber ?? NodeHost.number(ofClient: client.name),
        number: integer)
      clients[id] = client
      handle(.request(id, request))
    } catch {
      let reply = Reply.failed(ErrorReply(.malformedRequest, error.description))
      send(reply, to: client, inReplyTo: .integer(integer))
    }
  }

  private var status: NodeStatus {
    NodeStatus(
      role: node.roleName, isPrimary: node.isPrimary, status: node.status, isWhole: node.isWhole)
  }

  /// A number beyond those of clients that are called `c<number>`.
  private static func number(ofClient name: String) -> Int {
    var hasher = StableHasher()
    hasher.put(name)
    return Int(hasher.value >> 3) | 1 << 60
  }
}

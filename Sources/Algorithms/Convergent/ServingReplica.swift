import Nodes
import Values

/// A replica of an object as its clients and its peers meet it, however updates are replicated.
protocol ServingReplica: Algorithm {
  /// What an update is for replication: a delta, or an effect.
  associatedtype Change

  var id: NodeID { get }
  var clock: StampClock { get }
  var bugs: Set<String> { get }
  var own: OwnUpdates { get set }
  /// How many bytes of messages were sent since the start.
  var sentBytes: Int { get set }

  /// What a read answers.
  var value: Value { get }
  /// The updates that are visible here.
  var visible: VersionVector { get }
  /// How many bytes the whole state takes.
  var stateSize: Int { get }

  /// Makes an update here.
  mutating func make(
    _ update: ReplicatedUpdate, at origin: UpdateOrigin
  ) throws(ErrorReply) -> (change: Change, result: UpdateResult)

  /// Stores an update that was made here, before it is acknowledged.
  mutating func store(
    _ change: Change, of entry: OwnUpdates.Entry, _ context: inout Context<Self>)

  /// Tells the others of an update that was made here, where that does not wait for gossip.
  mutating func tell(_ change: Change, _ context: inout Context<Self>)
}

extension ServingReplica {
  mutating func tell(_ change: Change, _ context: inout Context<Self>) {}

  func has(_ bug: PlantedBug) -> Bool { bugs.contains(bug.name) }

  mutating func send(_ message: Message, to peer: NodeID, _ context: inout Context<Self>) {
    sentBytes += message.encodedCount
    context.send(message, to: peer)
  }

  mutating func serve(_ request: RequestID, _ body: Value, _ context: inout Context<Self>) {
    if let update = Replica.update(body) {
      take(update, request, &context)
    } else if body["type"]?.name == "query" {
      context.reply(
        Replica.answer(
          value, visible, of: id, isForAll: body["own"] == true, own: own, size: { stateSize },
          sent: sentBytes), to: request)
    } else {
      context.reply(.notSupported, to: request)
    }
  }

  private mutating func take(
    _ update: ReplicatedUpdate, _ request: RequestID, _ context: inout Context<Self>
  ) {
    if let answer = own.answer(to: request, at: id) {
      if let answer { context.reply(answer, to: request) }
      return
    }
    let dot = Dot(id, own.entries.count + 1)
    let origin = UpdateOrigin(dot, wallClock: context.wallClock, clock: clock, bugs: bugs)
    do throws(ErrorReply) {
      let (change, result) = try make(update, at: origin)
      let entry = OwnUpdates.Entry(
        request: request, update: update, result: result, context: visible)
      own.append(entry)
      store(change, of: entry, &context)
      context.reply(Replica.accepted(entry, dot), to: request)
      tell(change, &context)
    } catch {
      context.reply(.failed(error), to: request)
    }
  }
}

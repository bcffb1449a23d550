public import Nodes
public import Values

/// A key-value store in which each node has values of its own.
///
/// Linearizable on one node, and the simplest wrong answer on several.
public struct LocalKeyValueStore: Algorithm {
  public typealias Message = NoMessage
  public typealias Timer = NoTimer

  public enum File: String, Hashable, Sendable, CaseIterable {
    case log
  }

  public static let noSync = PlantedBug(
    "no-sync", "writes are acknowledged before they are durable",
    source: "Pillai et al., All file systems are not created equal (OSDI 2014).",
    violates: ["nonlinearizable"])

  public static let description = AlgorithmDescription(
    name: "kv-local", summary: "A key-value store in which each node has values of its own.",
    promise: "Linearizability on a cluster of one node; none with more.",
    assumptions: "A disk keeps what was synced.",
    paper: "A state machine that is not replicated; Maelstrom's first step towards Raft.",
    bugs: [noSync], workloads: ["lin-kv"],
    survives: AlgorithmDescription.allButLostDataAlone)

  private let syncs: Bool
  private var store = KeyValueStore()
  private var log = DurableLog<LoggedRequest>()

  public init(_ configuration: Configuration) {
    syncs = !configuration.bugs.contains(LocalKeyValueStore.noSync.name)
  }

  public mutating func handle(
    _ event: Event<LocalKeyValueStore>, _ context: inout Context<LocalKeyValueStore>
  ) {
    guard !log.isCorrupt else { return }
    switch event {
    case .start(let files):
      for logged in log.recover(files[File.log], of: .log, &context) {
        _ = store.apply(logged.request, logged.id)
      }
    case .request(let id, .read(let key)): context.reply(store.read(key), to: id)
    case .request(let id, .write), .request(let id, .compareAndSet):
      guard case .request(_, let request) = event else { return }
      change(request, id, &context)
    case .request(let id, _): context.reply(.notSupported, to: id)
    case .message, .answered, .timer, .completed: break
    }
  }

  private mutating func change(
    _ request: Request, _ id: RequestID, _ context: inout Context<LocalKeyValueStore>
  ) {
    if case .new = store.recognize(id) {
      log.append(LoggedRequest(id, request), to: .log, syncs: syncs, &context)
    }
    if let reply = store.apply(request, id) { context.reply(reply, to: id) }
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(syncs)
    store.encode(into: &sink)
    log.encode(into: &sink)
  }
}

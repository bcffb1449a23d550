import Nodes
import Values

/// Counts what clients add: each addition is appended to a log, made durable, and acknowledged.
///
/// With the bug `no-sync` it acknowledges without making anything durable, with `no-checksum` it takes
/// what it finds for what it wrote, and with `no-failure` a sync that failed for one that succeeded.
/// With the option `tokens` it is told how its syncs end, and falls silent when one failed.
struct Ledger: Node {
  enum File: String, CaseIterable { case log }

  typealias Message = Pinger.Ping
  typealias Timer = NoTimer

  let configuration: Configuration
  var log = RecordLog()
  var total = 0
  var additions = 0
  var damage = RecordLog.Damage.none
  /// Requests whose syncs have not ended, the oldest first; tokens count them.
  var waiting: [RequestID] = []
  var isHalted = false

  init(_ configuration: Configuration) { self.configuration = configuration }

  mutating func handle(_ event: Event<Ledger>, _ context: inout Context<Ledger>) {
    switch event {
    case .start(let files): recover(files[File.log], &context)
    case .request where isHalted: break
    case .request(let id, .addDelta(let delta)): add(delta, id, &context)
    case .request(let id, _): context.reply(.value(.integer(total)), to: id)
    case .completed(let token, let result):
      guard result != .failed || configuration.bugs.contains("no-failure") else {
        isHalted = true
        return
      }
      context.reply(.added, to: waiting[token.rawValue])
    case .message, .timer, .answered: break
    }
  }

  private mutating func add(_ delta: Int, _ id: RequestID, _ context: inout Context<Ledger>) {
    total += delta
    additions += 1
    context.append(isRaw ? Ledger.raw(delta) : log.frame(delta.encoded), to: .log)
    if configuration.options["tokens"] != nil {
      waiting.append(id)
      return context.sync(token: Token(waiting.count - 1))
    }
    if !configuration.bugs.contains("no-sync") { context.sync() }
    context.reply(.added, to: id)
    for peer in configuration.peers { context.send(Pinger.Ping(number: additions), to: peer) }
  }

  private var isRaw: Bool { configuration.bugs.contains("no-checksum") }

  private static func raw(_ delta: Int) -> [UInt8] {
    [UInt8](repeating: UInt8(truncatingIfNeeded: delta), count: 8)
  }

  private mutating func recover(_ bytes: [UInt8], _ context: inout Context<Ledger>) {
    guard !isRaw else {
      for start in stride(from: 0, to: bytes.count, by: 8) { total += Int(bytes[start]) }
      return
    }
    let recovery = RecordLog.recover(bytes)
    damage = recovery.damage
    for record in recovery.records {
      var source = ByteSource(record)
      total += source.integer() ?? 0
      additions += 1
    }
    log = RecordLog(count: recovery.validCount)
    if recovery.validCount < bytes.count {
      context.truncate(.log, to: recovery.validCount)
      context.sync()
    }
  }

  func encode(into sink: inout some ByteSink) {
    sink.put(log.count)
    sink.put(total)
    sink.put(additions)
  }
}

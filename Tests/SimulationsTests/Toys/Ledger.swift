import Nodes
import Values

/// Counts what clients add: each addition is appended to a log, made durable, and acknowledged.
///
/// With the bug `no-sync` it acknowledges without making anything durable.
struct Ledger: Node {
  enum File: String, CaseIterable { case log }

  typealias Message = Pinger.Ping
  typealias Timer = NoTimer

  let configuration: Configuration
  var log = RecordLog()
  var total = 0
  var additions = 0
  var damage = RecordLog.Damage.none

  init(_ configuration: Configuration) { self.configuration = configuration }

  mutating func handle(_ event: Event<Ledger>, _ context: inout Context<Ledger>) {
    switch event {
    case .start(let files): recover(files[File.log], &context)
    case .request(let id, .addDelta(let delta)):
      total += delta
      additions += 1
      context.append(log.frame(delta.encoded), to: .log)
      if !configuration.bugs.contains("no-sync") { context.sync() }
      context.reply(.added, to: id)
      for peer in configuration.peers { context.send(Pinger.Ping(number: additions), to: peer) }
    case .request(let id, _): context.reply(.value(.integer(total)), to: id)
    case .message, .timer, .answered, .completed: break
    }
  }

  private mutating func recover(_ bytes: [UInt8], _ context: inout Context<Ledger>) {
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

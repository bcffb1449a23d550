public import Nodes
public import Values

/// Makes identifiers that are unique in the whole cluster and for all time, without coordination.
///
/// An identifier is (node, boot, number). The boot's number is taken from the disk at each start and
/// made durable before the first identifier that carries it leaves: a boot whose number was lost
/// with the power has answered nobody, so the next one may use that number. Clocks are not used, so
/// they can't do harm.
public struct UniqueIDs: Algorithm {
  public typealias Message = NoMessage
  public typealias Timer = NoTimer

  public enum File: String, Hashable, Sendable, CaseIterable {
    /// A record for each boot.
    case boots
  }

  public static let volatileBoot = PlantedBug(
    "volatile-boot", "the boot's number is not stored, so a restarted node repeats identifiers",
    source: "MySQL bug 199 (2003): InnoDB's AUTO_INCREMENT counter was kept in memory only.",
    violates: ["duplicated"])
  public static let clockNumbers = PlantedBug(
    "clock-numbers",
    "identifiers are a millisecond of the wall clock and a number in it, though it may step back",
    source: "Snowflake (Twitter, 2010), without its refusal to serve when the clock moves "
      + "backwards.",
    violates: ["duplicated"])
  public static let sharedWorker = PlantedBug(
    "shared-worker", "identifiers don't say which node gave them",
    source: "Snowflake (Twitter, 2010): workers of one number give the same identifiers, so "
      + "ZooKeeper hands the numbers out.",
    violates: ["duplicated"])

  public static let description = AlgorithmDescription(
    name: "unique-ids", summary: "Identifiers that are unique without coordination.",
    promise: "No identifier is ever given twice; every node answers alone, in any partition.",
    assumptions: "A disk keeps what was synced; nodes' ids are never used again.",
    paper: "Snowflake (Twitter, 2010), with durable boot numbers in place of clocks.",
    bugs: [volatileBoot, clockNumbers, sharedWorker], workloads: ["unique-ids"])

  private let node: NodeID
  private let storesBoot: Bool
  private let trustsClock: Bool
  private let namesNode: Bool
  private var boot = 0
  private var given = 0
  private var isHalted = false
  /// With ``clockNumbers``: the millisecond of the last identifier.
  private var millisecond: Nanoseconds = 0

  public init(_ configuration: Configuration) {
    node = configuration.id
    storesBoot = !configuration.bugs.contains(UniqueIDs.volatileBoot.name)
    trustsClock = configuration.bugs.contains(UniqueIDs.clockNumbers.name)
    namesNode = !configuration.bugs.contains(UniqueIDs.sharedWorker.name)
  }

  public mutating func handle(_ event: Event<UniqueIDs>, _ context: inout Context<UniqueIDs>) {
    switch event {
    case .start(let files): start(files[File.boots], &context)
    case .request(let id, .generate):
      // After corruption it is not known which identifiers were given: silence is the only safe
      // answer.
      guard !isHalted else { return }
      given += 1
      if trustsClock { return context.reply(.generated(clockNumber(context.wallClock)), to: id) }
      let worker = namesNode ? node.rawValue : 0
      context.reply(.generated(.string("\(worker)-\(boot)-\(given)")), to: id)
    case .request(let id, _): context.reply(.notSupported, to: id)
    case .message, .answered, .timer, .completed: break
    }
  }

  private mutating func clockNumber(_ time: Nanoseconds) -> Value {
    if millisecond != time / 1_000_000 {
      millisecond = time / 1_000_000
      given = 0
    }
    return .string("\(node.rawValue)-\(Int(millisecond))-\(given)")
  }

  private mutating func start(_ bytes: [UInt8], _ context: inout Context<UniqueIDs>) {
    let recovery = RecordLog.recover(bytes)
    switch recovery.damage {
    case .none: break
    case .tornTail: context.truncate(.boots, to: recovery.validCount)
    case .corruption(let position):
      isHalted = true
      return context.log("boots: a bad record at byte \(position) before a good one; not serving")
    }
    boot = recovery.records.count + 1
    guard storesBoot else { return }
    var records = RecordLog(count: recovery.validCount)
    context.append(records.frame(boot.encoded), to: .boots)
    context.sync()
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(node)
    sink.put(storesBoot)
    sink.put(trustsClock)
    sink.put(namesNode)
    sink.put(Int(millisecond))
    sink.put(boot)
    sink.put(given)
    sink.put(isHalted)
  }
}

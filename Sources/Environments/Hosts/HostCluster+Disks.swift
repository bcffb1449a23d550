import Disks
public import Environments
import Glibc
import Processes
import Values

/// What faults of a node's disk have done that is not mended.
struct DiskTrouble {
  /// What holds until it is mended.
  var held: DiskFault?
  /// Whether what holds was seen to; nothing where its end tells.
  var tookHold: Bool?
  /// What had come of a fault of watched calls when it was ended.
  var tally: DiskWatch.Tally?
  /// Whether a fault took the node's process down, so that its end starts it again.
  var isDown = false
}

extension HostSettings {
  /// Which of nodes' calls are watched: no others than some fault is for, as each takes longer for it.
  var watchedEffects: DiskWatch.Effects {
    diskFaults.reduce(into: []) { $0.formUnion($1.watchedEffects) }
  }
}

extension DiskFault.Kind {
  /// Which calls it is made by answering; none where it is made otherwise.
  fileprivate var watchedEffects: DiskWatch.Effects {
    switch self {
    case .syncError, .lostSync, .stall, .crashAtSync: .syncs
    case .readError: .reads
    case .writeError: .writes
    case .slowIO: [.reads, .writes, .syncs]
    default: []
    }
  }

  /// Whether it can't be had where a node has no disk of its own.
  fileprivate var needsVolume: Bool { self != .stall && self != .syncError && !isOfTransfers }

  /// How it damages files, where it does.
  fileprivate var damage: FileDamage? {
    switch self {
    case .corrupt: .flip
    case .truncate: .truncate
    case .swap: .swap
    case .wipe: .wipe
    default: nil
    }
  }
}

extension HostCluster {
  /// How long a disk may take to be made or repaired.
  private static let diskPatience: Nanoseconds = .seconds(60)
  /// How many syncs come before one that is random, by orders of magnitude that double.
  private static let crashDoublings = 5

  /// Whether nodes get disks of their own; of other machines it is known when they are there.
  private var hasVolumes: Bool {
    settings.diskFaults.contains { $0 != .stall && !$0.isOfTransfers }
      && (!network.isThisMachine || Volume.problem == nil)
  }

  public func support(for fault: DiskFault) -> FaultSupport {
    HostCluster.support(for: fault, onThisMachine: network.isThisMachine)
  }

  /// Whether the disk of a host can have a fault, as far as that is known before the host is there.
  package static func support(
    for fault: DiskFault, onThisMachine isThisMachine: Bool
  ) -> FaultSupport {
    switch fault.kind {
    case .torn, .reorder, .misdirect, .stale:
      return .unsupported("a real disk can't be told to; --env simulated can")
    default: break
    }
    guard isThisMachine else { return .supported }
    if fault.kind.needsVolume, let problem = Volume.problem { return .unsupported(problem) }
    let effects = fault.kind.watchedEffects
    if !effects.isEmpty, let problem = DiskWatch.problem(watching: effects) {
      return .unsupported(problem)
    }
    return .supported
  }

  /// Gives nodes disks, and watches what they ask of them, as far as the settings say.
  func furnishDisks() throws(HostError) {
    for process in nodes {
      let data = "\(process.homeOnHost)/data"
      if hasVolumes {
        _ = try ask(process, .have(data: data, hidden: "\(process.homeOnHost)/.disk"))
      }
      let effects = settings.watchedEffects
      if !effects.isEmpty { _ = try ask(process, .watch(data: data, effects)) }
    }
  }

  /// Makes durable what is on the disks by now: with a kernel's usual settings it would be, long before
  /// a fault comes.
  func syncDisks() throws(HostError) {
    guard hasVolumes else { return }
    for process in nodes { _ = try ask(process, .sync) }
  }

  private func ask(
    _ process: HostedProcess, _ request: DiskRequest
  ) throws(HostError) -> [String] {
    try process.host.agent.ask(.disks, request.words, within: HostCluster.diskPatience)
  }

  private func does(
    _ process: HostedProcess, _ request: DiskRequest
  ) throws(HostError) -> Bool {
    try ask(process, request) == DiskRequest.words(true)
  }

  // MARK: Breaking

  func disk(_ fault: DiskFault, _ nodes: [NodeID]) throws(HostError) -> FaultReport {
    guard settings.diskFaults.contains(fault.kind) else {
      return refuse(nodes, "the hosts were not made for it")
    }
    if case .unsupported(let reason) = support(for: fault) { return refuse(nodes, reason) }
    var effects: [(HostedProcess, String, Bool?)] = []
    var spared: [NodeID] = []
    for process in processes(nodes) {
      guard mayDamage(process.node, fault.kind) else {
        spared.append(process.node)
        continue
      }
      let (did, tookHold) =
        fault.kind.isStrike ? try strike(process, fault) : try afflict(process, fault)
      effects.append((process, did, tookHold))
    }
    var report = report(effects)
    for node in spared { report.did[node] = FaultReport.spared }
    return report
  }

  /// Whether a node's files may be damaged, so that no more nodes' ever are than its system claims to
  /// survive: nobody knows when one has recovered.
  private func mayDamage(_ node: NodeID, _ kind: DiskFault.Kind) -> Bool {
    guard kind.damages, let limits = settings.damageLimits else { return true }
    guard !damagedDisks.contains(node) else { return true }
    guard damagedDisks.count < limits[kind, default: 0] else { return false }
    damagedDisks.insert(node)
    return true
  }

  private func nextDiskDraws() -> Draws {
    diskFaultCount += 1
    return Draws(seed: settings.seed, stream: 0x0064_6973_6b, number: UInt64(diskFaultCount))
  }

  private func strike(
    _ process: HostedProcess, _ fault: DiskFault
  ) throws(HostError) -> (String, Bool?) {
    try giveWay(process)
    var draws = nextDiskDraws()
    try takeDown(process)
    guard let damage = fault.kind.damage else {
      return ("power-lost", try does(process, .cut))
    }
    let done = try ask(process, .damage(damage, files: fault.files, seed: draws.next()))
    let verb = fault.kind.did
    return done.isEmpty
      ? ("\(verb) nothing: there is no such file", false)
      : ("\(verb) \(done.joined(separator: ", "))", true)
  }

  private func afflict(
    _ process: HostedProcess, _ fault: DiskFault
  ) throws(HostError) -> (String, Bool?) {
    try giveWay(process)
    var draws = nextDiskDraws()
    var tookHold: Bool?
    switch fault.kind {
    case .full: tookHold = try does(process, .takeRoom)
    case .readOnly: tookHold = try does(process, .refuseWrites)
    default:
      _ = try ask(process, .follow(rule(of: fault, &draws), seed: draws.next()))
    }
    var trouble = diskTroubles[process.node, default: DiskTrouble()]
    trouble.held = fault
    trouble.tookHold = tookHold
    trouble.tally = nil
    diskTroubles[process.node] = trouble
    return (fault.kind.did, tookHold)
  }

  private func rule(of fault: DiskFault, _ draws: inout Draws) -> DiskWatch.Rule {
    DiskWatch.Rule(
      outcome(of: fault, &draws), on: fault.kind.watchedEffects, files: fault.files)
  }

  private func outcome(of fault: DiskFault, _ draws: inout Draws) -> DiskWatch.Rule.Outcome {
    switch fault.kind {
    case .syncError, .readError: return .fail(share: fault.probability, EIO)
    case .writeError: return .fail(share: fault.probability, fault.problem.number)
    case .lostSync: return .lie
    case .stall: return .delay(share: 1, fault.latency)
    case .slowIO: return .delay(share: fault.probability, fault.latency)
    case .crashAtSync:
      let least = Int64(1) << Int64(draws.below(HostCluster.crashDoublings))
      return .crash(at: fault.sync ?? Int(draws.within(least...2 * least - 1)))
    default: return .pass
    }
  }

  /// Whether a process that has ended may have done so for its disk's sake, which is a fault's doing.
  func wasTakenDownByDisk(_ process: HostedProcess, _ status: ExitStatus) -> Bool {
    guard let trouble = diskTroubles[process.node], let fault = trouble.held,
      isReason(fault.kind, trouble, process, status)
    else { return false }
    diskTroubles[process.node]?.isDown = true
    return true
  }

  private func isReason(
    _ kind: DiskFault.Kind, _ trouble: DiskTrouble, _ process: HostedProcess, _ status: ExitStatus
  ) -> Bool {
    switch kind {
    // Which writes were refused nobody counts.
    case .full, .readOnly: trouble.tookHold == true
    case .syncError, .readError, .writeError: tally(process, trouble).touched > 0
    case .crashAtSync:
      status == .signalled(number: SIGKILL) && tally(process, trouble).hasCrashed
    default: false
    }
  }

  private func tally(_ process: HostedProcess, _ trouble: DiskTrouble) -> DiskWatch.Tally {
    trouble.tally ?? DiskWatch.Tally(words: (try? ask(process, .tally)) ?? [])
  }

  // MARK: Mending

  func mendDisks(_ nodes: [NodeID]) throws(HostError) -> FaultReport {
    var effects: [(HostedProcess, String, Bool?)] = []
    var affected: Int?
    for process in processes(nodes) {
      guard diskTroubles[process.node] != nil else { continue }
      let relief = try relieve(process)
      let isDown = diskTroubles.removeValue(forKey: process.node)?.isDown == true
      if let count = relief?.affected { affected = (affected ?? 0) + count }
      var did = relief.map { "mended: \($0.did)" }
      var tookHold = relief?.tookHold ?? true
      if isDown, !process.isRunning {
        let restarted = try restart([process])
        did = (did.map { "\($0), and " } ?? "") + (restarted.did[process.node] ?? "")
        tookHold = tookHold && restarted.tookHold != false
      }
      effects.append((process, did ?? "mended", tookHold))
    }
    guard !effects.isEmpty else { return FaultReport() }
    var report = report(effects)
    report.affected = affected
    return report
  }

  /// Ends what holds on a node's disk, for another fault comes, and has it told what came of it.
  private func giveWay(_ process: HostedProcess) throws(HostError) {
    guard let relief = try relieve(process) else { return }
    events.append(
      .settled(
        .mendDisks([process.node]),
        FaultReport(
          did: [process.node: "mended: \(relief.did)"], tookHold: relief.tookHold,
          affected: relief.affected)))
  }

  /// What came of a fault that held.
  private struct Relief {
    var did: String
    var tookHold: Bool
    var affected: Int?
  }

  /// Ends what holds on a node's disk; a process that it has deceived is ended, too.
  private func relieve(_ process: HostedProcess) throws(HostError) -> Relief? {
    guard let trouble = diskTroubles[process.node], let fault = trouble.held else { return nil }
    let host = process.host.name
    // Until then it is a reason to end.
    defer { diskTroubles[process.node]?.held = nil }
    switch fault.kind {
    case .full:
      guard try does(process, .giveRoom) else {
        throw .notHealed("host \(host): the disk has no room again")
      }
      return Relief(did: "it has room", tookHold: trouble.tookHold == true)
    case .readOnly:
      try takeDown(process)
      guard try does(process, .repair) else {
        throw .notHealed("host \(host): the disk can't be written again")
      }
      return Relief(did: "it can be written", tookHold: trouble.tookHold == true)
    default: return try relieve(process, ofWatched: fault)
    }
  }

  private func relieve(
    _ process: HostedProcess, ofWatched fault: DiskFault
  ) throws(HostError) -> Relief {
    let tally = DiskWatch.Tally(words: try ask(process, .follow(.pass, seed: 0)))
    diskTroubles[process.node]?.tally = tally
    let calls = "\(tally.touched) of \(tally.seen) \(fault.kind.watchedEffects.words)"
    switch fault.kind {
    case .stall, .slowIO:
      return Relief(
        did: "\(calls) were late", tookHold: tally.touched > 0, affected: tally.touched)
    case .readError, .writeError:
      // Who has seen an error may end of it later, or refuse all until it is started again.
      if tally.touched > 0 { try takeDown(process) }
      return Relief(
        did: "\(calls) failed", tookHold: tally.touched > 0, affected: tally.touched)
    case .crashAtSync:
      guard tally.hasCrashed else {
        return Relief(
          did: "it was never reached, after \(tally.seen) syncs", tookHold: false, affected: 0)
      }
      try takeDown(process)
      return Relief(
        did: "power was lost at sync \(tally.seen)", tookHold: try does(process, .restore),
        affected: 1)
    default:
      // Who goes on with what was never made durable finds it gone.
      if tally.touched > 0 {
        try takeDown(process)
        if hasVolumes, try !does(process, .cut) {
          throw .notHealed("host \(process.host.name): the disk did not come back")
        }
      }
      return Relief(
        did: "\(calls) \(fault.kind == .lostSync ? "did nothing" : "failed")",
        tookHold: tally.touched > 0, affected: tally.touched)
    }
  }

  /// Ends all processes of a node's, also those that its own has left behind.
  private func takeDown(_ process: HostedProcess) throws(HostError) {
    if process.isRunning {
      _ = try kill([process])
    } else {
      try process.host.agent.signalAll(SIGKILL)
    }
    diskTroubles[process.node, default: DiskTrouble()].isDown = true
  }
}

extension DiskWatch.Effects {
  /// What calls of these effects are called, for reports.
  fileprivate var words: String {
    switch self {
    case .reads: "reads"
    case .writes: "writes"
    case .syncs: "syncs"
    default: "reads, writes and syncs"
    }
  }
}

extension DiskFault.WriteProblem {
  fileprivate var number: Int32 {
    switch self {
    case .broken: EIO
    case .full: ENOSPC
    }
  }
}

extension DiskFault.Kind {
  /// What it did to a node, for reports.
  fileprivate var did: String {
    switch self {
    case .powerLoss: "power-lost"
    case .corrupt: "corrupted"
    case .truncate: "truncated"
    case .swap: "swapped"
    case .wipe: "wiped"
    default: rawValue
    }
  }
}

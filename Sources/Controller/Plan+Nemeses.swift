import Algorithms
import Environments
import Hosts
import LocalProcesses
import Manifests
import Nemeses
import Systems
import Values

extension Plan {
  /// What the plan's nemeses do.
  var nemeses: [NemesisSpec] {
    get throws {
      let all = try allNemeses
      // A swarm without nemeses of its own draws from all.
      return try (nemesis.isEmpty && isSwarm ? ["all"] : nemesis).flatMap {
        try parseNemesis($0, all: all)
      }
    }
  }

  /// Whether nodes change the version of their code, so that all begin with the oldest.
  var upgrades: Bool {
    get throws {
      let isScheduled = faults?.contains { fault in
        fault["fault"] == "kill" && fault["parameters"]?["kind"] == "upgrade"
      }
      return try isScheduled == true
        || nemeses.contains { if case .kill(.upgrade, _) = $0 { true } else { false } }
    }
  }

  /// Refuses nemeses that ask for what the system hasn't: another version, or a type of messages.
  func checkNemeses() throws {
    let description = bundledDescription
    if try upgrades {
      guard place == .simulated else {
        throw PlanError(
          "nemesis kill:upgrade: a real process is always of the version that is installed; "
            + "--env simulated has two in one cluster")
      }
      if let description, description.versionCount < 2 {
        throw PlanError("nemesis kill:upgrade: \(systemName) has one version only")
      }
    }
    for case .disturb(let disturbance, _) in try nemeses {
      guard let type = disturbance.messageTypes.first, place.hasHosts else { continue }
      throw PlanError(
        "nemesis \(disturbance.kind.rawValue): packets have no types such as \"\(type)\"; leave"
          + " the types out, or use --env local or simulated, which carry messages")
    }
    guard let known = description?.messageTypes else { return }
    for case .disturb(let disturbance, _) in try nemeses {
      for type in disturbance.messageTypes where !known.contains(type) {
        throw PlanError(
          "nemesis \(disturbance.kind.rawValue): \(systemName) has no messages of type "
            + "\"\(type)\"; "
            + (known.isEmpty
              ? "its nodes send each other none" : "it has \(known.joined(separator: ", "))"))
      }
    }
  }

  /// What the bundled system says of itself; nothing where the system is another.
  var bundledDescription: AlgorithmDescription? {
    manifest == nil ? system.flatMap { BundledSystem.named($0)?.description } : nil
  }

  /// The families of faults that are asked for.
  var families: [FaultFamily] {
    get throws {
      let specs = try nemeses
      return FaultFamily.allCases.filter { family in specs.contains { $0.family == family } }
    }
  }

  /// How many nodes' files each kind of disk fault may damage at a time; nothing where any may be.
  var damageLimits: [DiskFault.Kind: Int]? {
    get throws {
      guard !goesBeyondClaims, let claims = try claims else { return nil }
      return NemesisSpec.damageLimits(claims, nodeCount: nodes.count)
    }
  }

  /// Refuses disk faults that would destroy more than the system claims to survive: what is lost then
  /// would prove nothing.
  func checkClaims() throws {
    guard !goesBeyondClaims, let claims = try claims else { return }
    for case .disk(let fault, let target) in try nemeses where fault.kind.damages {
      let spec = NemesisSpec.disk(fault, target)
      guard !spec.isWithin(claims, nodeCount: nodes.count) else { continue }
      let disks = claims.filter { $0.family == .disk }.map(\.text).joined(separator: ", ")
      throw PlanError(
        "nemesis \(spec.text): \(systemName) does not claim to survive that much; "
          + (disks.isEmpty ? "it claims no disk fault" : "of disk faults it claims \(disks)")
          + "; --beyond-claims injects it all the same")
    }
  }

  /// What a bundled system claims to survive.
  private var claims: [NemesisSpec]? {
    get throws {
      if case .manifest(let manifest, _) = try subject {
        return try manifest.survives.map { try NemesisSpec(parsing: $0) }
      }
      return try system.flatMap { Plan.claims[$0] }?.get()
    }
  }

  /// What each bundled system claims to survive: read once, as each run asks for it again.
  private static let claims: [String: Result<[NemesisSpec], NemesisError>] = Dictionary(
    uniqueKeysWithValues: BundledSystem.all.map { system in
      let claims = Result { () throws(NemesisError) in
        try system.description.survives.map { text throws(NemesisError) in
          try NemesisSpec(parsing: text)
        }
      }
      return (system.description.name, claims)
    })

  /// What `--nemesis all` stands for: all that the system claims to survive and the environment can
  /// inject.
  private var allNemeses: [NemesisSpec] {
    get throws {
      let claims = try claims
      // No system can be simulated but bundled ones, each of which claims something.
      guard place != .simulated else { return claims ?? [] }
      return (claims ?? FaultFamily.allCases.map { NemesisSpec($0) }).filter(canInject)
    }
  }

  /// Whether real processes at the plan's place can have a fault, as far as that is known before they
  /// are there.
  private func canInject(_ spec: NemesisSpec) -> Bool {
    let isThisMachine = place != .ssh
    guard spec.nodesMin <= nodes.count else { return false }
    switch spec {
    // The version that is installed is the only one.
    case .kill(.upgrade, _): return false
    case .disturb(let disturbance, _) where place.hasHosts && !disturbance.messageTypes.isEmpty:
      return false
    // Without a loop device on each of other machines no node would start.
    case .disk(let fault, _) where place.hasHosts:
      return isThisMachine && HostCluster.support(for: fault, onThisMachine: true) == .supported
    case _ where place.hasHosts:
      return !isThisMachine || HostCluster.support(for: spec.family) == .supported
    default: return LocalProcesses.support(for: spec.family) == .supported
    }
  }
}

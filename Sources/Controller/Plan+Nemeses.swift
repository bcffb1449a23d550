import Algorithms
import Environments
import Nemeses
import Systems

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

  /// The families of faults that are asked for.
  var families: [FaultFamily] {
    get throws {
      let specs = try nemeses
      return FaultFamily.allCases.filter { family in specs.contains { $0.family == family } }
    }
  }

  /// What `--nemesis all` stands for: all that the system claims to survive and the environment can
  /// inject.
  private var allNemeses: [NemesisSpec] {
    get throws {
      let claimed = system.flatMap { BundledSystem.named($0)?.description.survives }
      let claims = try claimed?.map { text throws(NemesisError) in try NemesisSpec(parsing: text) }
      switch place {
      case .simulated: return claims ?? FaultFamily.allCases.map { NemesisSpec($0) }
      case .local:
        let families: [FaultFamily] = [
          .partition, .kill, .pause, .delay, .loss, .duplicate, .reorder,
        ]
        return families.filter { family in
          claims?.contains { $0.family == family } ?? true
        }.map { NemesisSpec($0) }
      }
    }
  }
}

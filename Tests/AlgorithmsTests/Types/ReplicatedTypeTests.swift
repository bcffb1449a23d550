import Algorithms
import Foundation
import Nodes
import Testing
import Values

/// How many random runs of each type there are: more by the environment's SHRIKE_TWINS.
private let runCount =
  ProcessInfo.processInfo.environment["SHRIKE_TWINS"].flatMap { UInt64($0) } ?? 100

/// A type of the catalogue with its random runs.
struct CatalogueType: CustomTestStringConvertible, Sendable {
  var description: AlgorithmDescription
  var broken: @Sendable (_ seed: UInt64, _ bugs: Set<String>) -> Set<String>

  var testDescription: String { description.name }

  private static func merged<Object: MergedType>(_: Object.Type) -> CatalogueType {
    CatalogueType(description: Object.description) {
      MergedRun<Object>.broken(seed: $0, bugs: $1)
    }
  }

  /// - Parameter law: One that the type does not claim to keep.
  private static func told<Object: ToldType>(
    _: Object.Type, but law: String = ""
  ) -> CatalogueType {
    CatalogueType(description: Object.description) {
      ToldRun<Object>.broken(seed: $0, bugs: $1).subtracting([law])
    }
  }

  static let all = [
    merged(MergedGCounter.self), merged(MergedPNCounter.self), merged(MergedBoundedCounter.self),
    merged(MergedGSet.self), merged(MergedTwoPhaseSet.self), merged(MergedLWWSet.self),
    merged(MergedORSet.self), merged(MergedRWSet.self), merged(MergedLWWRegister.self),
    merged(MergedMVRegister.self), merged(MergedEWFlag.self), merged(MergedDWFlag.self),
    merged(MergedORMap.self), merged(MergedCart.self), told(ToldPNCounter.self),
    told(ToldORSet.self), told(ToldLWWRegister.self), told(ToldMVRegister.self),
    told(RGA.self, but: "backward runs stay together"),
    told(Fugue.self), told(MovableTree.self),
  ]
}

@Suite("Replicated data types")
struct ReplicatedTypeTests {
  @Test(
    "states are a semilattice, effects commute, and reads are what the specification says",
    arguments: CatalogueType.all)
  func laws(type: CatalogueType) {
    for seed in 0..<runCount {
      let broken = type.broken(seed, [])
      #expect(broken.isEmpty, "seed \(seed): \(broken.sorted())")
      if !broken.isEmpty { break }
    }
  }

  @Test("each planted bug breaks a law or a read", arguments: CatalogueType.all)
  func plantedBugs(type: CatalogueType) {
    for bug in type.description.bugs {
      #expect(
        (0..<500).contains { !type.broken($0, [bug.name]).isEmpty },
        "\(bug.name) is never seen")
    }
  }

  /// What the checker of convergence reports.
  private static let anomalies: Set<String> = [
    "diverging", "unexplained", "lost", "phantom", "duplicated", "context-shrank", "interleaved",
    "misordered", "malformed-tree", "below-bound", "arbitration-cycle",
  ]

  @Test("a type describes itself", arguments: CatalogueType.all)
  func description(type: CatalogueType) {
    let description = type.description
    #expect(
      description.name.hasPrefix(description.workloads[0]) || description.name == "crdt-rga"
        || description.name == "crdt-fugue")
    #expect(description.bugs.count >= 3)
    #expect(Set(description.bugs.map(\.name)).count == description.bugs.count)
    for bug in description.bugs {
      #expect(!bug.source.isEmpty && !bug.violates.isEmpty, "\(bug.name)")
      #expect(Set(bug.violates).isSubset(of: Self.anomalies), "\(bug.name)")
    }
  }
}

import Environments
import YAML

/// What a manifest can speak of that others define: workloads, and nemeses.
public struct ManifestVocabulary: Sendable {
  /// The workloads that there are; where none is given, any word may be one.
  public var workloads: [String]
  /// What is wrong with a nemesis, in the words of `--nemesis`; nothing where it can be meant.
  public var claimProblem: @Sendable (String) -> String?

  public init(
    workloads: [String] = [],
    claimProblem: @escaping @Sendable (String) -> String? = ManifestVocabulary.familyProblem
  ) {
    self.workloads = workloads
    self.claimProblem = claimProblem
  }

  /// The families of faults on hosts.
  public static let families = FaultFamily.allCases.map(\.rawValue).sorted()

  /// What is wrong with the family that a nemesis begins with.
  @Sendable
  public static func familyProblem(_ text: String) -> String? {
    let family = String(text.prefix { $0 != ":" })
    if families.contains(family) { return nil }
    let hint = nearest(family, among: families).map { "did you mean `\($0)`?" }
    return "there is no family of faults `\(family)`; "
      + (hint ?? "there are \(families.joined(separator: ", "))")
  }
}

import Environments
import Values

/// A fault that is injected and healed for once, to see whether both show.
struct Trial {
  var inject: Fault
  var heal: Fault
  /// What has been seen when both did.
  var success: String
  /// Whether it is only seen when it ends that it took hold.
  var showsAtEnd = false

  /// How long healing may take where it is not seen at once.
  static let patience: Nanoseconds = .seconds(2)

  /// Tries it.
  ///
  /// - Returns: Nothing where it works, or what does not.
  func problem(in environment: any Environment) throws -> String? {
    if case .unsupported(let reason) = environment.support(for: inject.family) { return reason }
    let injected = environment.apply(inject)
    // Tells of what made the environment unusable.
    _ = try environment.advance(until: environment.now)
    guard injected.tookHold == true || (showsAtEnd && injected.tookHold == nil) else {
      return "it did not take hold" + Trial.deeds(injected)
    }
    let healed = environment.apply(heal)
    if healed.tookHold == true { return nil }
    guard healed.tookHold == nil else { return "it did not end" + Trial.deeds(healed) }
    let deadline = environment.now + Trial.patience
    while environment.now < deadline {
      for event in try environment.advance(until: deadline) {
        if case .settled(heal, let report) = event {
          return report.tookHold == true ? nil : "it did not end" + Trial.deeds(report)
        }
      }
    }
    return "it did not end within \(Trial.patience.durationText)"
  }

  private static func deeds(_ report: FaultReport) -> String {
    guard let deed = report.did.min(by: { $0.key < $1.key })?.value else { return "" }
    return ": \(deed)"
  }

  func examination(_ name: String, in environment: any Environment) -> Examination {
    do {
      guard let problem = try problem(in: environment) else {
        return Examination(.fault, name, .works, success)
      }
      return Examination(.fault, name, .missing, problem)
    } catch {
      return Examination(.fault, name, .missing, "\(error)")
    }
  }
}

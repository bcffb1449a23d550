public import Environments
public import Values

/// Why there is no schedule of faults.
public enum NemesisError: Error, Hashable, Sendable, CustomStringConvertible {
  case unknownNemesis(String)
  case unknownParameter(String, of: FaultFamily, known: String)
  case repeatedParameter(String, of: FaultFamily)
  /// `none` together with others.
  case noneAndOthers
  case unknownNode(String, names: [String])
  case tooFewNodes(String, needed: Int, count: Int)
  case intervalTooShort(Nanoseconds)
  case timeLimitTooShort(
    Nanoseconds, interval: Nanoseconds, families: [FaultFamily], needed: Nanoseconds)

  public var description: String {
    switch self {
    case .unknownNemesis(let word):
      let known = ["none", "all"] + FaultFamily.allCases.map(\.rawValue)
      return "there is no nemesis \(quoted(word)); there are \(known.joined(separator: ", "))"
    case .unknownParameter(let word, let family, let known):
      return "nemesis \(family.rawValue) has no \(quoted(word)); it takes \(known)"
    case .repeatedParameter(let word, let family):
      return "nemesis \(family.rawValue) is told twice what \(quoted(word)) says; "
        + "separate two nemeses by a comma"
    case .noneAndOthers:
      return "nemesis \"none\" can't be combined with others"
    case .unknownNode(let name, let names):
      return "there is no node \(quoted(name)); there are \(names.joined(separator: ", "))"
    case .tooFewNodes(let what, let needed, let count):
      return
        "nemesis \(what) needs at least \(needed) nodes, and there \(count == 1 ? "is" : "are") "
        + "\(count)"
    case .intervalTooShort(let interval):
      return "a nemesis interval of \(interval.durationText) is too short: at least "
        + "\(FaultSchedule.intervalMin.durationText) is needed"
    case .timeLimitTooShort(let limit, let interval, let families, let needed):
      let names = families.map(\.rawValue).joined(separator: ", ")
      return "a time limit of \(limit.durationText) is too short for each of \(names) to hold once "
        + "at a nemesis interval of \(interval.durationText): at least \(needed.durationText) is "
        + "needed, or an interval of at most \((limit / 2).durationText)"
    }
  }

  private func quoted(_ word: String) -> String { "\"\(word)\"" }
}

import ArgumentParser
import Controller
import Glibc
import Linearizability
import ObjectModels
import Values

/// What can be said of a model on the command line.
struct ModelOptions: ParsableArguments {
  @Option(help: "The state before the first operation, as JSON.")
  var initial: String?

  @Option(
    help: "What a failed cas says: ignored, it did not happen; observed, it saw another value.")
  var failedCas: String?

  @Option(help: "What a read of null says: observed, there was null; unknown, nothing.")
  var nullRead: String?

  @Flag(help: "Of a mutex: any process may release it.")
  var ownerless = false

  @Flag(help: "Of a mutex: its owner may acquire it again, and releases it as often.")
  var reentrant = false

  @Option(help: "Of a semaphore: how many permits there are.")
  var permits: Int?

  func settings() throws -> CheckerRegistry.ModelSettings {
    var settings = CheckerRegistry.ModelSettings()
    if let initial {
      do { settings.initial = try Value(json: initial) } catch {
        throw PlanError("--initial: \(error)")
      }
    }
    if let failedCas {
      guard let word = RegisterModel.FailedCas(rawValue: failedCas) else {
        throw PlanError("--failed-cas \(failedCas): ignored or observed")
      }
      settings.failedCas = word
    }
    if let nullRead {
      guard let word = RegisterModel.NullRead(rawValue: nullRead) else {
        throw PlanError("--null-read \(nullRead): observed or unknown")
      }
      settings.nullRead = word
    }
    settings.isOwnerless = ownerless
    settings.isReentrant = reentrant
    if let permits {
      guard permits >= 0 else { throw PlanError("--permits \(permits): 0 or more") }
      settings.permits = permits
    }
    return settings
  }
}

/// What a check may use, on the command line.
struct BudgetOptions: ParsableArguments {
  @Option(help: "How much memory searches may hold, such as 256M or 2G.")
  var memory: String?

  @Option(help: "After how long a check gives up and says unknown, such as 60s.")
  var checkTimeout: String?

  func budget() throws -> Budget {
    var budget = Budget()
    if let memory {
      guard let bytes = BudgetOptions.bytes(memory) else {
        throw PlanError("--memory \(memory): a size such as 256M or 2G")
      }
      budget.memory = bytes
    }
    var deadline = Double.infinity
    if let checkTimeout {
      guard let span = Nanoseconds(duration: checkTimeout), span > 0 else {
        throw PlanError("--check-timeout \(checkTimeout): a duration such as 60s")
      }
      deadline = monotonicSeconds() + Double(span) / 1e9
      // Time is the limit that was asked for.
      budget.steps = .max / 4
    }
    let end = deadline
    budget.isExpired = { Interruption.hasCome || monotonicSeconds() > end }
    return budget
  }

  static func bytes(_ text: String) -> Int? {
    let units: [(Character, Int)] = [("K", 10), ("M", 20), ("G", 30)]
    guard let last = text.last else { return nil }
    let shift = units.first { $0.0 == last }?.1
    let digits = shift == nil ? text[...] : text.dropLast()
    guard let count = Int(digits), count > 0, count < 1 << 32 || shift == nil else { return nil }
    return count << (shift ?? 0)
  }
}

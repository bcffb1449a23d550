import ArgumentParser
import Controller
import Glibc
import Isolation
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
  @Option(
    help: ArgumentHelp(
      "How much memory searches may hold, such as 256M or 2G; for transactions, the whole process.")
  )
  var memory: String?

  @Option(help: "After how long a check gives up and says unknown, such as 60s.")
  var checkTimeout: String?

  func budget() throws -> Budget {
    var budget = Budget()
    if let bytes = try memoryMax { budget.memory = bytes }
    // Time is the limit where it was asked for.
    if checkTimeout != nil { budget.steps = .max / 4 }
    let end = try deadline
    budget.isExpired = { Interruption.hasCome || monotonicSeconds() > end }
    return budget
  }

  /// What ends a check of transactions, of which memory is looked at between its passes.
  func limits() throws -> CheckLimits {
    let (bytesMax, end) = (try memoryMax, try deadline)
    let (memory, checkTimeout) = (memory ?? "", checkTimeout ?? "")
    return CheckLimits {
      if Interruption.hasCome { return "it was interrupted" }
      if monotonicSeconds() > end { return "undecided after --check-timeout \(checkTimeout)" }
      guard let bytesMax, let bytes = residentBytes(), bytes > bytesMax else { return nil }
      return "undecided within --memory \(memory): \(bytes >> 20) MB are in use; allow more"
    }
  }

  private var memoryMax: Int? {
    get throws {
      try memory.map { text in
        guard let bytes = BudgetOptions.bytes(text) else {
          throw PlanError("--memory \(text): a size such as 256M or 2G")
        }
        return bytes
      }
    }
  }

  /// When checks must end, by the monotonic clock.
  private var deadline: Double {
    get throws {
      guard let checkTimeout else { return .infinity }
      guard let span = Nanoseconds(duration: checkTimeout), span > 0 else {
        throw PlanError("--check-timeout \(checkTimeout): a duration such as 60s")
      }
      return monotonicSeconds() + Double(span) / 1e9
    }
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

import ArgumentParser
import Controller
import Convergence
import Invariants
import Isolation
import Verdicts

/// What can be said of an invariant on the command line, by elle-cli's names.
struct InvariantOptions: ParsableArguments {
  @Option(help: "Of bank: how much money there is; without it what most reads add up to.")
  var totalAmount: Int?

  @Flag(help: "Of bank: balances may be below 0.")
  var negativeBalances = false

  @Option(help: "Of long-fork: how many keys a group has; without it what the reads have.")
  var groupSize: Int?

  @Option(help: "Of convergence: the replicated data type; see shrike list checker convergence.")
  var type: String?

  /// The checker of a name, with what was said of it; nothing where there is none of that name.
  ///
  /// - Throws: When something was said that isn't of this checker.
  func checker(named name: String, isKeyed: Bool) throws -> (any Checker)? {
    let said = [
      ("--total-amount", "bank", totalAmount != nil),
      ("--negative-balances", "bank", negativeBalances),
      ("--group-size", "long-fork", groupSize != nil), ("--type", "convergence", type != nil),
      ("--keyed", "causal-reverse", isKeyed),
    ]
    for (option, owner, isSaid) in said where isSaid && owner != name {
      throw PlanError("\(option) is for --checker \(owner), and not for \(name)")
    }
    switch name {
    case "bank": return BankChecker(total: totalAmount, allowsDebts: negativeBalances)
    case "long-fork": return LongForkChecker(groupSize: groupSize)
    case "causal-reverse": return CausalReverseChecker(isKeyed: isKeyed)
    case "convergence": return ConvergenceChecker(try dataType())
    default: return CheckerRegistry.checker(named: name)
    }
  }

  private func dataType() throws -> DataType {
    let names = DataType.allCases.map(\.name).joined(separator: ", ")
    guard let type else {
      throw PlanError("--checker convergence needs the replicated data type: --type \(names)")
    }
    guard let found = DataType(rawValue: type) else {
      throw PlanError("--type \(type): there is no such data type; there are \(names)")
    }
    return found
  }
}

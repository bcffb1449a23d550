public import Generators
import Histories
import Invariants
public import Nodes
import Values
public import Verdicts

/// Accounts between which money is transferred: Jepsen's bank.
public struct BankWorkload: Workload {
  public static let name = "bank"
  public static let summary =
    "Transfers between accounts: every read adds up to the money that there is, without debts."
  public static let operations = [
    "transfer {from, to, amount} → the same; fails where the money is not there",
    "read null → {account: balance, …}",
    "each node is first told open {balances: [[account, balance], …]}",
  ]

  private static let accounts: [Value] = (0..<8).map { .integer($0) }
  private static let total = 100
  private static let amountMax = 5

  private let options: WorkloadOptions

  public init(_ options: WorkloadOptions) { self.options = options }

  /// All the money is in the first account.
  public var setup: [Request] {
    let balances = BankWorkload.accounts.enumerated().map { place, account -> Value in
      [account, .integer(place == 0 ? BankWorkload.total : 0)]
    }
    return [.custom(["type": "open", "balances": .list(balances)])]
  }

  public func makeClient() -> any Client {
    SingleRequestClient { f, value in
      f == "transfer" ? .custom(BankWorkload.transfer(value)) : .readAll
    } completion: { f, _, reply in
      switch (f, reply) {
      case ("transfer", .custom(let body)) where body["type"]?.name == "transfer_ok": .ok()
      case ("transfer", _): .mismatched(reply, expected: "transfer_ok")
      case (_, .value(let pairs)):
        BankWorkload.balances(pairs).map { .ok(.map($0)) }
          ?? .mismatched(reply, expected: "read_ok with [[account, balance], …] as \"value\"")
      default: .mismatched(reply, expected: "read_ok with [[account, balance], …] as \"value\"")
      }
    }
  }

  private static func transfer(_ value: Value) -> Value {
    .map(ValueMap([.init(key: "type", value: "transfer")] + (value.map?.entries ?? [])))
  }

  private static func balances(_ value: Value) -> ValueMap? {
    let pairs = value.elements?.compactMap { $0.elements }
    guard let pairs, pairs.allSatisfy({ $0.count == 2 }), pairs.count == value.elements?.count
    else { return nil }
    return ValueMap(pairs.map { .init(key: $0[0], value: $0[1]) })
  }

  /// Reads and transfers in turn by chance, a transfer between any two accounts.
  public func makeGenerator() -> any Generator {
    Generate(seed: options.seed) { draws, context in
      guard draws.below(2) == 0 else { return Invocation(f: "read", in: context) }
      let accounts = BankWorkload.accounts
      let from = draws.below(accounts.count)
      let to = (from + 1 + draws.below(accounts.count - 1)) % accounts.count
      return Invocation(
        f: "transfer",
        value: [
          "from": accounts[from], "to": accounts[to],
          "amount": .integer(1 + draws.below(BankWorkload.amountMax)),
        ], in: context)
    }
  }

  public var checkers: [any Checker] {
    [BankChecker(accounts: BankWorkload.accounts, total: BankWorkload.total)]
  }
}

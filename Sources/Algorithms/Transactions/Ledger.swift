public import Nodes
public import Values

/// Accounts in the memory of one node, between which money is transferred.
///
/// A node makes one transfer after the other, and each is one durable record before its reply leaves;
/// after a restart they are all made again in their order. Nodes don't speak to each other: in a
/// cluster each has accounts of its own.
public struct Ledger: Algorithm {
  public typealias Message = NoMessage
  public typealias Timer = NoTimer

  public enum File: String, Hashable, Sendable, CaseIterable {
    case log
  }

  static let overdraft = PlantedBug(
    "overdraft", "transfers are made whether or not the money is there",
    source: "Flexcoin (2014): transfers that were not checked against the balance emptied it.",
    violates: ["negative-value"])
  static let lateCredit = PlantedBug(
    "late-credit",
    "the money leaves an account at once, and reaches the other when that is durable",
    source: "Read skew, A5A in Berenson et al., A critique of ANSI SQL isolation levels (1995).",
    violates: ["wrong-total"])
  static let twoRecords = PlantedBug(
    "two-records", "what leaves an account and what reaches the other are records of their own",
    source: "Gray, Notes on data base operating systems (1978): a transfer that is half done.",
    violates: ["wrong-total"])

  public static let description = AlgorithmDescription(
    name: "ledger", summary: "Accounts in the memory of one node, and transfers between them.",
    promise: "Strict serializability on a cluster of one node; no debts, and no money lost.",
    assumptions: "A disk keeps what was synced.",
    paper: "Serial execution of stored requests from a command log (Malviya et al., 2014).",
    bugs: [overdraft, lateCredit, twoRecords], workloads: ["bank"],
    survives: AlgorithmDescription.allButLostDataAlone)

  private let allowsDebts: Bool
  private let creditsLate: Bool
  private let writesTwice: Bool
  private var balances: [Value: Int] = [:]
  private var clients = ClientNumbers()
  private var log = DurableLog<LoggedRequest>()
  /// With ``lateCredit``: transfers whose money is on its way.
  private var waiting: [Int: Waiting] = [:]
  private var transferCount = 0

  private struct Waiting: Hashable, StablyEncodable {
    var id: RequestID
    var transfer: Transfer

    func encode(into sink: inout some ByteSink) {
      id.encode(into: &sink)
      transfer.request.encode(into: &sink)
    }
  }

  public init(_ configuration: Configuration) {
    allowsDebts = configuration.bugs.contains(Ledger.overdraft.name)
    creditsLate = configuration.bugs.contains(Ledger.lateCredit.name)
    writesTwice = configuration.bugs.contains(Ledger.twoRecords.name)
  }

  public mutating func handle(_ event: Event<Ledger>, _ context: inout Context<Ledger>) {
    guard !log.isCorrupt else { return }
    switch event {
    case .start(let files):
      for logged in log.recover(files[File.log], of: .log, &context) {
        guard case .custom(let body) = logged.request else { continue }
        _ = clients.admit(logged.id)
        apply(body)
      }
    case .request(let id, .readAll): context.reply(.value(.list(pairs)), to: id)
    case .request(let id, .custom(let body)): request(body, id, &context)
    case .request(let id, _): context.reply(.notSupported, to: id)
    case .completed(let token, _): credit(token, &context)
    case .message, .answered, .timer: break
    }
  }

  private var pairs: [Value] {
    balances.sorted { $0.key < $1.key }.map { [$0.key, .integer($0.value)] }
  }

  /// Does what a record says.
  private mutating func apply(_ body: Value) {
    switch body["type"]?.name {
    case "open":
      for pair in body["balances"]?.elements ?? [] {
        guard let parts = pair.elements, parts.count == 2, let balance = parts[1].integer else {
          continue
        }
        balances[parts[0]] = balance
      }
    case "transfer":
      guard let transfer = Transfer(body) else { return }
      balances[transfer.from, default: 0] -= transfer.amount
      balances[transfer.to, default: 0] += transfer.amount
    case "debit":
      if let transfer = Transfer(body) { balances[transfer.from, default: 0] -= transfer.amount }
    case "credit":
      if let transfer = Transfer(body) { balances[transfer.to, default: 0] += transfer.amount }
    default: break
    }
  }

  private mutating func request(
    _ body: Value, _ id: RequestID, _ context: inout Context<Ledger>
  ) {
    guard clients.admit(id) else { return }
    if body["type"]?.name == "open" {
      // Only once: what was transferred since stays so.
      if balances.isEmpty {
        apply(body)
        log.append(LoggedRequest(id, .custom(body)), to: .log, &context)
      }
      return context.reply(.custom(["type": "open_ok"]), to: id)
    }
    guard let transfer = Transfer(body) else { return context.reply(.notSupported, to: id) }
    guard let balance = balances[transfer.from], balances[transfer.to] != nil else {
      return context.reply(.failed(ErrorReply(.keyDoesNotExist, "no such account")), to: id)
    }
    guard allowsDebts || balance >= transfer.amount else {
      return context.reply(
        .failed(ErrorReply(.preconditionFailed, "the money is not there")), to: id)
    }
    make(transfer, id, &context)
  }

  private mutating func make(
    _ transfer: Transfer, _ id: RequestID, _ context: inout Context<Ledger>
  ) {
    let parts = writesTwice ? ["debit", "credit"] : ["transfer"]
    for part in parts {
      log.append(
        LoggedRequest(id, .custom(transfer.body(part))), to: .log, syncs: false, &context)
    }
    guard creditsLate else {
      apply(transfer.body("transfer"))
      context.sync()
      return context.reply(.custom(["type": "transfer_ok"]), to: id)
    }
    apply(transfer.body("debit"))
    transferCount += 1
    waiting[transferCount] = Waiting(id: id, transfer: transfer)
    context.sync(token: Token(transferCount))
  }

  private mutating func credit(_ token: Token, _ context: inout Context<Ledger>) {
    guard let done = waiting.removeValue(forKey: token.rawValue) else { return }
    apply(done.transfer.body("credit"))
    context.reply(.custom(["type": "transfer_ok"]), to: done.id)
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(allowsDebts)
    sink.put(creditsLate)
    sink.put(writesTwice)
    sink.put(sorted: balances) { balance, sink in sink.put(balance) }
    clients.encode(into: &sink)
    log.encode(into: &sink)
    sink.put(sorted: waiting) { waiting, sink in waiting.encode(into: &sink) }
    sink.put(transferCount)
  }
}

/// Money that goes from one account to another.
private struct Transfer: Hashable {
  var from: Value
  var to: Value
  var amount: Int

  /// Reads one as a request or a record carries it.
  init?(_ body: Value) {
    guard let from = body["from"], let to = body["to"], let amount = body["amount"]?.integer,
      amount > 0, from != to
    else { return nil }
    self.from = from
    self.to = to
    self.amount = amount
  }

  func body(_ type: String) -> Value {
    ["type": .string(type), "from": from, "to": to, "amount": .integer(amount)]
  }

  var request: Value { body("transfer") }
}

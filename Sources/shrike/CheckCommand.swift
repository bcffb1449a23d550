import ArgumentParser
import Controller
import Diagrams
import Glibc
import Histories
import Invariants
import Isolation
import Ladders
import Linearizability
import ObjectModels
import Reports
import SystemPackage
import Values
import Verdicts

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Judge any tool's history, or a run's folder again.",
    discussion: "The file's beginning tells how it is written; see `shrike list formats`.")

  @Argument(help: "Files of histories, or folders of runs.")
  var files: [String]

  @Option(help: "What the operations are of; see `shrike list models`. Some histories tell.")
  var model: String?

  @Option(help: "Another checker, by name; see `shrike list`.")
  var checker: String?

  @Option(
    name: [.customLong("consistency-models"), .customLong("consistency")],
    help: ArgumentHelp(
      "What must be kept to, by comma: strict-serializable is the standard for transactions, "
        + "linearizable for other objects; ladder finds the strongest that holds."))
  var consistencyModels: String?

  @Option(
    help: ArgumentHelp(
      "What to take for granted of the order of transactions' registers, by comma: wfr, "
        + "sequential-keys, linearizable-keys, transaction-order."))
  var assume: String?

  @Flag(help: "Values are [key, value], and each key is judged alone.")
  var keyed = false

  @OptionGroup var modelOptions: ModelOptions

  @OptionGroup var invariantOptions: InvariantOptions

  @OptionGroup var budgetOptions: BudgetOptions

  @Option(help: "How the files are written; without it their beginnings tell.")
  var format: String?

  @Option(help: "What orders the operations: index, or time, where intervals are closed.")
  var order = "index"

  @Flag(help: "Write what is left of an invalid history when nothing can be left out of it.")
  var shrink = false

  @Option(help: "Where to write it; without this beside the history, as FILE.shrunk.jsonl.")
  var shrinkTo: String?

  @Option(help: "Where to draw the part of an invalid history that fails, as SVG.")
  var svg: String?

  @Flag(help: "Print the verdict as JSON.")
  var json = false

  func validate() throws {
    let path = shrinkTo.map { ("--shrink-to", $0) } ?? svg.map { ("--svg", $0) }
    guard files.count > 1, let (option, file) = path else { return }
    throw ValidationError("\(option) \(file): one file only can be written, for one history")
  }

  func run() throws {
    Interruption.watch()
    var code = Controller.ExitCode.valid
    var judged: [(file: String, findings: [Finding], error: String?)] = []
    for file in files {
      do {
        let findings = try findings(on: file)
        code = .worst(code, ExitCode(Verdict.merged(findings.map(\.verdict))))
        judged.append((file, findings, nil))
      } catch {
        code = .worst(code, Failure.code(of: error))
        complain("shrike: \(error)")
        judged.append((file, [], "\(error)"))
      }
    }
    report(judged)
    quit(code.rawValue)
  }

  private func findings(on file: String) throws -> [Finding] {
    if isFolder(file), try HistoryFolder(path: file, format: chosenFormat()) == nil {
      if let format {
        throw PlanError("\(file): the folder holds no history of the format \(format)")
      }
      return try findings(onRun: RunFolder(FilePath(file)))
    }
    // What is asked for wrongly is refused before a long file is read.
    let chosen = try chosenCheckers()
    if let one = chosen.first, !isOfColumns(one) {
      let history = try history(of: HistoryFile(path: file, format: chosenFormat()), named: file)
      return [try examine(history, of: file, by: one)]
    }
    let needsRemarks = chosen.contains { ($0 as? any ColumnChecker)?.needsRemarks ?? false }
    let columns = try HistoryColumns(
      path: file, format: chosenFormat(), order: chosenOrder(),
      isLean: !isShrinking && !needsRemarks)
    if columns.isTruncated { warnOfTruncation(file) }
    let checkers = chosen.isEmpty ? try detectedCheckers(for: columns) : chosen
    return try checkers.compactMap { checker in
      switch checker {
      case let checker as LinearizabilityChecker: try examine(columns, of: file, by: checker)
      case let checker as any ColumnChecker: try examine(columns, of: file, by: checker)
      default: nil
      }
    }
  }

  private func isOfColumns(_ checker: any Checker) -> Bool {
    checker is LinearizabilityChecker || checker is any ColumnChecker
  }

  private func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private var isShrinking: Bool { shrink || shrinkTo != nil }

  /// Judges a history, and writes what is left of an invalid one where that is wanted.
  private func examine(
    _ history: History, of file: String, by checker: any Checker
  ) throws -> Finding {
    let finding = checker.check(history)
    if isShrinking, finding.verdict == .invalid {
      try writeShrunk(history, of: file, by: checker)
    }
    return finding
  }

  /// Judges a history as columns, and writes what is wanted of its evidence.
  private func examine(
    _ columns: HistoryColumns, of file: String, by checker: any ColumnChecker
  ) throws -> Finding {
    let finding = checker.check(columns)
    if isShrinking, finding.verdict == .invalid {
      let lines = (0..<columns.count).map { columns.operation(at: $0) }
      try writeShrunk(try History(lines, order: chosenOrder()), of: file, by: checker)
    }
    try draw([finding])
    return finding
  }

  /// Draws the witnesses of transactions' anomalies, where that is wanted and there are any.
  private func draw(_ findings: [Finding]) throws {
    guard let svg else { return }
    let diagrams = findings.flatMap(\.anomalies).flatMap { anomaly in
      anomaly.window.map { TransactionDiagram.all(ofAnomaly: anomaly.type, $0) } ?? []
    }
    guard !diagrams.isEmpty else { return }
    try FileContents.write(Array(TransactionPicture(diagrams).text.utf8), to: FilePath(svg))
  }

  private func shrunkPath(of file: String) -> String {
    shrinkTo ?? (file == "-" ? "stdin.shrunk.jsonl" : "\(file).shrunk.jsonl")
  }

  private func writeShrunk(
    _ history: History, of file: String, by checker: any Checker
  ) throws {
    let shrunk = Shrunk(history, by: checker)
    try shrunk?.write(to: shrunkPath(of: file), checker)
  }

  /// Judges a history of single objects, and writes what is wanted of its evidence.
  private func examine(
    _ columns: HistoryColumns, of file: String, by checker: LinearizabilityChecker
  ) throws -> Finding {
    let (finding, window) = try examination(columns, of: file, by: checker)
    if isShrinking, let shrunk = Shrunk(columns, finding) {
      try shrunk.write(to: shrunkPath(of: file), checker)
    }
    if let svg, let window { try FileContents.write(Array(window.svg.utf8), to: FilePath(svg)) }
    return finding
  }

  private func examination(
    _ columns: HistoryColumns, of file: String, by checker: LinearizabilityChecker
  ) throws -> (finding: Finding, window: FailingWindow?) {
    guard columns.isTimed else {
      throw PlanError(
        "\(file): it holds completions only, so that their order tells nothing of real time, which "
          + "\(checker.model.name) is judged by; it can be judged as one of transactions")
    }
    do throws(ModelError) {
      return try checker.examine(columns)
    } catch {
      throw UnreadableOperation(file: file, model: checker.model.name, error: error)
    }
  }

  /// The checkers that a file's format or its operations imply.
  private func detectedCheckers(for columns: HistoryColumns) throws -> [any Checker] {
    var settings = try modelOptions.settings()
    if let implied = columns.format?.implies {
      if modelOptions.initial == nil { settings.initial = implied.initial }
      if modelOptions.failedCas == nil, implied.failedCasObserved { settings.failedCas = .observed }
      return try objectCheckers(of: implied.model, settings)
    }
    if columns.isOfKeyValues, !keyed { return try objectCheckers(of: "key-value", settings) }
    if columns.isOfReadsAndWrites, consistencyModels != nil {
      return try objectCheckers(of: "cas-register", settings)
    }
    return [try transactionChecker(for: columns)]
  }

  /// The checkers of single objects by the levels that were asked for.
  private func objectCheckers(
    of model: String, _ settings: CheckerRegistry.ModelSettings
  ) throws -> [any Checker] {
    if ["counter", "fetch-add"].contains(model), settings.initial != .null,
      settings.initial.integer == nil
    {
      throw PlanError("--initial \(settings.initial.json): a \(model) begins with a number")
    }
    guard let found = CheckerRegistry.model(named: model, settings) else {
      throw PlanError(
        "there is no model \"\(model)\"; there are "
          + CheckerRegistry.modelNames.joined(separator: ", "))
    }
    let levels = try ChosenLevels(consistencyModels)
    let weak = try levels.weak
    let terms = Terms(isKeyed: keyed, budget: try budgetOptions.budget())
    var checkers: [any Checker] = try levels.ofObjects.map { level in
      LinearizabilityChecker(
        found, Terms(level: level, isKeyed: keyed, budget: try budgetOptions.budget()))
    }
    if levels.isLadder || !weak.isEmpty {
      let operations = try singleOperations(of: model, settings)
      let limits = try budgetOptions.limits()
      checkers.append(
        levels.isLadder
          ? OperationLadder(found, terms, operations, limits: limits)
          : SingleOperationsChecker(models: weak, operations, limits: limits))
    }
    return checkers.isEmpty ? [LinearizabilityChecker(found, terms)] : checkers
  }

  /// What single operations are of, where their model is one of reads and writes.
  private func singleOperations(
    of model: String, _ settings: CheckerRegistry.ModelSettings
  ) throws -> SingleOperations {
    let asked = "--consistency \(consistencyModels ?? "")"
    guard !keyed else {
      throw PlanError("\(asked): it is of all keys together; leave out --keyed and --model")
    }
    guard ["register", "cas-register", "key-value"].contains(model) else {
      throw PlanError("\(asked): reads and writes are judged by it, and no \(model)")
    }
    return SingleOperations(
      initial: settings.initial, ignoresNullReads: settings.nullRead == .unknown,
      areKeyed: model == "key-value")
  }

  private func findings(onRun folder: RunFolder) throws -> [Finding] {
    var plan = try Plan(path: folder.plan)
    let chosen = try chosenCheckers()
    if consistencyModels != nil, chosen.isEmpty {
      let levels = try ChosenLevels(consistencyModels)
      guard !levels.isLadder else {
        throw PlanError("\(folder.history): --consistency ladder: say with --model what it is of")
      }
      plan.consistencyModels = levels.models.map(\.name)
    }
    let checkers = chosen.isEmpty ? try Controller.Test(plan).checkers : chosen
    let path = folder.history.string
    let history = try history(of: HistoryFile(path: path), named: path)
    let findings = checkers.map { $0.check(history) }
    if isShrinking, let place = findings.firstIndex(where: { $0.verdict == .invalid }) {
      try writeShrunk(history, of: path, by: checkers[place])
    }
    try draw(findings)
    return findings
  }

  private func history(of file: HistoryFile, named name: String) throws -> History {
    if file.isTruncated { warnOfTruncation(name) }
    return try file.history(named: name, order: chosenOrder())
  }

  private func warnOfTruncation(_ name: String) {
    complain("shrike: \(name): the last line was cut short and is left out")
  }

  private func chosenFormat() throws -> HistoryFormat? {
    guard let format else { return nil }
    guard let known = HistoryFormat(rawValue: format) else {
      throw PlanError(
        "there is no format \"\(format)\"; there are "
          + HistoryFormat.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return known
  }

  private func chosenOrder() throws -> History.Order {
    switch order {
    case "index": .index
    case "time": .time
    default: throw PlanError("--order \(order): index or time")
    }
  }

  /// The checker of transactions, where the history is one of them.
  private func transactionChecker(for columns: HistoryColumns) throws -> any ColumnChecker {
    guard let kind = TransactionKind(detecting: columns) else {
      throw PlanError("say what the operations are of with --model, or name a --checker")
    }
    return try transactions(of: kind)
  }

  private func transactions(of kind: TransactionKind) throws -> any ColumnChecker {
    let levels = try ChosenLevels(consistencyModels)
    let words = (assume ?? "").split(separator: ",").map { $0.filter { $0 != " " } }
    let assumptions = try words.map { word in
      guard let assumption = VersionAssumption(rawValue: word) else {
        throw PlanError(
          "--assume \(word): there are "
            + VersionAssumption.allCases.map(\.rawValue).joined(separator: ", "))
      }
      return assumption
    }
    guard kind == .register || assumptions.isEmpty else {
      throw PlanError("--assume: lists tell the order of their versions themselves")
    }
    if levels.isLadder {
      return TransactionLadder(
        kind, assuming: Set(assumptions), limits: try budgetOptions.limits())
    }
    return CheckerRegistry.checker(
      of: kind, try levels.ofTransactions, assuming: Set(assumptions),
      within: try budgetOptions.limits())
  }

  /// The checkers that were asked for, if any were; one at most that needs more than columns.
  private func chosenCheckers() throws -> [any Checker] {
    _ = try ChosenLevels(consistencyModels)
    if let kind = (checker ?? model).flatMap(TransactionKind.init) {
      return [try transactions(of: kind)]
    }
    if let checker {
      if consistencyModels != nil {
        throw PlanError("--consistency-models: \(checker) is no checker of transactions")
      }
      guard let found = try invariantOptions.checker(named: checker, isKeyed: keyed) else {
        throw PlanError(
          "there is no checker \"\(checker)\"; there are "
            + CheckerRegistry.names.joined(separator: ", "))
      }
      return [found]
    }
    guard let model else { return [] }
    return try objectCheckers(of: model, modelOptions.settings())
  }

  private func report(_ judged: [(file: String, findings: [Finding], error: String?)]) {
    if !json {
      for (file, findings, error) in judged where error == nil {
        print("\(file)\n\(TerminalReport.text(findings))")
      }
      return
    }
    let verdict = Verdict.merged(
      judged.map { $0.error == nil ? Verdict.merged($0.findings.map(\.verdict)) : .unknown })
    var document = VerdictDocument(verdict, judged.flatMap(\.findings))
    document.add(
      "files",
      .list(
        judged.map { file, findings, error in
          [
            "file": .string(file),
            "verdict": .string(
              (error == nil ? Verdict.merged(findings.map(\.verdict)) : .unknown).rawValue),
          ]
        }))
    document.add("error", judged.compactMap(\.error).first.map { .string($0) })
    print(document.value.json)
  }
}

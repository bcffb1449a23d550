import ArgumentParser
import Controller
import Diagrams
import Glibc
import Histories
import Invariants
import Isolation
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
        + "linearizable for other objects."))
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
    let choice = try chosenChecker()
    if let choice, !(choice is LinearizabilityChecker), !(choice is any ColumnChecker) {
      let history = try history(of: HistoryFile(path: file, format: chosenFormat()), named: file)
      return [try examine(history, of: file, by: choice)]
    }
    let needsRemarks = (choice as? any ColumnChecker)?.needsRemarks ?? false
    let columns = try HistoryColumns(
      path: file, format: chosenFormat(), order: chosenOrder(),
      isLean: !isShrinking && !needsRemarks)
    if columns.isTruncated { warnOfTruncation(file) }
    if let choice = choice as? any ColumnChecker {
      return [try examine(columns, of: file, by: choice)]
    }
    if let choice = try choice as? LinearizabilityChecker ?? impliedChecker(of: columns) {
      return [try examine(columns, of: file, by: choice)]
    }
    return [try examine(columns, of: file, by: detectedChecker(for: columns))]
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

  /// The checker of single objects that a file's format or its operations imply.
  private func impliedChecker(of columns: HistoryColumns) throws -> LinearizabilityChecker? {
    var settings = try modelOptions.settings()
    if let implied = columns.format?.implies {
      if modelOptions.initial == nil { settings.initial = implied.initial }
      if modelOptions.failedCas == nil, implied.failedCasObserved { settings.failedCas = .observed }
      return try linearizability(of: implied.model, settings)
    }
    return columns.isOfKeyValues && !keyed ? try linearizability(of: "key-value", settings) : nil
  }

  private func linearizability(
    of model: String, _ settings: CheckerRegistry.ModelSettings
  ) throws -> LinearizabilityChecker {
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
    return LinearizabilityChecker(
      found,
      Terms(level: try chosenLevel(), isKeyed: keyed, budget: try budgetOptions.budget()))
  }

  private func findings(onRun folder: RunFolder) throws -> [Finding] {
    var plan = try Plan(path: folder.plan)
    if consistencyModels != nil { plan.consistencyModels = try chosenModels().map(\.name) }
    let checkers = try chosenChecker().map { [$0] } ?? Controller.Test(plan).checkers
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

  private func chosenModels() throws -> [ConsistencyModel] {
    let names = (consistencyModels ?? "").split(separator: ",")
      .map { $0.filter { $0 != " " } }.filter { ObjectLevel(rawValue: $0) == nil }
    do throws(UnknownModel) {
      return try ConsistencyModel.models(named: names)
    } catch {
      throw PlanError("--consistency-models: \(error.description)")
    }
  }

  /// The level by which single objects are judged, where one is named.
  private func chosenLevel() throws -> ObjectLevel {
    let levels = (consistencyModels ?? "").split(separator: ",")
      .compactMap { ObjectLevel(rawValue: $0.filter { $0 != " " }) }
    guard levels.count <= 1 else {
      throw PlanError("--consistency: a history of single objects is judged by one level at a time")
    }
    return levels.first ?? .linearizable
  }

  /// The checker of transactions, where the history is one of them.
  private func detectedChecker(for columns: HistoryColumns) throws -> any ColumnChecker {
    guard let kind = TransactionKind(detecting: columns) else {
      throw PlanError("say what the operations are of with --model, or name a --checker")
    }
    return try transactions(of: kind, chosenModels())
  }

  private func transactions(
    of kind: TransactionKind, _ models: [ConsistencyModel]
  ) throws -> any ColumnChecker {
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
    return CheckerRegistry.checker(
      of: kind, models, assuming: Set(assumptions), within: try budgetOptions.limits())
  }

  /// The checker that was asked for, if one was.
  private func chosenChecker() throws -> (any Checker)? {
    let models = try chosenModels()
    if let kind = (checker ?? model).flatMap(TransactionKind.init) {
      return try transactions(of: kind, models)
    }
    if !models.isEmpty, let name = checker ?? model {
      throw PlanError("--consistency-models: \(name) is no checker of transactions")
    }
    if let checker {
      guard let found = try invariantOptions.checker(named: checker, isKeyed: keyed) else {
        throw PlanError(
          "there is no checker \"\(checker)\"; there are "
            + CheckerRegistry.names.joined(separator: ", "))
      }
      return found
    }
    guard let model else { return nil }
    return try linearizability(of: model, modelOptions.settings())
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

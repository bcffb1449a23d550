import ArgumentParser
import Controller
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
    discussion: "Reads JSON Lines and Jepsen's history.edn; the file's beginning tells which.")

  @Argument(help: "Files of histories, or folders of runs.")
  var files: [String]

  @Option(
    help: ArgumentHelp(
      "What the operations are of: register, cas-register, key-value, mutex, list-append, "
        + "rw-register; a history of transactions tells by itself."))
  var model: String?

  @Option(help: "Another checker, by name; see `shrike list`.")
  var checker: String?

  @Option(
    name: [.customLong("consistency-models"), .customLong("consistency")],
    help: "What transactions must keep to, by comma; strict-serializable without it.")
  var consistencyModels: String?

  @Flag(help: "Values are [key, value], and each key is judged alone.")
  var keyed = false

  @Option(help: "The state before the first operation, as JSON.")
  var initial: String?

  @Option(help: "jsonl or jepsen-edn; without it the file's beginning tells.")
  var format: String?

  @Option(help: "What orders the operations: index, or time, where intervals are closed.")
  var order = "index"

  @Flag(help: "Print the verdict as JSON.")
  var json = false

  func run() throws {
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
    var status = stat()
    if stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      return try findings(onRun: RunFolder(FilePath(file)))
    }
    // What is asked for wrongly is refused before a long file is read.
    let choice = try chosenChecker()
    let history = try history(of: HistoryFile(path: file, format: chosenFormat()), named: file)
    return [try (choice ?? detectedChecker(for: history)).check(history)]
  }

  private func findings(onRun folder: RunFolder) throws -> [Finding] {
    var plan = try Plan(path: folder.plan)
    if consistencyModels != nil { plan.consistencyModels = try chosenModels().map(\.name) }
    let checkers = try chosenChecker().map { [$0] } ?? Controller.Test(plan).checkers
    let path = folder.history.string
    let history = try history(of: HistoryFile(path: path), named: path)
    return checkers.map { $0.check(history) }
  }

  private func history(of file: HistoryFile, named name: String) throws -> History {
    if file.isTruncated {
      complain("shrike: \(name): the last line was cut short and is left out")
    }
    return try file.history(named: name, order: chosenOrder())
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
      .map { $0.filter { $0 != " " } }
    do throws(UnknownModel) {
      return try ConsistencyModel.models(named: names)
    } catch {
      throw PlanError("--consistency-models: \(error.description)")
    }
  }

  /// The checker of transactions, where the history is one of them.
  private func detectedChecker(for history: History) throws -> any Checker {
    guard let kind = TransactionKind(detecting: history) else {
      throw PlanError("say what the operations are of with --model, or name a --checker")
    }
    return CheckerRegistry.checker(of: kind, try chosenModels())
  }

  /// The checker that was asked for, if one was.
  private func chosenChecker() throws -> (any Checker)? {
    let models = try chosenModels()
    if let kind = (checker ?? model).flatMap(TransactionKind.init) {
      return CheckerRegistry.checker(of: kind, models)
    }
    if !models.isEmpty, let name = checker ?? model {
      throw PlanError("--consistency-models: \(name) is no checker of transactions")
    }
    if let checker {
      guard let found = CheckerRegistry.checker(named: checker) else {
        throw PlanError(
          "there is no checker \"\(checker)\"; there are "
            + CheckerRegistry.names.joined(separator: ", "))
      }
      return found
    }
    guard let model else { return nil }
    let initial = try initial.map { text in
      do { return try Value(json: text) } catch { throw PlanError("--initial: \(error)") }
    }
    guard let found = CheckerRegistry.model(named: model, initial: initial ?? .null) else {
      throw PlanError(
        "there is no model \"\(model)\"; there are "
          + CheckerRegistry.modelNames.joined(separator: ", "))
    }
    return LinearizabilityChecker(found, isKeyed: keyed)
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

import Algorithms
import ArgumentParser
import Controller
import Environments
import Glibc
import Systems
import Workloads

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Systems, workloads, nemeses, checkers, models, formats; one of them explained.")

  @Argument(help: "What kind: system, workload, nemesis, checker, model or format.")
  var kind: String?

  @Argument(help: "The name of the one to explain.")
  var name: String?

  func run() throws {
    guard let kind = kind.map(ListCommand.singular) else { return print(Catalogue.overview) }
    guard let section = Catalogue.section(kind) else {
      Failure.end(
        .usage,
        "there is no list of \"\(kind)\"; there are system, workload, nemesis, checker, model, "
          + "format", json: false)
    }
    guard let name else { return print(section) }
    guard let text = ListCommand.explanation(of: name, kind) else {
      Failure.end(
        .usage,
        "there is no \(kind) \"\(name)\"; there are "
          + Catalogue.names(kind).joined(separator: ", "), json: false)
    }
    print(text)
  }

  private static func explanation(of name: String, _ kind: String) -> String? {
    switch kind {
    case "system": Catalogue.systemPage(name)
    case "workload": workload(named: name).map { Catalogue.page($0) }
    case "model": Catalogue.modelPage(name)
    case "checker": Catalogue.checkerPage(name)
    default: Catalogue.line(kind, name)
    }
  }

  private static func singular(_ kind: String) -> String {
    if kind == "nemeses" { return "nemesis" }
    return kind.hasSuffix("s") && kind != "nemesis" ? String(kind.dropLast()) : kind
  }
}

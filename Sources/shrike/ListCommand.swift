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
    switch (kind.map(ListCommand.singular), name) {
    case (nil, _): print(Catalogue.overview)
    case ("system", let name?):
      guard let system = BundledSystem.named(name) else {
        Failure.end(
          .usage,
          "there is no system \"\(name)\"; there are "
            + BundledSystem.all.map(\.description.name).joined(separator: ", "), json: false)
      }
      print(Catalogue.page(system.description))
    case ("workload", let name?):
      guard let workload = workload(named: name) else {
        Failure.end(
          .usage,
          "there is no workload \"\(name)\"; there are "
            + workloads.map { $0.name }.joined(separator: ", "), json: false)
      }
      print(Catalogue.page(workload))
    case (let kind?, _):
      guard let section = Catalogue.section(kind) else {
        Failure.end(
          .usage,
          "there is no list of \"\(kind)\"; there are system, workload, nemesis, checker, model, "
            + "format", json: false)
      }
      print(section)
    }
  }

  private static func singular(_ kind: String) -> String {
    if kind == "nemeses" { return "nemesis" }
    return kind.hasSuffix("s") && kind != "nemesis" ? String(kind.dropLast()) : kind
  }
}

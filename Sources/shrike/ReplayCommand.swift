import ArgumentParser
import Controller
import Glibc
import Values

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Run a token, a run's folder or a plan again: same seed, same faults.",
    discussion: """
      A simulated run is repeated byte for byte by the same build. A run of real processes repeats \
      the operations, and the faults as they really happened (--planned: as they were planned).
      """)

  @Argument(help: "A token, the folder of a run, or the file of a plan.")
  var what: String

  @Flag(help: "Repeat the planned faults instead of those that happened.")
  var planned = false

  @Option(help: "Write a line for each event of a simulated run to this file.")
  var trace: String?

  @Option(
    help: """
      Draw the messages and crashes of a simulated run to this file: an image where its name ends in \
      .svg, else text; - is standard output.
      """)
  var diagram: String?

  @OptionGroup var output: OutputOptions

  func run() throws {
    Interruption.watch()
    do {
      var plan = try Plan(named: what, asPlanned: planned)
      plan.adoptBuild()
      let code = try SingleTest(
        plan: plan, output: output, trace: trace, diagram: diagram.map(DiagramFile.init)
      ).run()
      quit(code.status(isCompatible: plan.isCompatible))
    } catch {
      Failure.end(Failure.code(of: error), "\(error)", json: output.json)
    }
  }
}

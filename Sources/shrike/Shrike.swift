import ArgumentParser
import Controller
import NodeCommands

/// The command line.
@main
struct Shrike: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shrike",
    abstract: "Drives a distributed system, breaks it, and judges what it answered.",
    discussion: """
      Start with:
        shrike doctor                            what works on this machine
        shrike list                              what there is
        shrike list system raft                  one of them, explained
        shrike test raft --nemesis partition,kill,pause --time-limit 20s --rate 100
        shrike test raft --env simulated --runs 100 --nemesis all
        shrike test --bin ./node.py -w broadcast --node-count 5 --time-limit 20
        shrike check history.edn --model cas-register
        shrike convert history.edn history.shrike
        shrike suite suite.yaml --junit junit.xml
        shrike shrink results/latest
        shrike zoo broadcast
        shrike claims 16
        shrike manifest show etcd
        shrike explore two-phase-commit --node-count 5

      Exit codes: 0 valid, 1 invalid, 2 unknown, 64 the request makes no sense, 70 Shrike failed or
      was hindered.
      """,
    subcommands: [
      TestCommand.self, CheckCommand.self, ConvertCommand.self, SuiteCommand.self,
      ReplayCommand.self, ShrinkCommand.self, ExploreCommand.self, ZooCommand.self,
      ClaimsCommand.self, ManifestCommand.self, ListCommand.self, DoctorCommand.self,
      NodeCommandLine.self, BenchCommand.self,
      SuperviseCommand.self, AgentCommandLine.self, RelayCommandLine.self, LabExaminerCommand.self,
    ])

  /// Ends with Maelstrom's exit code where a command line for it can't be read.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      let isMisuse = exitCode(for: error) == .validationFailure
      guard isMisuse, CommandLine.arguments.contains("--maelstrom-compat") else {
        exit(withError: error)
      }
      complain(fullMessage(for: error))
      quit(Controller.ExitCode.usage.status(isCompatible: true))
    }
  }
}

import ArgumentParser
import Controller
import Environments
import Examinations
import LocalProcesses
import Manifests
import Simulations
import Systems
import Values

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Try which environments, faults and tools work on this machine.",
    discussion: """
      Each is really tried, and nothing is left behind. What is missing is no failure: the exit code \
      is 0 as long as systems can be simulated and run as local processes, else 70.
      """)

  @Flag(help: "Print what was found as JSON.")
  var json = false

  func run() {
    let doctor = Doctor(
      DoctorCommand.clusters(ownExecutable),
      labProgram: ["/proc/self/exe", LabExaminerCommand.name],
      tools: Tool.standard + DoctorCommand.systems)
    let diagnosis = doctor.examine()
    print(json ? diagnosis.value.json : diagnosis.text)
    let code: Controller.ExitCode = diagnosis.isSound ? .valid : .hindered
    quit(code.status(isCompatible: false))
  }

  private static func clusters(_ executable: String) -> Doctor.Clusters {
    let names = NodeNames.numbered(count: 3)
    return Doctor.Clusters(
      simulated: {
        guard let raft = BundledSystem.named("raft") else { throw PlanError("there is no raft") }
        return raft.simulate(SimulationSettings(names: names, seed: 1))
      },
      local: { directory in
        var settings = LocalSettings(
          names: names, command: NodeCommand(executable, ["node", "raft"], isBundled: true),
          dataDirectory: directory)
        settings.supervisor = [executable, "supervise"]
        return try LocalProcesses(settings)
      })
  }

  /// The programs of the systems whose manifests come with Shrike.
  private static var systems: [Tool] {
    SystemManifest.builtInNames.compactMap { SystemManifest.builtIn(named: $0) }.flatMap {
      manifest in
      manifest.programs.map {
        Tool(
          $0, version: ["--version"], package: manifest.packages.first,
          purpose: "is needed to test \(manifest.name)")
      }
    }
  }
}

/// Tries the lab in a process of its own, as a doctor says.
struct LabExaminerCommand: ParsableCommand {
  static let name = "examine-lab"
  static let configuration = CommandConfiguration(
    commandName: name, abstract: "Try the lab of a doctor.", shouldDisplay: false)

  @Argument var means: String
  @Argument var directory: String

  func run() {
    guard let means = LabExaminer.Means(rawValue: means) else {
      Failure.end(.usage, "only doctors try labs like this", json: false)
    }
    LabExaminer(means, agent: "/proc/self/exe", directory: directory).run()
  }
}

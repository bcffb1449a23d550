import Algorithms
public import ArgumentParser
import Glibc
import NodeProcesses
import NodeServers
import Systems

/// The command that is one node of a bundled system, by whatever program.
public struct NodeCommandLine: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "node",
    abstract: "Be one node of a bundled system, on standard input and output or on a network.")

  @Argument(help: "The system; see `shrike list systems`.")
  var algorithm: String

  @Option(help: "The folder of the node's files.")
  var data: String?

  @Option(help: "A planted bug to switch on.")
  var bug: [String] = []

  @Option(name: .customLong("option"), help: "One of the system's own options, as name=value.")
  var options: [String] = []

  @Option(help: "What delays and choices are drawn from; without it every boot draws anew.")
  var seed: UInt64?

  @OptionGroup(title: "On a network")
  var network: NetworkOptions

  public init() {}

  public func run() throws {
    guard let system = BundledSystem.named(algorithm) else {
      end(
        64,
        "there is no system \"\(algorithm)\"; there are "
          + BundledSystem.all.map(\.description.name).joined(separator: ", "))
    }
    var settings = NodeProcessSettings(bugs: Set(bug), dataDirectory: data, seed: seed)
    settings.options = Dictionary(options: options)
    let server: NodeServerSettings?
    do throws(NetworkOptions.Problem) { server = try network.settings() } catch {
      end(64, error.description)
    }
    Glibc.exit(server.map { system.serve(settings, $0) } ?? system.run(settings))
  }

  private func end(_ status: Int32, _ text: String) -> Never {
    let line = Array("shrike: \(text)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    Glibc.exit(status)
  }
}

extension [String: String] {
  /// A system's own options as command lines have them: `name=value`, or `name` alone for `true`.
  public init(options texts: [String]) {
    self.init()
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      self[parts.first ?? text] = parts.count > 1 ? parts[1] : "true"
    }
  }
}

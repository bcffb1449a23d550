import Environments
package import Manifests
import Nemeses
import RemoteMachines
package import SystemPackage
package import Systems
import Values
import Workloads

/// What a plan tests.
package enum SystemUnderTest: Sendable {
  /// An algorithm of Shrike's own.
  case bundled(BundledSystem)
  /// A program that is a node in the Maelstrom protocol, on its standard input and output.
  case program(String)
  /// A system that a manifest tells how to run; the folder is where the manifest is.
  case manifest(SystemManifest, folder: String)
}

extension Plan {
  /// The system that the plan names, with its bugs and options known.
  ///
  /// - Throws: When there is none of that name, or it hasn't what the plan asks of it.
  package var subject: SystemUnderTest {
    get throws {
      if let binary { return .program(binary) }
      if let manifest {
        let folder = FilePath(manifest).removingLastComponent().string
        return .manifest(
          try SystemManifest.read(FilePath(manifest)), folder: folder.isEmpty ? "/" : folder)
      }
      if let system, let builtIn = SystemManifest.builtIn(named: system, vocabulary: .full) {
        return .manifest(builtIn, folder: "/")
      }
      return .bundled(try bundledSystem)
    }
  }

  /// Refuses a system in a place where it can't run, and what it hasn't.
  func checkSubject() throws {
    switch (try subject, place) {
    case (.bundled, _), (.program, .local): break
    case (.program, .simulated):
      throw PlanError("only bundled systems can be simulated, not the program \(systemName)")
    case (.program, .lab), (.program, .ssh):
      throw PlanError(
        "\(systemName) speaks on its standard input and output, which is for --env local; "
          + "a manifest tells how to run a system on hosts: shrike manifest init")
    case (.manifest(let manifest, _), .lab), (.manifest(let manifest, _), .ssh):
      guard bugs.isEmpty else { throw PlanError("\(manifest.name) has no planted bugs") }
      _ = try manifest.options(given: options, workload: workload)
      guard manifest.workloads.contains(where: { $0.name == workload }) else {
        throw PlanError(
          "\(manifest.name) answers no workload \"\(workload)\"; it has "
            + manifest.workloads.map(\.name).joined(separator: ", "))
      }
      try checkPromise(manifest)
      if let most = manifest.nodeCountMax, nodes.count > most {
        throw PlanError(
          "nodes: \(manifest.name) has \(most) at most, as its manifest says, not \(nodes.count)")
      }
      if !manifest.tellsLeader, !manifest.speaksAsBundled,
        let aimed = try nemeses.first(where: \.needsLeader)
      {
        throw PlanError(
          "nemesis \(aimed.text): nobody knows who leads; a manifest tells by its key \"leader\"")
      }
    case (.manifest(let manifest, _), _):
      throw PlanError("\(manifest.name) runs on hosts: --env lab or ssh, not \(place.rawValue)")
    }
    try checkMachines()
    guard place.hasHosts else {
      guard !capturesPackets else { throw PlanError("pcap: only hosts have packets; --env lab") }
      return
    }
    guard latency == nil else {
      throw PlanError("latency: hosts' network is real; --nemesis delay slows it down")
    }
    guard !isCompatible else {
      throw PlanError("maelstrom-compat: Maelstrom has no hosts; --env local")
    }
  }
}

extension Plan {
  /// Refuses machines for nodes that have none, and nodes that have no machine.
  private func checkMachines() throws {
    guard place == .ssh else {
      guard machines == Machines() else {
        throw PlanError("hosts, and how to reach them, are for --env ssh")
      }
      return
    }
    guard machines.hosts.count == nodes.count else {
      throw PlanError(
        machines.hosts.isEmpty
          ? "--env ssh needs a host for each node: --hosts a,b,c"
          : "hosts: there are \(machines.hosts.count), and \(nodes.count) nodes")
    }
    for text in machines.hosts {
      do { _ = try RemoteMachines.target(text) } catch { throw PlanError("hosts: \(error)") }
    }
  }

  /// Refuses a promise that the workload is not judged by: a system that keeps it would be accused.
  private func checkPromise(_ manifest: SystemManifest) throws {
    let promised = manifest.workloads.first { $0.name == workload }?.consistency ?? []
    guard !judgesTransactions, !promised.isEmpty, promised != ["linearizable"] else { return }
    throw PlanError(
      "\(manifest.name) promises \(promised.joined(separator: ", ")) in \(workload), which is judged "
        + "as linearizable; --consistency of shrike check judges a history by weaker levels")
  }

  /// Whether the workload's operations are transactions, which are judged by the level that is named.
  package var judgesTransactions: Bool { workload.hasPrefix("txn-") }
}

extension SystemManifest {
  /// Reads a manifest from its file.
  ///
  /// - Throws: ``ManifestError`` with all mistakes, or why the file can't be read.
  package static func read(_ path: FilePath) throws -> SystemManifest {
    let bytes: [UInt8]
    do { bytes = try FileContents.read(path) } catch { throw PlanError("\(path): \(error)") }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw PlanError("\(path): this is not text in UTF-8")
    }
    return try SystemManifest(yaml: text, file: path.string, vocabulary: .full)
  }
}

extension ManifestVocabulary {
  /// All that manifests can speak of: workloads, and nemeses as `--nemesis` takes them.
  package static let full = ManifestVocabulary(
    workloads: Workloads.workloads.map { $0.name }
  ) { text in
    let family = String(text.prefix { $0 != ":" })
    guard FaultFamily(rawValue: family) != nil else { return familyProblem(text) }
    do throws(NemesisError) {
      _ = try NemesisSpec(parsing: text)
      return nil
    } catch {
      return "\(error)"
    }
  }
}

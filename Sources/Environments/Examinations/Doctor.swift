public import Environments
import Glibc
import Hosts
import Processes
import Values

/// Tries on this machine what systems can be tested in and with, and leaves nothing behind.
public struct Doctor {
  /// How long the lab may take to be tried, and a tool to tell its version.
  static let labPatience: Nanoseconds = .seconds(20)
  static let toolPatience: Nanoseconds = .seconds(5)
  /// Who tries the lab as a user who is not root, when root asks.
  static let otherUser = "nobody"

  /// Makes a cluster of three nodes that elect a leader, in a simulation and as processes of this
  /// machine with a directory for their data.
  public struct Clusters {
    public var simulated: () throws -> any Environment
    public var local: (String) throws -> any Environment

    public init(
      simulated: @escaping () throws -> any Environment,
      local: @escaping (String) throws -> any Environment
    ) {
      self.simulated = simulated
      self.local = local
    }
  }

  private let clusters: Clusters
  private let labProgram: [String]
  private let tools: [Tool]
  private let find: (String) -> String?

  /// - Parameters:
  ///   - labProgram: A program and its arguments that runs a ``LabExaminer``; the means and a directory
  ///     follow.
  ///   - tools: What is looked for.
  public init(_ clusters: Clusters, labProgram: [String], tools: [Tool]) {
    self.init(clusters, labProgram: labProgram, tools: tools, find: findProgram)
  }

  package init(
    _ clusters: Clusters, labProgram: [String], tools: [Tool],
    find: @escaping (String) -> String?
  ) {
    self.clusters = clusters
    self.labProgram = labProgram
    self.tools = tools
    self.find = find
  }

  public func examine() -> Diagnosis {
    let sweptCount = ControlGroups.sweep()
    // What takes its time runs beside the rest.
    let preferred = Result { try LabHelper(.preferred, program: labProgram) }
    let substitute = Result { try LabHelper(.substitute, program: labProgram) }
    let other = geteuid() == 0 ? UserIdentity(Doctor.otherUser) : nil
    let othersLab = other.map { identity in
      Result { try LabHelper(.preferred, program: labProgram, as: identity) }
    }
    let versions = tools.map { tool in
      find(tool.name).map { path in
        (path, try? Helper([path] + tool.versionArguments, path: path))
      }
    }
    var found = [simulated()] + local()
    found += lab(preferred, substitute)
    if let othersLab {
      found.append(Examination(rootless: Doctor.findings(of: othersLab), user: Doctor.otherUser))
    }
    found.append(.netem())
    for (tool, version) in zip(tools, versions) {
      let printed = version?.1?.finish(within: Doctor.toolPatience)
      found.append(
        tool.examination(
          path: version?.0,
          printed: printed?.status == .exited(code: 0) ? printed?.lines.first : nil
        ))
    }
    return Diagnosis(found, sweptCount: sweptCount)
  }

  /// What the lab and its faults are like; a lab that does not come up is told of once.
  private func lab(
    _ preferred: Result<LabHelper, any Error>, _ substitute: Result<LabHelper, any Error>
  ) -> [Examination] {
    var found = Doctor.findings(of: preferred)
    let others = Doctor.findings(of: substitute)
    let isUp = found.contains { $0.group == .environment && $0.state != .missing }
    for examination in others where examination.group == .fault {
      guard !found.contains(where: { $0.name == examination.name }) else { continue }
      if isUp || examination.state == .works { found.append(examination) }
    }
    return found
  }

  private static func findings(of helper: Result<LabHelper, any Error>) -> [Examination] {
    do {
      return try helper.get().finish()
    } catch {
      return [Examination(.environment, Examination.lab, .missing, "\(error)")]
    }
  }

  // MARK: Where nothing of the machine is needed

  private func simulated() -> Examination {
    let name = "simulated"
    do {
      let cluster = try clusters.simulated()
      defer { cluster.stop() }
      try cluster.start()
      let deadline = cluster.now + .seconds(60)
      while cluster.primaries.isEmpty, cluster.now < deadline {
        _ = try cluster.advance(until: cluster.now + .milliseconds(100))
      }
      guard !cluster.primaries.isEmpty else {
        return Examination(.environment, name, .missing, "three nodes elect no leader")
      }
      let families = FaultFamily.allCases.filter { cluster.support(for: $0) == .supported }
      return Examination(
        .environment, name, .works,
        "three nodes elect a leader; faults: " + families.map(\.rawValue).joined(separator: ", "))
    } catch {
      return Examination(.environment, name, .missing, "\(error)")
    }
  }

  private func local() -> [Examination] {
    let name = "local"
    let began = monotonicTime()
    do {
      let directory = try ScratchDirectory("shrike-doctor")
      let cluster = try clusters.local(directory.path)
      defer { cluster.stop() }
      try cluster.start()
      let took = (monotonicTime() - began) / 1_000_000
      return [
        Examination(.environment, name, .works, "three processes up in \(took) ms")
      ] + LocalTrials(in: cluster).examinations()
    } catch {
      return [Examination(.environment, name, .missing, "\(error)")]
    }
  }
}

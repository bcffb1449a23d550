import Algorithms
import Exploration
import Manifests
import Nodes
import Systems

/// What `list system NAME` prints.
extension Catalogue {
  /// A system, explained.
  static func systemPage(_ name: String) -> String? {
    let explorable = ExplorableSystem.named(name)
    let bundled = BundledSystem.named(name)?.description
    if let manifest = SystemManifest.builtIn(named: name) { return page(manifest) }
    guard let system = bundled ?? explorable?.description else { return nil }
    var parts = [
      "\(system.name): \(system.summary)", "Promise: \(system.promise)",
      "Assumptions: \(system.assumptions)", "Source: \(system.paper)",
    ]
    if bundled != nil { parts += running(system) }
    if !system.options.isEmpty {
      parts.append(
        "Options (--option name=value)\n"
          + table(system.options.map { ($0.name, "\($0.summary) (\($0.standard))") }))
    }
    if !system.bugs.isEmpty {
      parts.append(
        "Planted bugs (--bug name)\n" + system.bugs.map(lines(of:)).joined(separator: "\n"))
    }
    if !system.marks.isEmpty {
      parts.append(
        (bundled == nil
          ? "Marks that a path reaches\n"
          : "Marks that a thorough campaign reaches (--require-marks)\n")
          + system.marks.map { "  \($0)" }.joined(separator: "\n"))
    }
    if let explorable { parts.append(exploring(explorable)) }
    let examples =
      (bundled == nil ? [] : runs(of: system)) + (explorable.map(explorations(of:)) ?? [])
    parts.append("Try\n" + examples.map { "  \($0)" }.joined(separator: "\n"))
    return parts.joined(separator: "\n\n")
  }

  /// A system that is run by its manifest, explained.
  private static func page(_ manifest: SystemManifest) -> String {
    var parts = [
      "\(manifest.name): \(manifest.summary)",
      "Runs on hosts (--env lab) by its manifest: shrike manifest show \(manifest.name)",
      "Workloads\n" + table(manifest.workloads.map { ($0.name, $0.promise) }),
      "Survives (--nemesis): \(manifest.survives.joined(separator: ", "))",
    ]
    if !manifest.options.isEmpty {
      parts.append(
        "Options (--option name=value)\n"
          + table(manifest.options.map { ($0.name, "\($0.summary) (\($0.standard))") }))
    }
    for fault in manifest.known {
      parts.append("Known fault: \(fault.anomaly), \(fault.versions): \(fault.source)")
    }
    parts.append(
      "Try\n  shrike test \(manifest.name) --time-limit 20s --rate 100 --nemesis "
        + manifest.survives.prefix(2).joined(separator: ","))
    return parts.joined(separator: "\n\n")
  }

  /// What there is to say of a system that is run and simulated.
  private static func running(_ system: AlgorithmDescription) -> [String] {
    var parts = [
      "Workloads: \(system.workloads.joined(separator: ", "))",
      "Survives (--nemesis): \(system.survives.joined(separator: ", "))",
    ]
    switch system.quorum {
    case .one: parts.append("Makes progress (--liveness): each node that is up")
    case .majority: parts.append("Makes progress (--liveness): a majority that is up")
    case .all: parts.append("Makes progress (--liveness): all nodes together")
    }
    if !system.messageTypes.isEmpty {
      let types = system.messageTypes.joined(separator: ", ")
      parts.append("Types of messages (--nemesis loss:type=...): \(types)")
    }
    if !system.versions.isEmpty {
      parts.append(
        "Versions (--nemesis kill:upgrade)\n"
          + table(system.versions.enumerated().map { ("\($0 + 1)", $1) }))
    }
    return parts
  }

  /// What of a system is explored where nothing else is asked for.
  private static func exploring(_ system: ExplorableSystem) -> String {
    var lines = ["Can be explored; without options: \(system.standard.terms)"]
    let bounds = system.standard.limits.keys.sorted()
    if !bounds.isEmpty {
      lines.append("  its own bounds (--bound name=number): \(bounds.joined(separator: ", "))")
    }
    if system.hasSymmetry { lines.append("  names can be exchanged (--symmetry)") }
    return lines.joined(separator: "\n")
  }

  private static func runs(of system: AlgorithmDescription) -> [String] {
    let workload = system.workloads.first ?? "lin-kv"
    var examples = [
      "shrike test \(system.name) -w \(workload) --time-limit 20s --rate 100 --nemesis partition,kill,pause",
      "shrike test \(system.name) -w \(workload) --env simulated --runs 100 --nemesis all",
    ]
    if let bug = system.bugs.first {
      examples.append(
        "shrike test \(system.name) --bug \(bug.name) --env simulated --runs 1000 --nemesis all")
    }
    return examples
  }

  private static func explorations(of system: ExplorableSystem) -> [String] {
    let name = system.description.name
    guard !system.isRun, let bug = system.description.bugs.first else {
      return ["shrike explore \(name)"]
    }
    return ["shrike explore \(name)", "shrike explore \(name) --bug \(bug.name)"]
  }

  /// A planted bug, where it comes from and what it is found by.
  private static func lines(of bug: PlantedBug) -> String {
    var lines = ["  \(bug.name): \(bug.summary)", "    source: \(bug.source)"]
    if !bug.violates.isEmpty {
      lines.append("    violates: \(bug.violates.joined(separator: ", "))")
    }
    return lines.joined(separator: "\n")
  }
}

extension ExplorableSystem {
  /// Whether it is run and simulated, too.
  var isRun: Bool { BundledSystem.named(description.name) != nil }
}

public import YAML

/// One case of a suite: a test under a seed, or a campaign from a seed on.
public struct SuiteCase: Hashable, Sendable {
  public var id: String
  /// Where its test stands in the suite's file.
  public var position: TextPosition
  public var expectation: Expectation
  public var seed: UInt64
  /// How many seeds a campaign runs; nothing for a single run.
  public var runs: Int?
  /// Whether a campaign ends with its first failure.
  public var stopsAtFailure: Bool
  /// Whether nothing but its own speed depends on what else the machine does.
  public var isSimulated: Bool
  /// What `shrike test` is told, but for the seed, what goes to the program, and the output.
  var words: [String]
  /// What goes to the program that is tested.
  var programArguments: [String]

  /// Whether it is a campaign: so many seeds, or as many as a time allows.
  public var isCampaign: Bool { runs != nil || TestSettings.hasBudget(words) }

  /// `raft-partition seed 1`, or `raft-stale-reads seeds 0-999`.
  public var name: String {
    if runs == nil, isCampaign { return "\(id) seeds from \(seed)" }
    guard let runs, runs > 1 else { return "\(id) seed \(seed)" }
    return "\(id) seeds \(seed)-\(seed &+ UInt64(runs - 1))"
  }

  /// The name as a folder can have it.
  public var folderName: String { "\(id)-\(seed)" }

  /// The arguments of the `shrike` that runs the case.
  ///
  /// - Parameter output: Options that say where results go and how they are told.
  public func arguments(output: [String] = []) -> [String] {
    var arguments = ["test"] + words + ["--seed=\(seed)"]
    if let runs { arguments.append("--runs=\(runs)") }
    if stopsAtFailure { arguments.append("--fail-fast=1") }
    arguments += output
    return programArguments.isEmpty ? arguments : arguments + ["--"] + programArguments
  }

  /// The command that runs the case by itself, as a shell takes it.
  public var command: String {
    (["shrike"] + arguments()).map(shellQuoted).joined(separator: " ")
  }
}

/// A word as a shell takes it for one.
private func shellQuoted(_ word: String) -> String {
  let isPlain = word.utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"):
      true
    default: "-_=./,:+@%".utf8.contains(byte)
    }
  }
  if isPlain, !word.isEmpty { return word }
  let parts = word.split(separator: "'", omittingEmptySubsequences: false)
  return "'" + parts.joined(separator: "'\\''") + "'"
}

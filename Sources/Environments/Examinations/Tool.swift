/// A program that is looked for.
public struct Tool: Hashable, Sendable {
  public var name: String
  /// How to have it tell its version.
  public var versionArguments: [String]
  /// Debian's package that brings it; nothing where none does.
  public var package: String?
  /// What lacks without it.
  public var purpose: String

  public init(_ name: String, version: [String], package: String?, purpose: String) {
    self.name = name
    self.versionArguments = version
    self.package = package
    self.purpose = purpose
  }

  /// What the lab, its faults and clients in Python use.
  public static let standard = [
    Tool("ip", version: ["-V"], package: "iproute2", purpose: "makes the lab's network"),
    Tool("nft", version: ["-v"], package: "nftables", purpose: "partitions the lab"),
    Tool(
      "iptables", version: ["-V"], package: "iptables",
      purpose: "partitions the lab where there is no nft"),
    Tool(
      "python3", version: ["-V"], package: "python3",
      purpose: "runs nodes and clients that are written in Python"),
    Tool(
      "apt-get", version: ["--version"], package: nil,
      purpose: "installs the packages that a system's manifest names"),
  ]

  /// - Parameters:
  ///   - path: Where it is, if it is anywhere.
  ///   - printed: The first line that it printed when it was asked for its version.
  package func examination(path: String?, printed: String?) -> Examination {
    guard let path else {
      return Examination(
        .tool, name, .missing, "not found; it \(purpose)", mend: package.map(Tool.installation))
    }
    guard let printed else {
      return Examination(
        .tool, name, .missing, "\(path) does not run; it \(purpose)",
        mend: package.map { "apt-get install --reinstall \($0)" })
    }
    return Examination(.tool, name, .works, "\(path), \(printed)")
  }

  static func installation(of package: String) -> String { "apt-get install \(package)" }
}

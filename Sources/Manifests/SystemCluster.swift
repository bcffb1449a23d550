public import Environments
import Values

/// A cluster in which a system is to run: its nodes, where they are, and what was asked for.
public struct SystemCluster: Hashable, Sendable {
  /// A node of the cluster.
  public struct Member: Hashable, Sendable {
    /// Its address, and its ports by the manifest's names.
    public var endpoint: Endpoint
    /// The folder that is the node's alone: an absolute path on its host.
    public var home: String

    public init(_ endpoint: Endpoint, home: String) {
      self.endpoint = endpoint
      self.home = home
    }
  }

  /// In the order of the nodes' ids.
  public var members: [Member]
  /// A word that no other cluster has, for systems that keep strangers out by one.
  public var token: String
  /// The values of all the system's options; see ``SystemManifest/options(given:workload:)``.
  public var options: [String: String]
  /// The folder in which the manifest is, for programs that come with it; an absolute path.
  public var manifestFolder: String

  public init(
    members: [Member], token: String, options: [String: String], manifestFolder: String = "/"
  ) {
    self.members = members
    self.token = token
    self.options = options
    self.manifestFolder = manifestFolder
  }

  /// The cluster's place for a node.
  func place(of node: NodeID) -> Int? { members.firstIndex { $0.endpoint.node == node } }
}

extension SystemCluster {
  /// Why a cluster can't be one: names, addresses and folders become parts of files and words.
  var problem: String? {
    if members.isEmpty { return "a cluster has a node at least" }
    for member in members {
      let name = member.endpoint.name
      if !name.isManifestName {
        return "a node's name is made of letters, digits, \"-\" and \"_\", not \(name.quoted)"
      }
      if members.count(where: { $0.endpoint.name == name }) > 1 {
        return "two nodes are called \(name)"
      }
      let address = member.endpoint.address
      if address.isEmpty || !address.utf8.allSatisfy({ $0.isAddressPart }) {
        return "the address of \(name) is no numeric one: \(address.quoted)"
      }
      if !member.home.isPlainAbsolutePath {
        return "the folder of \(name) is no absolute path: \(member.home.quoted)"
      }
    }
    if !token.isManifestName {
      return "a token is made of letters, digits, \"-\" and \"_\", not \(token.quoted)"
    }
    if !manifestFolder.isPlainAbsolutePath, manifestFolder != "/" {
      return "the manifest's folder is no absolute path: \(manifestFolder.quoted)"
    }
    return nil
  }
}

extension UInt8 {
  /// Whether it can be in an address of IPv4 or IPv6.
  fileprivate var isAddressPart: Bool {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."), UInt8(ascii: ":"):
      true
    default: false
    }
  }
}

extension String {
  /// Whether it can name a node, a port or an option: `[A-Za-z0-9_-]+`, and no option of a command.
  var isManifestName: Bool {
    guard utf8.first != UInt8(ascii: "-"), !isEmpty, utf8.count <= 100 else { return false }
    return utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }

  /// Whether it has characters that would end a line, or that nobody sees.
  var hasControls: Bool { unicodeScalars.contains { $0.value < 32 || $0.value == 127 } }

  /// Whether it is an absolute path that says where it leads.
  var isPlainAbsolutePath: Bool {
    hasPrefix("/") && dropFirst().isPlainRelativePath
  }

  /// The text as a message has it: in quotes, on one line.
  var quoted: String { Value.string(self).json }
}

extension StringProtocol {
  /// Whether it is a path that leads down from where it begins: no `..`, no empty parts.
  var isPlainRelativePath: Bool {
    guard !isEmpty, !unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) else {
      return false
    }
    return split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
      !$0.isEmpty && $0 != "." && $0 != ".."
    }
  }
}

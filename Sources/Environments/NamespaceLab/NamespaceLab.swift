import CProcess
import Glibc
package import Hosts
import Processes
import Values

/// Hosts in namespaces of this machine, on a bridge that is in namespaces of its own.
///
/// One agent is process 1 of the PID namespace that holds everything, and has the bridge in its network
/// namespace, where the controller's clients stand. Each host has another, in namespaces that lie within.
/// Nothing has a name that the machine knows: when the controller ends, however it does, the kernel
/// ends the processes, and with the last of them networks, mounts and rules are gone.
package final class NamespaceLab: HostNetwork {
  package static let network = "10.213.0.0/16"
  static let controlAddress = "10.213.0.1"

  package let program: String
  private let directories: HostDirectories
  private let groupName = Owner.new().description
  package let isThisMachine = true
  private var hosts: [Host] = []
  package private(set) var controlAgent: AgentConnection?
  package private(set) var networkDescriptor: Int32?
  /// Where each host sees its home; nothing for where it is.
  private let homeTarget = AgentSettings.freeHomeTarget
  private var process: pid_t?

  /// - Parameters:
  ///   - program: Is an agent where its first argument is `agent`: it calls ``runAgent(_:)``.
  ///   - directories: Where homes and logs are.
  package init(program: String, _ directories: HostDirectories) {
    self.program = program
    self.directories = directories
  }

  deinit { tearDown() }

  /// Lets a user who is not root have a lab: in a user namespace, in which that user is called root.
  ///
  /// The process must not have started threads.
  package static func becomeRoot() throws {
    guard geteuid() != 0 else { return }
    let error = process_become_namespace_root()
    guard error == 0 else {
      throw HostError.namespaces(
        "this user may not make namespaces (\(errorText(error))); run as root"
          + (UserNamespaces.mend.map { ", or have root allow them: \($0)" } ?? ""))
    }
  }

  package static func address(_ index: Int) -> String {
    let number = index + 11
    return "10.213.\(number >> 8).\(number & 255)"
  }

  /// The address of a host's network card, or of the bridge's where there is no host of that number.
  static func hardwareAddress(_ index: Int?) -> String {
    let number = index.map { $0 + 11 } ?? 1
    func digits(_ byte: Int) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
    // The second lowest bit of the first byte says that it is no manufacturer's.
    return "02:00:0a:d5:\(digits(number >> 8)):\(digits(number & 255))"
  }

  /// Tells a card who has which address, so that nobody has to ask.
  ///
  /// What is learned by asking goes into a table that all namespaces of a machine share, 1024 entries by
  /// default: fewer than the pairs of 33 hosts, and when it is full packets are lost. What is told for
  /// good does not count.
  private static func neighbours(of index: Int?, hostCount: Int, on device: String) -> String {
    var script = ""
    for other in 0..<hostCount where other != index {
      script += "neighbour add \(address(other)) lladdr \(hardwareAddress(other)) dev \(device)\n"
    }
    guard index != nil else { return script }
    return script + "neighbour add \(controlAddress) lladdr \(hardwareAddress(nil)) dev \(device)\n"
  }

  /// What is wrong with a name for a host: it names directories, control groups and an entry of
  /// `/etc/hosts`, too.
  package static func problem(withName name: String) -> String? {
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard isPlain, !name.isEmpty, name.utf8.count <= 63, !name.hasPrefix("-") else {
      return "\"\(name)\" is no name for a host; it has letters, digits and hyphens"
    }
    return ["localhost", "control"].contains(name)
      ? "\"\(name)\" is the name of another host" : nil
  }

  package func addresses(of names: [String]) -> [String] {
    names.indices.map(NamespaceLab.address)
  }

  package func home(of name: String) -> String { homeTarget ?? homeHere(of: name) }

  /// Where a host's home is for the controller.
  private func homeHere(of name: String) -> String {
    "\(canonicalPath(directories.homes) ?? directories.homes)/\(name)"
  }

  package func bringUp(_ names: [String]) throws -> [Host] {
    precondition(controlAgent == nil, "a lab can be brought up only once")
    guard findProgram("ip") != nil else { throw HostError.noTool("ip") }
    ControlGroups.sweep()
    for name in names { try makeDirectories("\(directories.homes)/\(name)/data") }
    let hostsFile = try writeHostsFile(names)
    let control = try launch(hostNames: names)
    controlAgent = control
    try control.awaitReady()
    for (number, name) in names.enumerated() {
      var settings = AgentSettings()
      settings.isolation = .host
      settings.hostName = name
      settings.hostsFile = hostsFile
      settings.home = homeHere(of: name)
      settings.groupName = groupName
      settings.homeTarget = homeTarget
      try control.startHost(number, settings)
    }
    let processes = try names.indices.map { try control.awaitHost($0) }
    try connect(control, processes)
    for host in hosts { try host.agent.awaitReady() }
    let tools = try hosts.enumerated().map { number, host in
      try host.agent.begin(
        ["ip", "-batch", "-"], input: NamespaceLab.hostScript(number, hostCount: names.count))
    }
    for (host, tool) in zip(hosts, tools) { try host.agent.end(tool).checked(on: host.name) }
    return hosts
  }

  /// A file that takes the place of `/etc/hosts` on every host.
  private func writeHostsFile(_ names: [String]) throws -> String {
    let path = "\(directories.homes)/hosts"
    let lines =
      ["127.0.0.1 localhost", "\(NamespaceLab.controlAddress) control"]
      + names.enumerated().map { "\(NamespaceLab.address($0)) \($1)" }
    let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0, write(file, bytes, bytes.count) == bytes.count else {
      throw SystemCallError("can't write \(path)")
    }
    close(file)
    return canonicalPath(path) ?? path
  }

  /// Starts the first agent, which holds the control sockets of those that it will start.
  private func launch(hostNames: [String]) throws -> AgentConnection {
    var ours: [Int32] = []
    var theirs: [Int32] = []
    defer { for descriptor in theirs { close(descriptor) } }
    for _ in 0...hostNames.count {
      do {
        let pair = try SocketPair()
        ours.append(pair.ours)
        theirs.append(pair.theirs)
      } catch {
        for descriptor in ours { close(descriptor) }
        throw error
      }
    }
    let control = AgentConnection(name: "control", descriptor: ours[0])
    hosts = hostNames.enumerated().map { number, name in
      Host(
        name: name, address: NamespaceLab.address(number), port: "port\(number)",
        home: home(of: name),
        logs: "\(canonicalPath(directories.logs) ?? directories.logs)/\(name)",
        agent: AgentConnection(name: name, descriptor: ours[number + 1]))
    }
    var settings = AgentSettings()
    settings.isolation = .host
    settings.hostCount = hostNames.count
    let process = try AgentConnection.launch(program, settings, sockets: theirs)
    self.process = process
    let path = "/proc/\(process)/ns/net"
    let namespace = open(path, O_RDONLY | O_CLOEXEC)
    guard namespace >= 0 else { throw SystemCallError("can't open \(path)") }
    networkDescriptor = namespace
    return control
  }

  /// Makes the bridge, and a cable from it to each host.
  private func connect(_ control: AgentConnection, _ processes: [Int32]) throws {
    var script = """
      link set lo up
      link add bridge0 address \(NamespaceLab.hardwareAddress(nil)) type bridge stp_state 0 forward_delay 0
      link set bridge0 up
      address add \(NamespaceLab.controlAddress)/16 dev bridge0

      """
    for (number, process) in processes.enumerated() {
      script += """
        link add port\(number) type veth peer name eth0 address \(NamespaceLab.hardwareAddress(number)) netns \(process)
        link set port\(number) master bridge0
        link set port\(number) up

        """
    }
    script += NamespaceLab.neighbours(of: nil, hostCount: processes.count, on: "bridge0")
    try control.run(["ip", "-batch", "-"], input: script).checked(on: "control")
  }

  private static func hostScript(_ number: Int, hostCount: Int) -> String {
    """
    link set lo up
    address add \(address(number))/16 dev eth0
    link set eth0 up

    """ + neighbours(of: number, hostCount: hostCount, on: "eth0")
  }

  package func tearDown() {
    // What is frozen can't be ended.
    if controlAgent != nil { ControlGroups.thaw(groupName) }
    for host in hosts { host.agent.close() }
    hosts = []
    controlAgent?.close()
    controlAgent = nil
    if let networkDescriptor { close(networkDescriptor) }
    networkDescriptor = nil
    guard let process else { return }
    waitpid(process, nil, 0)
    ControlGroups.remove(groupName)
    self.process = nil
  }
}

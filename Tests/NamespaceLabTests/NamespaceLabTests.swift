import Environments
import Glibc
import Hosts
import NamespaceLab
import Nodes
import Processes
import Testing
import Values

@Suite(
  "The namespace lab", .serialized, .timeLimit(.minutes(3)),
  .enabled(if: isRoot, "hosts in namespaces need root and iproute2"))
struct NamespaceLabTests {
  @Test("hosts know each other's names and their own, and see only their own processes")
  func fiveHosts() throws {
    let lab = try TestLab(count: 5)
    let hosts = lab.hosts
    #expect(try hosts[0].agent.run(["getent", "hosts", "n5"]).output == ["10.213.0.15     n5"])
    #expect(try hosts[3].agent.run(["hostname"]).output == ["n4"])
    let processes = try hosts[1].agent.run(["ps", "-eo", "pid="]).output
    #expect(processes.count == 2, "the agent and ps: \(processes)")
    let links = try hosts[2].agent.run(["ip", "-brief", "link"]).output
    #expect(links.count == 2 && links.contains { $0.hasPrefix("eth0@") }, "\(links)")
    let result = try hosts[2].agent.run(["touch", "\(hosts[2].home)/here"])
    #expect(result.succeeded && access("\(lab.directory.path)/n3/here", F_OK) == 0)
  }

  @Test("hosts need not ask who has which address, which a machine keeps for few at a time")
  func neighbours() throws {
    let lab = try TestLab(count: 3)
    let control = try #require(lab.lab.controlAgent)
    for agent in [control] + lab.hosts.map(\.agent) {
      let known = try agent.run(["ip", "neighbour", "show", "nud", "permanent"]).output
      #expect(known.filter { $0.hasPrefix("10.213.0.") }.count == 3, "\(known)")
    }
    let link = try lab.hosts[1].agent.run(["ip", "link", "show", "eth0"]).output.joined()
    #expect(link.contains("02:00:0a:d5:00:0c"), "\(link)")
  }

  @Test("a program that does not read its input holds up neither its host nor the end of the lab")
  func deafProgram() throws {
    let lab = try TestLab(count: 1)
    let agent = lab.hosts[0].agent
    let text = String(repeating: "nobody reads this\n", count: 20_000)
    _ = try agent.begin(["sleep", "1000"], input: text)
    #expect(try agent.run(["true"]).succeeded)
    lab.lab.tearDown()
    #expect(processes(mentioning: lab.mark).isEmpty)
  }

  @Test("a program gets all of its input, though it says much meanwhile")
  func longInput() throws {
    let lab = try TestLab(count: 1)
    let lines = (0..<40_000).map { "line \($0)" }
    let result = try lab.hosts[0].agent.run(["cat"], input: lines.joined(separator: "\n"))
    #expect(result.succeeded && result.output == lines)
  }

  @Test("nothing is left of a lab that is torn down, and the machine's network is as it was")
  func tearDown() throws {
    let before = try networks()
    do {
      let lab = try TestLab(count: 3)
      #expect(processes(mentioning: lab.mark).count == 3)
      #expect(try networks() == before)
      lab.lab.tearDown()
      #expect(processes(mentioning: lab.mark).isEmpty)
    }
    #expect(try networks() == before)
  }
}

@Test(
  "a host's name is a label, and no other host's",
  arguments: ["n1", "N-1", "7", "", "-n", "a b", "../n", "a\nb", "control", "localhost", "é"])
func hostNames(name: String) {
  let isSound = ["n1", "N-1", "7"].contains(name)
  #expect((NamespaceLab.problem(withName: name) == nil) == isSound)
}

let isRoot = geteuid() == 0 && findProgram("ip") != nil

/// The names of the machine's own interfaces and network namespaces.
private func networks() throws -> [String] {
  ["/sys/class/net", "/run/netns"].flatMap { directoryEntries($0).sorted() }
}

@Suite("Users of a namespace")
struct UserMapTests {
  @Test("a map has the users of its ranges")
  func ranges() {
    let machine = UserMap("         0          0 4294967295\n")
    #expect(machine.contains(0) && machine.contains(65_534))
    let rootless = UserMap("         0      65534          1\n")
    #expect(rootless.contains(0) && !rootless.contains(1) && !rootless.contains(65_534))
    #expect(!UserMap("").contains(0))
  }

  @Test("a machine's own settings say how root allows user namespaces")
  func userNamespaces() {
    var settings = UserNamespaces()
    #expect(settings.mend == nil)
    settings.limit = 0
    #expect(settings.mend == "sysctl -w user.max_user_namespaces=10000")
    settings.isRestricted = true
    #expect(settings.mend == "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0")
    settings.isAllowed = false
    #expect(settings.mend == "sysctl -w kernel.unprivileged_userns_clone=1")
    #expect(UserNamespaces(readingFrom: "/nowhere").mend == nil)
  }
}

import Glibc
import Hosts
import NamespaceLab
import Processes

/// The program of agents, beside this test's.
let agentProgram: String = {
  let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") }
  let path = bundle ?? canonicalPath("/proc/self/exe") ?? ""
  return path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    .joined(separator: "/") + "/HostsFixture"
}()

/// Whether a user who is not root can make user namespaces here, and run the program of agents.
let runsRootless: Bool = {
  guard isRoot else { return false }
  var surroundings = Program.Surroundings(descriptors: [], closingFrom: 3)
  surroundings.user = "nobody"
  let program = Program(
    path: agentProgram, arguments: [agentProgram, "rootless"], environment: inheritedEnvironment(),
    directory: "/")
  guard let process = try? program.start(surroundings) else { return false }
  var status: Int32 = 0
  waitpid(process, &status, 0)
  // It has become root of a namespace, and then was told nothing to do.
  return ExitStatus(waitStatus: status) == .exited(code: 64)
}()

/// A lab with hosts `n1`…, gone with this value.
final class TestLab {
  let directory: ScratchDirectory
  let lab: NamespaceLab
  let hosts: [Host]

  init(count: Int) throws {
    directory = try ScratchDirectory("shrike-test")
    lab = NamespaceLab(
      program: agentProgram, HostDirectories(homes: directory.path, logs: directory.path))
    hosts = try lab.bringUp((1...count).map { "n\($0)" })
  }

  /// What only this lab's agents have on their command lines.
  var mark: String { directory.path }

  deinit { lab.tearDown() }
}

/// The processes of this machine that have a text on their command lines.
func processes(mentioning text: String) -> [pid_t] {
  processStates().map(\.pid).filter { pid in
    guard pid != getpid(), let line = bytes(ofFile: "/proc/\(pid)/cmdline") else { return false }
    return String(decoding: line, as: UTF8.self).contains(text)
  }
}

/// The block devices of this machine that nodes' disks are, of a cluster in a directory.
///
/// Devices are told by their files' inodes: a path is as the host sees it that attached the file.
func loopDevices(in directory: String) -> [String] {
  directoryEntries("\(directory)/data").flatMap { node -> [Substring] in
    guard let stream = popen("losetup -nO NAME -j '\(directory)/data/\(node)/.disk/image'", "r")
    else { return [] }
    defer { pclose(stream) }
    var chunk = [UInt8](repeating: 0, count: 1_024)
    let count = fread(&chunk, 1, chunk.count, stream)
    return String(decoding: chunk[..<count], as: UTF8.self).split(separator: "\n")
  }.map(String.init)
}

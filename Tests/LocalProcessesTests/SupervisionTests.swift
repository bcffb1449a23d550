import Environments
import Glibc
import LocalProcesses
import Nodes
import Testing
import Values

@Suite("Supervision", .timeLimit(.minutes(3)))
struct SupervisionTests {
  @Test("a node that answers nothing makes start fail, with its last lines")
  func initTimeout() throws {
    let silent = NodeCommand("/bin/sh", ["-c", "echo I am tired >&2; exec sleep 60"])
    let cluster = try TestCluster(silent, count: 2) { $0.initTimeout = .milliseconds(300) }
    let error = try #require(throws: LocalProcessesError.self) { try cluster.environment.start() }
    #expect(
      error
        == .nodeNeverCameUp(
          node: "n1", status: "it did not answer init within 300ms", lastLines: ["I am tired"]))
    #expect(
      error.description == """
        node n1 never came up: it did not answer init within 300ms; the last that it printed:
          I am tired
        """)
  }

  @Test("a node that ends at once makes start fail at once, with its status")
  func earlyEnd() throws {
    let command = NodeCommand("/bin/sh", ["-c", "echo no; exit 5"])
    let cluster = try TestCluster(command, count: 1)
    let error = try #require(throws: LocalProcessesError.self) { try cluster.environment.start() }
    #expect(
      error
        == .nodeNeverCameUp(node: "n1", status: "exit status 5", lastLines: ["stdout: no"]))
    #expect(cluster.environment.now < .seconds(5))
  }

  @Test("a program that is missing or not executable is named")
  func missingProgram() throws {
    let missing = try TestCluster(NodeCommand("/no/such/node"))
    #expect(throws: LocalProcessesError.programNotFound("/no/such/node")) {
      try missing.environment.start()
    }
    let path = pythonNode("maelstrom.py")
    let plain = try TestCluster(NodeCommand(path))
    let error = try #require(throws: LocalProcessesError.self) { try plain.environment.start() }
    #expect(
      error.description
        == "node n1 never came up: \(path): is not executable (chmod +x); it printed nothing")
  }

  @Test("a node's grandchildren die with it")
  func grandchildren() throws {
    let sleep = "sleep 61.\(getpid())"
    let command = NodeCommand(
      "/bin/sh", ["-c", "\(sleep) & exec \(pythonNode("echo.py"))"])
    let cluster = try TestCluster(command, count: 1)
    try cluster.environment.start()
    #expect(processes(mentioning: "61.\(getpid())").count == 1)
    #expect(cluster.environment.apply(.kill([NodeID(0)])).tookHold == true)
    #expect(processes(mentioning: "61.\(getpid())").isEmpty)
  }

  @Test("nobody is left after stop, not even who left its group")
  func stop() throws {
    let sleep = "sleep 62.\(getpid())"
    let command = NodeCommand(
      "/bin/sh", ["-c", "setsid \(sleep) & exec \(pythonNode("echo.py"))"])
    let cluster = try TestCluster(command, count: 2)
    try cluster.environment.start()
    #expect(processes(mentioning: "62.\(getpid())").count == 2)
    cluster.environment.stop()
    #expect(processes(mentioning: "62.\(getpid())").isEmpty)
    cluster.environment.stop()
  }

  @Test("no node outlives a controller that was killed", arguments: [SIGKILL, SIGTERM])
  func controllerKilled(signal: Int32) throws {
    let directory = try temporaryDirectory()
    defer { _ = shell("rm -rf \(directory)") }
    let node = "\(directory)/node.py"
    // A path of its own, by which the processes are found.
    #expect(shell("cp \(pythonNode("*.py")) \(directory) && mv \(directory)/echo.py \(node)") == 0)
    // The threads of the tests have signals blocked, which the controller would inherit.
    let unblock =
      "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []); "
      + "os.execv(sys.argv[1], sys.argv[1:])"
    let script =
      "python3 -c '\(unblock)' \(fixture) control \(directory)/data \(node) "
      + ">\(directory)/out 2>&1 & echo $! >\(directory)/pid"
    #expect(shell(script) == 0)
    #expect(wait { text(ofFile: "\(directory)/out") == "up\n" })
    // Three nodes and the controller.
    #expect(processes(mentioning: node).count == 4)
    let controller = try #require(
      pid_t(text(ofFile: "\(directory)/pid").split(separator: "\n").first ?? ""))
    #expect(kill(controller, signal) == 0)
    #expect(wait { processes(mentioning: node).isEmpty })
  }

  @Test("a supervisor that dies takes the nodes along and is reported")
  func supervisorKilled() throws {
    let directory = try temporaryDirectory()
    defer { _ = shell("rm -rf \(directory)") }
    let node = "\(directory)/node.py"
    #expect(shell("cp \(pythonNode("*.py")) \(directory) && mv \(directory)/echo.py \(node)") == 0)
    let mine = "\(directory)/supervisor"
    #expect(shell("ln -s \(fixture) \(mine)") == 0)
    let cluster = try TestCluster(NodeCommand(node)) { $0.supervisor = [mine, "supervise"] }
    try cluster.environment.start()
    let supervisor = try #require(processes(mentioning: mine).first)
    #expect(kill(supervisor, SIGKILL) == 0)
    #expect(throws: LocalProcessesError.supervisorDied) { try cluster.run(for: .seconds(5)) }
    #expect(wait { processes(mentioning: node).isEmpty })
  }

  private func wait(_ isDone: () -> Bool) -> Bool {
    for _ in 0..<500 {
      if isDone() { return true }
      usleep(20_000)
    }
    return isDone()
  }
}

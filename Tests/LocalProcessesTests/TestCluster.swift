import Environments
import Glibc
import LocalProcesses
import Nodes
import Testing
import Values

/// A cluster for one test, and where its things are.
final class TestCluster {
  let directory: String
  let environment: LocalProcesses
  /// What happened beside the replies that were asked for.
  var events: [EnvironmentEvent] = []
  private var number = 0

  /// - Parameter change: What this test wants otherwise.
  init(
    _ command: NodeCommand, count: Int = 3, _ change: (inout LocalSettings) -> Void = { _ in }
  ) throws {
    directory = try temporaryDirectory()
    var settings = LocalSettings(
      names: .numbered(count: count), command: command, dataDirectory: "\(directory)/data")
    settings.supervisor = [fixture, "supervise"]
    settings.logDirectory = "\(directory)/nodes"
    change(&settings)
    environment = try LocalProcesses(settings)
  }

  deinit {
    environment.stop()
    _ = shell("rm -rf \(directory)")
  }

  /// Sends a request and waits for what comes of it; nothing after `patience`.
  func ask(
    _ node: Int, _ request: Request, client: Int = 7, patience: Nanoseconds = .seconds(5)
  ) throws -> Reply? {
    number += 1
    let id = RequestID(client: client, number: number)
    environment.submit(request, as: id, to: NodeID(node))
    let deadline = environment.now + patience
    var answer: Reply?
    while answer == nil, environment.now < deadline {
      for event in try environment.advance(until: deadline) {
        if case .replied(id, let reply, _) = event { answer = reply } else { events.append(event) }
      }
    }
    return answer
  }

  /// Lets time pass.
  func run(for time: Nanoseconds) throws {
    let deadline = environment.now + time
    while environment.now < deadline { events += try environment.advance(until: deadline) }
  }

  /// Lets time pass until `isDone`, at most ten seconds.
  func run(until isDone: () throws -> Bool) throws -> Bool {
    let deadline = environment.now + .seconds(10)
    while environment.now < deadline {
      if try isDone() { return true }
      try run(for: .milliseconds(20))
    }
    return try isDone()
  }
}

/// The program of the target LocalProcessesFixture, which is built beside the tests.
let fixture: String = {
  var directory = resolved("/proc/self/exe") ?? CommandLine.arguments[0]
  // The runner may be the toolchain's; then the bundle it was given tells where things are built.
  let bundles = CommandLine.arguments.filter { $0.contains(".xctest") }
  if let bundle = bundles.last { directory = bundle }
  while let slash = directory.lastIndex(of: "/") {
    directory = String(directory[..<slash])
    let candidate = "\(directory)/LocalProcessesFixture"
    if access(candidate, X_OK) == 0 { return candidate }
  }
  return "LocalProcessesFixture"
}()

/// The path of one of the nodes written in Python.
func pythonNode(_ name: String, _ path: String = #filePath) -> String {
  let tests = path.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
  return "\(tests.joined(separator: "/"))/PythonNodes/\(name)"
}

private func resolved(_ path: String) -> String? {
  guard let resolved = realpath(path, nil) else { return nil }
  defer { free(resolved) }
  return String(cString: resolved)
}

func temporaryDirectory() throws -> String {
  var template = Array("/tmp/shrike-test-XXXXXX".utf8CString)
  try #require(mkdtemp(&template) != nil)
  return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// A file's text; empty where there is none.
func text(ofFile path: String) -> String {
  guard let file = fopen(path, "r") else { return "" }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 4_096)
  while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
  return String(decoding: bytes, as: UTF8.self)
}

/// The processes that have `words` in their command line, zombies left out.
func processes(mentioning words: String) -> [pid_t] {
  guard let directory = opendir("/proc") else { return [] }
  defer { closedir(directory) }
  var found: [pid_t] = []
  while let entry = readdir(directory) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    guard let pid = pid_t(name), pid != getpid() else { continue }
    if text(ofFile: "/proc/\(pid)/cmdline").contains(words) { found.append(pid) }
  }
  return found
}

/// Runs a shell command to its end.
func shell(_ command: String) -> Int32 { system(command) }

import Glibc
import Testing
import Values

/// The built `shrike`, which lies beside the test bundle.
let shrike: String? = {
  var directory = CommandLine.arguments[0]
  if let runner = realpath("/proc/self/exe", nil) {
    directory = String(cString: runner)
    free(runner)
  }
  // The runner may be the toolchain's; then the bundle it was given tells where things are built.
  if let bundle = CommandLine.arguments.last(where: { $0.contains(".xctest") }) {
    directory = bundle
  }
  while let slash = directory.lastIndex(of: "/") {
    directory = String(directory[..<slash])
    let candidate = "\(directory)/shrike"
    if access(candidate, X_OK) == 0 { return candidate }
  }
  return nil
}()

/// The path of one of the nodes written in Python.
func pythonNode(_ name: String, _ path: String = #filePath) -> String {
  let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
  return parts.joined(separator: "/") + "/PythonNodes/\(name)"
}

/// A file's text; nothing where there is none.
func text(ofFile path: String) -> String? {
  guard let file = fopen(path, "r") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65_536)
  while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
  return String(decoding: bytes, as: UTF8.self)
}

/// A folder for one test, in which it runs `shrike`; it is removed with all that is in it.
final class Workshop {
  let path: String
  let executable: String
  private var commandCount = 0

  init() throws {
    executable = try #require(
      shrike, "there is no shrike beside the test bundle: swift build -c release")
    var template = Array("/tmp/shrike-test-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for pid in processes { kill(pid, SIGKILL) }
    system("rm -rf \(path)")
  }

  /// Writes a file, executable, and names it.
  func file(_ name: String, _ contents: String) throws -> String {
    let file = "\(path)/\(name)"
    let stream = try #require(fopen(file, "w"))
    fputs(contents, stream)
    fclose(stream)
    chmod(file, 0o755)
    return file
  }

  /// A node that behaves until it has answered ten echoes, and then does `misdeed`.
  func echoThat(_ misdeed: String) throws -> String {
    let folder = pythonNode("echo.py").split(separator: "/").dropLast().joined(separator: "/")
    return try file(
      "node.py",
      """
      #!/usr/bin/env python3
      import os, sys
      sys.dont_write_bytecode = True
      sys.path.insert(0, "/\(folder)")
      from maelstrom import Node
      node = Node()
      count = 0
      print("words " + repr(sys.argv[1:]), file=sys.stderr, flush=True)
      @node.on("echo")
      def echo(message):
          global count
          count += 1
          answer = {"type": "echo_ok", "echo": message["body"]["echo"]}
          if count == 10:
              \(misdeed)
          node.reply(message, answer)
      node.run()

      """)
  }

  /// The newest run's folder.
  var latest: String { "\(path)/results/latest" }

  /// Starts `shrike`, which is then known by this folder in its environment, and so are its nodes.
  ///
  /// - Parameter input: The file that is its standard input.
  func start(_ arguments: [String], input: String = "/dev/null") throws -> Command {
    commandCount += 1
    let command = Command(path: "\(path)/command-\(commandCount)")
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(
      &actions, 1, command.path + ".out", O_WRONLY | O_CREAT, 0o644)
    posix_spawn_file_actions_addopen(
      &actions, 2, command.path + ".err", O_WRONLY | O_CREAT, 0o644)
    // Threads that tests run on block signals, and a child would inherit that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let shell = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", path, executable]
    var words: [UnsafeMutablePointer<CChar>?] = (shell + arguments).map { strdup($0) }
    words.append(nil)
    let search = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    var environment: [UnsafeMutablePointer<CChar>?] = [
      strdup("PATH=\(search)"), strdup("WORKSHOP=\(path)"), nil,
    ]
    defer { for word in words + environment { free(word) } }
    var pid: pid_t = 0
    let problem = posix_spawn(&pid, "/bin/sh", &actions, &attributes, &words, &environment)
    try #require(problem == 0, "\(executable) can't be started")
    command.pid = pid
    return command
  }

  /// Runs `shrike` to its end.
  func run(_ arguments: String...) throws -> Command.End { try start(arguments).wait() }

  /// The processes that were started from here and still run.
  var processes: [pid_t] {
    guard let directory = opendir("/proc") else { return [] }
    defer { closedir(directory) }
    var found: [pid_t] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let pid = pid_t(name), pid != getpid() else { continue }
      let traces = ["environ", "cmdline"].compactMap { text(ofFile: "/proc/\(pid)/\($0)") }
      if traces.contains(where: { $0.contains(path) }) { found.append(pid) }
    }
    return found
  }

  /// Whether all processes that were started from here end within five seconds.
  var becomesQuiet: Bool {
    for _ in 0..<50 {
      if processes.isEmpty { return true }
      usleep(100_000)
    }
    return false
  }
}

/// A `shrike` that was started.
final class Command {
  /// How it ended, and what it printed.
  struct End {
    var code: Int32
    var output: String
    var errors: String

    /// The output as one JSON value.
    var json: Value { get throws { try Value(json: output) } }
  }

  let path: String
  var pid: pid_t = 0

  init(path: String) { self.path = path }

  func wait() -> End {
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    // A process that a signal ended has no code; shells add 128 to the signal.
    let code = status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
    return End(
      code: code, output: text(ofFile: path + ".out") ?? "",
      errors: text(ofFile: path + ".err") ?? "")
  }
}

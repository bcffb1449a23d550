import CPackets
import CProcess
import Glibc
import Processes
import Values

/// The program `tc`, which makes the kernel's queueing disciplines and tells of them.
struct TrafficControl {
  /// How long it may take: less than who has asked for what it does waits.
  private static let patience: Nanoseconds = .seconds(4)

  private let path: String

  init() throws(NetemRefusal) {
    guard let path = findProgram("tc") else {
      throw NetemRefusal("there is no program tc (of iproute2)")
    }
    self.path = path
  }

  /// What the kernel tells of a queueing discipline.
  struct Discipline: Hashable {
    var kind: String
    var handle: String
    var isRoot: Bool
    /// Packets that left it, that it dropped, that it sent at once before others, and that wait in it.
    var sent: Int
    var dropped: Int
    var hurried: Int
    var waiting: Int
  }

  func disciplines(of device: String) throws -> [Discipline] {
    let text = try run(["-s", "-j", "qdisc", "show", "dev", device])
    guard let list = (try? Value(json: text))?.elements else {
      throw NetemRefusal("tc does not tell of queueing disciplines as JSON")
    }
    return list.compactMap { entry in
      guard let kind = entry["kind"]?.name, let handle = entry["handle"]?.name else { return nil }
      func number(_ name: String) -> Int { entry[name]?.integer ?? 0 }
      return Discipline(
        kind: kind, handle: handle, isRoot: entry["root"] == .bool(true), sent: number("packets"),
        dropped: number("drops"), hurried: number("requeues"), waiting: number("qlen"))
    }
  }

  /// The classes that filters below our root lead packets for addresses to.
  func flows(of device: String) throws -> [UInt32: String] {
    let text = try run(["filter", "show", "dev", device, "parent", NetemTree.root])
    var flows: [UInt32: String] = [:]
    var flow: String?
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.first == "filter" {
        flow = words.firstIndex { $0.hasSuffix("flowid") }.map { String(words[$0 + 1]) }
      } else if words.first == "match", words.count == 4, words[3] == "16", let flow {
        let parts = words[1].split(separator: "/")
        guard parts.count == 2, parts[1] == "ffffffff" else { continue }
        if let address = UInt32(parts[0], radix: 16) { flows[address] = flows[address] ?? flow }
      }
    }
    return flows
  }

  /// Does what lines say, until one fails.
  ///
  /// - Parameter isForced: Whether it goes on behind what fails, and says nothing.
  func obey(_ lines: [String], isForced: Bool = false) throws {
    guard !lines.isEmpty else { return }
    var variables: [String] = []
    // Where tc finds tables of its own.
    var tables: ScratchDirectory?
    if lines.contains(where: { $0.contains(NetemChain.exponentialName) }) {
      let directory = try ScratchDirectory("shrike-netem")
      let table = "\(directory.path)/\(NetemChain.exponentialName).dist"
      close(open(table, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
      guard write(NetemChain.exponentialTable, to: table) else {
        throw SystemCallError("can't write \(table)")
      }
      variables = ["TC_LIB_DIR=\(directory.path)"]
      tables = directory
    }
    defer { withExtendedLifetime(tables) {} }
    do {
      _ = try run(
        (isForced ? ["-force"] : []) + ["-batch", "-"], input: lines.map { "\($0)\n" }.joined(),
        variables)
    } catch  where isForced {}
  }

  /// - Returns: What it prints.
  private func run(
    _ arguments: [String], input: String = "", _ variables: [String] = []
  ) throws -> String {
    let (feed, output) = (try Pipe(capacity: 0), try Pipe(capacity: 0))
    let bytes = Array(input.utf8)
    // It holds sixteen pages, which are more than what is ever told.
    _ = Glibc.write(feed.writeEnd, bytes, bytes.count)
    close(feed.writeEnd)
    // Copied beyond the targets.
    let copies = [feed.readEnd, output.writeEnd, output.writeEnd].map {
      fcntl($0, F_DUPFD_CLOEXEC, 3)
    }
    close(feed.readEnd)
    close(output.writeEnd)
    defer { close(output.readEnd) }
    let program = Program(
      path: path, arguments: ["tc"] + arguments,
      environment: inheritedEnvironment(changing: ["LC_ALL=C"] + variables), directory: "/")
    let pid: pid_t
    do throws(SpawnError) {
      defer { for copy in copies { close(copy) } }
      pid = try program.start(
        .init(descriptors: copies.enumerated().map { ($1, Int32($0)) }, closingFrom: 3))
    } catch {
      throw NetemRefusal(error.explanation(path))
    }
    let printed = TrafficControl.all(from: output.readEnd, until: monotonicTime() + Self.patience)
    if printed == nil { kill(pid, SIGKILL) }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    guard let printed else { throw NetemRefusal("tc does not end") }
    guard ExitStatus(waitStatus: status) == .exited(code: 0) else {
      let line = printed.split(separator: "\n").first ?? "it failed"
      let prefix = "Error: "
      throw NetemRefusal(
        "tc: \(line.hasPrefix(prefix) ? line.dropFirst(prefix.count) : line)")
    }
    return printed
  }

  /// - Returns: Nothing where the time was over first.
  private static func all(from descriptor: Int32, until deadline: Nanoseconds) -> String? {
    var printed: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while process_await_readable(descriptor, max(0, deadline - monotonicTime())) > 0 {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return String(decoding: printed, as: UTF8.self) }
      printed += chunk[..<count]
    }
    return nil
  }
}

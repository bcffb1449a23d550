import Glibc
import Processes
import SSHHosts
import Testing
import Values

/// The two ways to a host; what they share is tried on both.
enum Way: CaseIterable {
  case library
  case program

  func apply(_ options: inout SSHOptions) { options.usesProgram = self == .program }
}

@Suite(
  "Commands over SSH", .serialized, .enabled(if: TestServer.isPossible, TestServer.need),
  .timeLimit(.minutes(2)))
struct CommandTests {
  @Test(
    "what a command prints, on both of its outputs, and how it ends are told apart",
    arguments: Way.allCases)
  func run(way: Way) throws {
    let host = try TestServer.known().connect(change: way.apply)
    defer { host.close() }
    let result = try host.run(["sh", "-c", "echo out; echo err >&2; exit 7"])
    #expect(result.status == .exited(code: 7))
    #expect(result.text == "out")
    #expect(text(result.errorOutput) == "err\n")
    #expect(try host.run(["sh", "-c", "exit 255"]).status == .exited(code: 255))
    #expect(try host.run(["true"]).succeeded)
    let killed = try host.run(["sh", "-c", "kill -9 $$"]).status
    #expect(killed == (way == .library ? .signalled(number: SIGKILL) : .exited(code: 137)))
  }

  @Test("words reach the command as they are", arguments: Way.allCases)
  func words(way: Way) throws {
    let host = try TestServer.known().connect(change: way.apply)
    defer { host.close() }
    let words = ["a b", "$HOME", "it's", "*", "", "\\", "\"", "two\nlines", "ü"]
    let result = try host.run(["printf", "%s|"] + words).checked()
    #expect(result.text == words.map { $0 + "|" }.joined())
  }

  @Test("a command's input is its own, of any size, and ends", arguments: Way.allCases)
  func input(way: Way) throws {
    let host = try TestServer.known().connect(change: way.apply)
    defer { host.close() }
    let input = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    #expect(try host.run(["cat"], input: input).output == input)
    // One that reads nothing of it is no failure.
    #expect(try host.run(["true"], input: input).succeeded)
  }

  @Test("much on standard error does not stop standard output", arguments: Way.allCases)
  func muchErrorOutput(way: Way) throws {
    let host = try TestServer.known().connect(change: way.apply)
    defer { host.close() }
    let script = "head -c 5000000 /dev/zero >&2; echo done"
    let result = try host.run(["sh", "-c", script]).checked()
    #expect(result.text == "done")
    #expect(result.errorOutput.count == 1 << 20)
  }

  @Test(
    "a command that failed is named with its host, status and last lines", arguments: Way.allCases)
  func failed(way: Way) throws {
    let host = try TestServer.known().connect(change: way.apply)
    defer { host.close() }
    let error = #expect(throws: SSHError.self) {
      try host.run(["ls", "/no such"]).checked()
    }
    #expect(
      error?.description
        == "host 127.0.0.1: ls '/no such': exit status 2: ls: cannot access '/no such': "
        + "No such file or directory")
  }

  @Test("a command that does not end in time is named", arguments: Way.allCases)
  func neverEnds(way: Way) throws {
    let host = try TestServer.known().connect(change: way.apply)
    defer { host.close() }
    let error = #expect(throws: SSHError.self) {
      try host.run(["sh", "-c", "echo begun >&2; exec sleep 1000"], within: .milliseconds(700))
    }
    #expect(
      error?.description
        == "host 127.0.0.1: sh -c 'echo begun >&2; exec sleep 1000': not ended after 700ms, "
        + "or something that it started keeps its output open: begun")
    #expect(try host.run(["echo", "well"]).text == "well")
  }

  @Test("a stream is a descriptor, both ways and half-closed", arguments: Way.allCases)
  func stream(way: Way) throws {
    let host = try TestServer.known().connect(change: way.apply)
    defer { host.close() }
    let stream = try host.start(["sh", "-c", "while read x; do echo \"<$x>\"; done; echo end"])
    defer { close(stream.descriptor) }
    for number in 0..<3 {
      write("\(number)\n", stream.descriptor)
      #expect(readLine(stream.descriptor) == "<\(number)>")
    }
    #expect(try stream.wait(within: 0) == nil)
    shutdown(stream.descriptor, Int32(SHUT_WR))
    #expect(readLine(stream.descriptor) == "end")
    #expect(readLine(stream.descriptor) == nil)
    #expect(try stream.wait(within: .seconds(10)) == .exited(code: 0))
  }

  @Test("closing a stream ends its command", arguments: Way.allCases)
  func closing(way: Way) throws {
    let server = try TestServer.known()
    let host = try server.connect(change: way.apply)
    defer { host.close() }
    let mark = "\(server.directory)/ended-\(way)"
    let stream = try host.start(["sh", "-c", "echo up; cat >/dev/null; echo x >\"$0\"", mark])
    #expect(readLine(stream.descriptor) == "up")
    close(stream.descriptor)
    #expect(try eventually { access(mark, F_OK) == 0 })
  }

  @Test("a command that is deaf holds up no other", arguments: Way.allCases)
  func deaf(way: Way) throws {
    let host = try TestServer.known().connect(change: way.apply)
    defer { host.close() }
    let stream = try host.start(["sleep", "1000"])
    defer { close(stream.descriptor) }
    setNonBlocking(stream.descriptor)
    // More than all buffers on the way hold.
    let chunk = [UInt8](repeating: 0, count: 1 << 16)
    var silentSince = monotonicTime()
    while monotonicTime() - silentSince < .milliseconds(300) {
      if send(stream.descriptor, chunk, chunk.count, Int32(MSG_NOSIGNAL)) > 0 {
        silentSince = monotonicTime()
      }
      usleep(1_000)
    }
    #expect(try host.run(["echo", "well"]).text == "well")
  }

  @Test("output that nobody reads holds up no other", arguments: Way.allCases)
  func unread(way: Way) throws {
    let host = try TestServer.known().connect(change: way.apply)
    defer { host.close() }
    let stream = try host.start(["head", "-c", "20000000", "/dev/zero"])
    defer { close(stream.descriptor) }
    usleep(300_000)
    #expect(try host.run(["echo", "well"]).text == "well")
    var count = 0
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let got = recv(stream.descriptor, &chunk, chunk.count, 0), got > 0 { count += got }
    #expect(count == 20_000_000)
  }

  @Test("twenty channels of one connection work at the same time", arguments: Way.allCases)
  func parallel(way: Way) throws {
    let host = try TestServer.known().connect(change: way.apply)
    defer { host.close() }
    let streams = try (0..<20).map { number in
      try host.start(["sh", "-c", "echo up; read x; echo \"$x $0\"", "\(number)"])
    }
    defer { for stream in streams { close(stream.descriptor) } }
    for stream in streams { #expect(readLine(stream.descriptor) == "up") }
    for stream in streams.reversed() { write("go\n", stream.descriptor) }
    for (number, stream) in streams.enumerated() {
      #expect(readLine(stream.descriptor) == "go \(number)")
      #expect(try stream.wait(within: .seconds(10)) == .exited(code: 0))
    }
  }

  @Test("where the host allows few channels, commands wait for each other")
  func fewChannels() throws {
    let server = try TestServer(configuration: ["MaxSessions 2"])
    let host = try server.connect()
    defer { host.close() }
    let streams = try (0..<6).map { _ in try host.start(["sleep", "0.1"]) }
    for stream in streams {
      #expect(try stream.wait(within: .seconds(20)) == .exited(code: 0))
      close(stream.descriptor)
    }
  }

  @Test("a connection that is idle answers what the host asks")
  func idle() throws {
    let server = try TestServer(
      configuration: ["ClientAliveInterval 1", "ClientAliveCountMax 2"])
    let host = try server.connect()
    defer { host.close() }
    sleep(5)
    #expect(host.problem == nil)
    #expect(try host.run(["echo", "well"]).text == "well")
  }

  @Test("keys are exchanged anew while there is much traffic")
  func newKeys() async throws {
    let server = try TestServer(configuration: ["RekeyLimit 1M", "LogLevel DEBUG1"])
    let host = try server.connect()
    defer { host.close() }
    let input = (0..<6_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    async let other = Task.detached { try host.run(["cat"], input: input).output }.value
    let path = "\(server.directory)/file"
    try host.upload(bytes: input, to: path)
    #expect(try host.run(["cat", path]).output == input)
    #expect(try host.readTail(path, count: input.count) == input)
    #expect(try await other == input)
    #expect(server.log.ranges(of: "rekeying").count > 5)
  }

  @Test("a command that closes its outputs is still waited for", arguments: Way.allCases)
  func closedOutputs(way: Way) throws {
    let host = try TestServer.known().connect(change: way.apply)
    defer { host.close() }
    let result = try host.run(["sh", "-c", "exec >&- 2>&-; sleep 0.3; exit 9"])
    #expect(result.status == .exited(code: 9))
  }

  @Test("many commands, one after the other and by many threads", arguments: Way.allCases)
  func many(way: Way) async throws {
    let host = try TestServer.known().connect(change: way.apply)
    defer { host.close() }
    let count = way == .library ? 20 : 5
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<4 {
        group.addTask { () throws in
          for number in 0..<count {
            let word = "\(worker)-\(number)"
            let said = try host.run(["echo", word]).text
            #expect(said == word)
          }
        }
      }
      try await group.waitForAll()
    }
  }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

func write(_ text: String, _ descriptor: Int32) {
  let bytes = Array(text.utf8)
  #expect(send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count)
}

/// The next line, without its end; nothing at the end of all.
func readLine(_ descriptor: Int32) -> String? {
  var line: [UInt8] = []
  var byte: UInt8 = 0
  while true {
    let count = recv(descriptor, &byte, 1, 0)
    if count < 0, errno == EINTR || errno == EAGAIN { continue }
    guard count > 0 else { return line.isEmpty ? nil : text(line) }
    if byte == UInt8(ascii: "\n") { return text(line) }
    line.append(byte)
  }
}

/// Whether something becomes true within some seconds.
func eventually(within time: Nanoseconds = .seconds(10), _ isSo: () throws -> Bool) throws -> Bool {
  let deadline = monotonicTime() + time
  while monotonicTime() < deadline {
    if try isSo() { return true }
    usleep(10_000)
  }
  return false
}

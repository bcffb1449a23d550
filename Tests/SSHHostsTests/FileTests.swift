import Glibc
import Processes
import SSHHosts
import Synchronization
import Testing
import Values

@Suite(
  "Files over SSH", .serialized, .enabled(if: TestServer.isPossible, TestServer.need),
  .timeLimit(.minutes(2)))
struct FileTests {
  /// Over SFTP, by the program, and by commands where the host has no SFTP.
  enum Means: CaseIterable {
    case files
    case program
    case noFileServer

    func connect() throws -> (TestServer, SSHConnection) {
      switch self {
      case .files: (try TestServer.known(), try TestServer.known().connect())
      case .program:
        (try TestServer.known(), try TestServer.known().connect { $0.usesProgram = true })
      case .noFileServer:
        try {
          let server = try TestServer(configuration: ["Subsystem other /bin/false"])
          return (server, try server.connect())
        }()
      }
    }
  }

  @Test("a file goes there and back, with its mode and progress", arguments: Means.allCases)
  func thereAndBack(means: Means) throws {
    let (server, host) = try means.connect()
    defer { host.close() }
    let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 131 >> 3) }
    let scratch = try ScratchDirectory("shrike-ssh")
    try saveBytes(content, "\(scratch.path)/source")
    let remote = "\(server.directory)/big \(means)"
    let uploaded = Mutex<[Int]>([])
    try host.upload("\(scratch.path)/source", to: remote, mode: 0o751) { done, total in
      uploaded.withLock { $0.append(done) }
      #expect(total == content.count)
    }
    let mode = try host.run(["stat", "-c", "%a", remote]).checked().text
    #expect(mode == "751")
    let downloaded = Mutex<[Int]>([])
    try host.download(remote, to: "\(scratch.path)/copy") { done, total in
      downloaded.withLock { $0.append(done) }
      #expect(total == content.count)
    }
    #expect(bytes(ofFile: "\(scratch.path)/copy") == content)
    for told in [uploaded.withLock { $0 }, downloaded.withLock { $0 }] {
      #expect(told.count > 1 && told.last == content.count && told == told.sorted())
    }
    #expect(try host.readTail(remote, count: 1_000) == Array(content.suffix(1_000)))
    #expect(try host.readTail(remote, count: 4_000_000) == content)
  }

  @Test("a file is replaced as a whole, also one that runs", arguments: Means.allCases)
  func replaced(means: Means) throws {
    let (server, host) = try means.connect()
    defer { host.close() }
    let remote = "\(server.directory)/program-\(means)"
    try host.run(["cp", "/bin/sleep", remote]).checked()
    let stream = try host.start([remote, "100"])
    defer { close(stream.descriptor) }
    #expect(try eventually { try host.run(["pgrep", "-f", remote]).succeeded })
    try host.upload(bytes: Array("#!/bin/sh\necho new\n".utf8), to: remote, mode: 0o755)
    #expect(try host.run([remote]).checked().text == "new")
    try host.upload(bytes: [], to: remote)
    #expect(try host.run(["stat", "-c", "%s", remote]).checked().text == "0")
    #expect(try host.readTail(remote, count: 10) == [])
    let names = try host.run(["ls", server.directory]).checked().text
    #expect(!names.contains(".part-"))
  }

  @Test("a full disk is named, and nothing of the file is left there", arguments: Means.allCases)
  func full(means: Means) throws {
    let (server, host) = try means.connect()
    defer { host.close() }
    let remote = "\(server.directory)/full/file"
    let content = [UInt8](repeating: 7, count: 2_000_000)
    let error = #expect(throws: SSHError.self) { try host.upload(bytes: content, to: remote) }
    #expect(
      error?.description
        == "host 127.0.0.1: \(remote): no space left on its file system; make room there")
    #expect(try host.run(["ls", "\(server.directory)/full"]).checked().text == "")
    #expect(throws: Never.self) { try host.upload(bytes: [1, 2, 3], to: remote) }
    try host.run(["rm", remote]).checked()
  }

  @Test("files that are not there or not allowed are named", arguments: Means.allCases)
  func refused(means: Means) throws {
    let (server, host) = try means.connect()
    defer { host.close() }
    let missing = "\(server.directory)/none/file"
    let scratch = try ScratchDirectory("shrike-ssh")
    let upload = #expect(throws: SSHError.self) { try host.upload(bytes: [1], to: missing) }
    let download = #expect(throws: SSHError.self) {
      try host.download(missing, to: "\(scratch.path)/copy")
    }
    for error in [upload, download] {
      let line = try #require(error?.description)
      #expect(line.hasPrefix("host 127.0.0.1: \(missing): "))
      #expect(
        line.lowercased().contains("no such file or directory") || line.contains("nonexistent"))
    }
    #expect(throws: SSHError.self) { try host.upload("/no/such/file", to: "/tmp/x") }
  }

  @Test("a hundred megabytes go there and back", .tags(.slow))
  func hundredMegabytes() throws {
    let server = try TestServer.known()
    let host = try server.connect()
    defer { host.close() }
    let content = [UInt8](repeating: 0x5a, count: 100_000_000)
    let began = monotonicTime()
    try host.upload(bytes: content, to: "\(server.directory)/huge")
    let middle = monotonicTime()
    let scratch = try ScratchDirectory("shrike-ssh")
    try host.download("\(server.directory)/huge", to: "\(scratch.path)/huge")
    let end = monotonicTime()
    print("upload \(middle - began) ns, download \(end - middle) ns")
    #expect(bytes(ofFile: "\(scratch.path)/huge")?.count == content.count)
    try host.run(["rm", "\(server.directory)/huge"]).checked()
  }

  @Test("commands run while a file is on its way")
  func meanwhile() async throws {
    let server = try TestServer.known()
    let host = try server.connect()
    defer { host.close() }
    let path = "\(server.directory)/on-its-way"
    async let upload: Void = host.upload(bytes: [UInt8](repeating: 1, count: 60_000_000), to: path)
    var count = 0
    while try !host.run(["test", "-e", path]).succeeded { count += 1 }
    try await upload
    #expect(count > 0)
    try host.run(["rm", path]).checked()
  }
}

extension Tag {
  @Tag static var slow: Self
}

func saveBytes(_ bytes: [UInt8], _ path: String) throws {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else { throw SystemCallError("can't write \(path)") }
  defer { close(descriptor) }
  guard write(descriptor, bytes, bytes.count) == bytes.count else {
    throw SystemCallError("can't write \(path)")
  }
}

import Glibc
import Processes
import SSHHosts
import Testing
import Values

@Suite(
  "Files over SSH", .enabled(if: TestServer.isPossible, TestServer.need), .timeLimit(.minutes(1)))
struct FileTests {
  @Test("a file goes there and back, with its mode")
  func thereAndBack() throws {
    let server = try TestServer.known()
    let host = try server.connect()
    defer { host.close() }
    let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 131 >> 3) }
    try host.upload(bytes: content, to: "\(server.directory)/big", mode: 0o751)
    let mode = try host.run(["stat", "-c", "%a", "\(server.directory)/big"]).checked().text
    #expect(mode == "751")
    let scratch = try ScratchDirectory("shrike-ssh")
    var told: [Int] = []
    try host.download("\(server.directory)/big", to: "\(scratch.path)/big") { done, total in
      told.append(done)
      #expect(total == content.count)
    }
    #expect(bytes(ofFile: "\(scratch.path)/big") == content)
    #expect(told.last == content.count && told == told.sorted())
    let tail = try host.readTail("\(server.directory)/big", count: 1_000)
    #expect(tail == Array(content.suffix(1_000)))
  }
}

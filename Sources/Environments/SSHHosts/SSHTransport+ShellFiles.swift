import Glibc
import Processes
import Values

/// Files by way of commands, for hosts and programs without a file server.
extension SSHTransport {
  private static var patience: Nanoseconds { .seconds(60) }

  func uploadThroughShell(
    _ source: UploadSource, to path: String, mode: UInt32
  ) throws(SSHError) {
    let script = """
      umask 077; cat >"$1" && chmod "$2" "$1" && mv -f "$1" "$3" || { rm -f "$1"; exit 1; }
      """
    let partial = "\(path).part-\(getpid())-\(monotonicTime())"
    let words = ["sh", "-c", script, "sh", partial, String(mode, radix: 8), path]
    let stream = try start(ShellWords.line(words), errorLimit: 1 << 16)
    defer { Glibc.close(stream.descriptor) }
    var done = 0
    var isTaken = true
    while isTaken {
      var rest = try source.next(1 << 18)[...]
      if rest.isEmpty { break }
      done += rest.count
      while isTaken, !rest.isEmpty {
        let count = rest.withUnsafeBytes {
          send(stream.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        isTaken = count > 0 || errno == EINTR
        rest = rest.dropFirst(max(0, count))
      }
      if isTaken { source.progress(done) }
    }
    shutdown(stream.descriptor, Int32(SHUT_WR))
    try check(stream, path)
  }

  func downloadThroughShell(
    _ path: String, from offset: Int,
    _ take: (_ bytes: ArraySlice<UInt8>, _ total: Int) throws(SSHError) -> Void
  ) throws(SSHError) {
    // The size is the first line.
    let script = "stat -L -c %s -- \"$1\" && exec tail -c \"$2\" -- \"$1\""
    let place = offset < 0 ? "\(-offset)" : "+\(offset + 1)"
    let words = ["sh", "-c", script, "sh", path, place]
    let stream = try start(ShellWords.line(words), errorLimit: 1 << 16)
    defer { Glibc.close(stream.descriptor) }
    shutdown(stream.descriptor, Int32(SHUT_WR))
    var size: Int?
    var head: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = recv(stream.descriptor, &chunk, chunk.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      if let size {
        try take(chunk[..<count], size)
        continue
      }
      head += chunk[..<count]
      guard let end = head.firstIndex(of: UInt8(ascii: "\n")) else { continue }
      let whole = Int(String(decoding: head[..<end], as: UTF8.self)) ?? 0
      size = offset < 0 ? min(-offset, whole) : max(0, whole - offset)
      let rest = head[(end + 1)...]
      if !rest.isEmpty { try take(rest, size ?? 0) }
    }
    try check(stream, path)
  }

  /// - Throws: When the command for a file did not succeed.
  private func check(_ stream: SSHStream, _ path: String) throws(SSHError) {
    guard let status = try stream.wait(within: Self.patience) else {
      throw .commandNeverEnded(
        name, command: stream.command, after: Self.patience,
        lastLines: lastLines(of: stream.errorOutput))
    }
    guard status != .exited(code: 0) else { return }
    let said = lastLines(1, of: stream.errorOutput).first ?? "\(status)"
    if said.contains("No space left on device") { throw .diskFull(name, path: path) }
    throw .remoteFile(name, path: path, said)
  }
}

import Glibc
import Processes

extension SSHConnection {
  /// Copies a file of this machine to the host, where it appears as a whole or not at all.
  ///
  /// - Parameter progress: Is told how many bytes of how many the host has.
  package func upload(
    _ path: String, to remote: String, mode: UInt32 = 0o644,
    progress: @escaping (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(SSHError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .file(path, errorText(errno)) }
    defer { Glibc.close(descriptor) }
    var status = stat()
    fstat(descriptor, &status)
    let source = UploadSource(
      count: Int(status.st_size), report: progress,
      read: { buffer throws(SSHError) in
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        guard count >= 0 else { throw .file(path, errorText(errno)) }
        return count
      })
    try transport.upload(source, to: remote, mode: mode)
  }

  /// Writes a file on the host.
  package func upload(
    bytes: [UInt8], to remote: String, mode: UInt32 = 0o644
  ) throws(SSHError) {
    var rest = bytes[...]
    let source = UploadSource(
      count: bytes.count, report: { _, _ in },
      read: { buffer throws(SSHError) in
        let count = min(buffer.count, rest.count)
        buffer.copyBytes(from: rest.prefix(count))
        rest = rest.dropFirst(count)
        return count
      })
    try transport.upload(source, to: remote, mode: mode)
  }

  /// Copies a file of the host to this machine.
  ///
  /// - Parameter progress: Is told how many bytes of how many are here.
  package func download(
    _ remote: String, to path: String, mode: UInt32 = 0o644,
    progress: @escaping (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(SSHError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw .file(path, errorText(errno)) }
    defer { Glibc.close(descriptor) }
    var done = 0
    try transport.download(remote, from: 0) { bytes, total throws(SSHError) in
      var rest = bytes
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 || errno == EINTR else { throw .file(path, errorText(errno)) }
        rest = rest.dropFirst(max(0, count))
      }
      done += bytes.count
      progress(done, max(done, total))
    }
  }

  /// The last bytes of a file of the host.
  package func readTail(_ remote: String, count: Int) throws(SSHError) -> [UInt8] {
    var tail: [UInt8] = []
    try transport.download(remote, from: -count) { bytes, _ throws(SSHError) in tail += bytes }
    return Array(tail.suffix(count))
  }
}

import CLibSSH2
import Glibc
import Processes
import Values

extension SSHSession {
  /// How much is on its way to the host at most.
  private static let ahead = 1 << 20
  /// How long the host may take to answer one request.
  private static let filePatience: Nanoseconds = .seconds(30)

  /// Calls the library for a file until it is done.
  private func work(
    _ path: String, _ call: () -> Int
  ) throws(SSHError) -> Int {
    let result = try complete(within: SSHSession.filePatience, during: "work on \(path)", call)
    guard let result else {
      throw .remoteFile(
        login.name, path: path, "no answer within \(SSHSession.filePatience.durationText)")
    }
    return result
  }

  private func open(
    _ path: String, _ files: OpaquePointer, flags: Int, mode: UInt32
  ) throws(SSHError) -> OpaquePointer {
    let handle = try completeObject(within: SSHSession.filePatience, during: "work on \(path)") {
      ssh2_sftp_open_ex(
        files, path, UInt32(path.utf8.count), UInt(flags), Int(mode), 0)
    }
    guard let handle else { throw problem(path, files) }
    return handle
  }

  /// What the host says of a file.
  private func problem(_ path: String, _ files: OpaquePointer) -> SSHError {
    let text =
      switch Int(ssh2_sftp_last_error(files)) {
      case SSH2_STATUS_NO_SUCH_FILE: "there is no such file or directory"
      case SSH2_STATUS_PERMISSION_DENIED: "\(login.user) has no permission"
      default: "the host refused; is there such a directory, and may \(login.user) write there?"
      }
    return .remoteFile(login.name, path: path, text)
  }

  /// Writes a file beside where it belongs, and puts it there when it is whole.
  func upload(_ source: UploadSource, to path: String, mode: UInt32) throws(SSHError) {
    let files = try files()
    let partial = "\(path).part-\(getpid())-\(monotonicTime())"
    let handle: OpaquePointer
    do throws(SSHError) {
      handle = try open(
        partial, files,
        flags: SSH2_OPEN_WRITE | SSH2_OPEN_CREATE | SSH2_OPEN_TRUNCATE, mode: 0o600)
    } catch {
      guard case .remoteFile(let host, _, let problem) = error else { throw error }
      throw .remoteFile(host, path: path, problem)
    }
    do throws(SSHError) {
      try send(source, handle, files, path)
      var attributes = ssh2_attributes()
      attributes.flags = UInt(SSH2_ATTRIBUTE_MODE)
      attributes.mode = UInt(mode)
      guard try work(path, { Int(ssh2_sftp_fstat_ex(handle, &attributes, 1)) }) == 0 else {
        throw problem(path, files)
      }
    } catch {
      if wire.problem == nil {
        _ = try work(path) { Int(ssh2_sftp_close_handle(handle)) }
        try remove(partial, files)
      }
      throw error
    }
    let isClosed = try work(path) { Int(ssh2_sftp_close_handle(handle)) } == 0
    guard isClosed, try rename(partial, to: path, files) else {
      let problem = problem(path, files)
      try remove(partial, files)
      throw problem
    }
  }

  private func rename(
    _ partial: String, to path: String, _ files: OpaquePointer
  ) throws(SSHError) -> Bool {
    // The protocol's version 3 renames to no name that is taken.
    try remove(path, files)
    return try work(path) {
      Int(
        ssh2_sftp_rename_ex(
          files, partial, UInt32(partial.utf8.count), path, UInt32(path.utf8.count), 7))
    } == 0
  }

  private func remove(_ path: String, _ files: OpaquePointer) throws(SSHError) {
    _ = try work(path) { Int(ssh2_sftp_unlink_ex(files, path, UInt32(path.utf8.count))) }
  }

  private func send(
    _ source: UploadSource, _ handle: OpaquePointer, _ files: OpaquePointer, _ path: String
  ) throws(SSHError) {
    var buffer: [UInt8] = []
    var start = 0
    var done = 0
    var isWhole = false
    while true {
      while !isWhole, buffer.count - start < SSHSession.ahead {
        if start >= SSHSession.ahead {
          buffer.removeFirst(start)
          start = 0
        }
        let bytes = try source.next(1 << 18)
        isWhole = bytes.isEmpty
        buffer += bytes
      }
      guard start < buffer.count else { return }
      // It is given all that the host has not confirmed, again and again.
      let count = try work(path) {
        let count = buffer.withUnsafeBytes { bytes in
          let rest = UnsafeRawBufferPointer(rebasing: bytes[start...].prefix(SSHSession.ahead))
          return ssh2_sftp_write(handle, rest.bindMemory(to: CChar.self).baseAddress, rest.count)
        }
        return count == 0 ? SSH2_ERROR_AGAIN : count
      }
      guard count > 0 else { throw try writeProblem(path, files) }
      start += count
      done += count
      source.progress(done)
    }
  }

  /// Why nothing more could be written; the protocol has no word for a full disk.
  private func writeProblem(_ path: String, _ files: OpaquePointer) throws(SSHError) -> SSHError {
    let refusal = problem(path, files)
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    var space = ssh2_space()
    let result = try work(path) {
      Int(ssh2_sftp_statvfs(files, folder, folder.utf8.count, &space))
    }
    let isFull = result == 0 && (space.available_blocks == 0 || space.available_files == 0)
    return isFull ? .diskFull(login.name, path: path) : refusal
  }

  func download(
    _ path: String, from offset: Int,
    _ take: (_ bytes: ArraySlice<UInt8>, _ total: Int) throws(SSHError) -> Void
  ) throws(SSHError) {
    let files = try files()
    let handle = try open(path, files, flags: SSH2_OPEN_READ, mode: 0)
    do throws(SSHError) {
      try receive(handle, files, path, from: offset, take)
    } catch {
      if wire.problem == nil { _ = try work(path) { Int(ssh2_sftp_close_handle(handle)) } }
      throw error
    }
    _ = try work(path) { Int(ssh2_sftp_close_handle(handle)) }
  }

  private func receive(
    _ handle: OpaquePointer, _ files: OpaquePointer, _ path: String, from offset: Int,
    _ take: (_ bytes: ArraySlice<UInt8>, _ total: Int) throws(SSHError) -> Void
  ) throws(SSHError) {
    var attributes = ssh2_attributes()
    guard try work(path, { Int(ssh2_sftp_fstat_ex(handle, &attributes, 0)) }) == 0 else {
      throw problem(path, files)
    }
    let size = Int(attributes.size)
    let start = offset < 0 ? max(0, size + offset) : offset
    if start > 0 { ssh2_sftp_seek64(handle, UInt64(start)) }
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = try work(path) {
        buffer.withUnsafeMutableBytes {
          ssh2_sftp_read(handle, $0.bindMemory(to: CChar.self).baseAddress, $0.count)
        }
      }
      guard count >= 0 else { throw problem(path, files) }
      guard count > 0 else { return }
      try take(buffer[..<count], max(0, size - start))
    }
  }
}

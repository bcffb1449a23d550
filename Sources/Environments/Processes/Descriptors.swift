import CProcess
import Glibc

/// A call of the operating system that failed, told with what was attempted.
package struct SystemCallError: Error, CustomStringConvertible {
  package var attempt: String
  package var number: Int32

  package init(_ attempt: String, number: Int32 = errno) {
    self.attempt = attempt
    self.number = number
  }

  package var description: String { "\(attempt): \(errorText(number))" }
}

/// What the C library says of an error number.
package func errorText(_ number: Int32) -> String { String(cString: strerror(number)) }

/// The two ends of a pipe that programs don't inherit unless they are handed an end.
package struct Pipe {
  package var readEnd: Int32
  package var writeEnd: Int32

  /// - Parameter capacity: How many bytes it should hold; the system may give it fewer.
  package init(capacity: Int32) throws {
    var ends: [Int32] = [-1, -1]
    let error = process_pipe(&ends)
    guard error == 0 else {
      let hint = error == EMFILE ? " (raise the limit: ulimit -n)" : ""
      throw SystemCallError("can't make a pipe\(hint)", number: error)
    }
    readEnd = ends[0]
    writeEnd = ends[1]
    process_set_pipe_capacity(readEnd, capacity)
  }
}

/// Makes reads and writes return at once where they would wait.
package func setNonBlocking(_ descriptor: Int32) {
  _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
}

/// Monotonic time in nanoseconds.
package func monotonicTime() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// A file's bytes, or nothing where it can't be read; for files of `/proc`, whose size is unknown.
package func bytes(ofFile path: String) -> [UInt8]? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 4_096)
  while true {
    let count = read(descriptor, &chunk, chunk.count)
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { return count == 0 ? bytes : nil }
    bytes += chunk[..<count]
  }
}

/// The last bytes of a regular file, or nothing where it can't be read; the rest of it is not read.
package func lastBytes(_ count: Int, ofFile path: String) -> [UInt8]? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  let end = lseek(descriptor, 0, Int32(SEEK_END))
  guard end >= 0 else { return nil }
  var bytes = [UInt8](repeating: 0, count: min(count, end))
  let got = pread(descriptor, &bytes, bytes.count, end - bytes.count)
  guard got >= 0 else { return nil }
  return Array(bytes[..<got])
}

/// The names of what is in a directory; none where it can't be read.
package func directoryEntries(_ path: String) -> [String] {
  guard let directory = opendir(path) else { return [] }
  defer { closedir(directory) }
  var names: [String] = []
  while let entry = readdir(directory) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names
}

/// Makes a directory and those above it that are missing.
package func makeDirectories(_ path: String) throws {
  var isDirectory = stat()
  if stat(path, &isDirectory) == 0 { return }
  if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
    try makeDirectories(String(path[..<slash]))
  }
  guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
    throw SystemCallError("can't make the directory \(path)")
  }
}

/// The absolute path without symbolic links, or nothing where there is no such file.
package func canonicalPath(_ path: String) -> String? {
  guard let resolved = realpath(path, nil) else { return nil }
  defer { free(resolved) }
  return String(cString: resolved)
}

/// What a symbolic link says, without following it; nothing where there is no such link.
package func linkTarget(_ path: String) -> String? {
  withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(PATH_MAX)) { buffer in
    guard let base = buffer.baseAddress else { return nil }
    let count = readlink(path, base, buffer.count)
    return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
  }
}

/// Writes a text to a file that is there.
///
/// - Returns: Whether it was all written.
@discardableResult
package func write(_ text: String, to path: String) -> Bool {
  let descriptor = open(path, O_WRONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return false }
  defer { close(descriptor) }
  let bytes = Array(text.utf8)
  return Glibc.write(descriptor, bytes, bytes.count) == bytes.count
}

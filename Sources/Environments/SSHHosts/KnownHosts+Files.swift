import Glibc
import Processes
import Synchronization

extension KnownHosts {
  /// Several hosts may become known at the same time.
  private static let adding = Mutex(())

  /// Reads files, of which those that are missing say nothing.
  static func read(_ paths: [String]) -> KnownHosts {
    var hosts = KnownHosts()
    for path in paths {
      guard let text = bytes(ofFile: path) else { continue }
      hosts.read(String(decoding: text, as: UTF8.self), from: path)
    }
    return hosts
  }

  /// Adds a line to a file, which is made where it is missing.
  ///
  /// - Throws: When it can't be kept there: what is not kept can't be compared the next time.
  static func add(_ line: String, to path: String) throws(SSHError) {
    func problem(_ text: String) -> SSHError {
      .file(path, "the host's key can't be added: \(text)")
    }
    let number = adding.withLock { _ -> Int32 in
      if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
        mkdir(String(path[..<slash]), 0o700)
      }
      let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { return errno }
      defer { close(descriptor) }
      var status = stat()
      fstat(descriptor, &status)
      guard status.st_mode & S_IFMT == S_IFREG else { return EINVAL }
      var last: UInt8 = 0
      let isWhole =
        status.st_size == 0
        || pread(descriptor, &last, 1, status.st_size - 1) == 1
          && last == UInt8(ascii: "\n")
      let bytes = Array((isWhole ? line : "\n" + line).utf8)
      return write(descriptor, bytes, bytes.count) == bytes.count ? 0 : errno
    }
    guard number != EINVAL else { throw problem("it is no regular file") }
    guard number == 0 else { throw problem(errorText(number)) }
  }
}

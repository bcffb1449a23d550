import Glibc

/// What an error number means.
func systemText(_ number: Int32) -> String { String(cString: strerror(number)) }

/// Writes to standard error, whatever is in its way.
func writeToStandardError(_ bytes: [UInt8]) {
  var written = 0
  while written < bytes.count {
    let count = bytes.withUnsafeBytes { buffer in
      let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
      return write(STDERR_FILENO, rest.baseAddress, rest.count)
    }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { return }
    written += count
  }
}

import Glibc

/// A directory for what is tried, removed with this value and with all that is in it.
package final class ScratchDirectory {
  package let path: String

  /// - Parameters:
  ///   - name: How its name begins.
  ///   - parent: Where it is made; nothing for where temporary files go.
  package init(_ name: String, in parent: String? = nil) throws {
    let parent = parent ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/\(name)-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw SystemCallError("can't make a directory in \(parent)")
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { removeTree(path) }
}

private func removeTree(_ path: String) {
  var status = stat()
  guard lstat(path, &status) == 0 else { return }
  guard status.st_mode & S_IFMT == S_IFDIR else {
    unlink(path)
    return
  }
  for name in directoryEntries(path) { removeTree("\(path)/\(name)") }
  rmdir(path)
}

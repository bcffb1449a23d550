import Glibc

/// The two ends of a stream socket that programs don't inherit unless they are handed an end.
package struct SocketPair {
  package var ours: Int32
  package var theirs: Int32

  package init() throws(SystemCallError) {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else {
      let error = errno
      let hint = error == EMFILE ? " (raise the limit: ulimit -n)" : ""
      throw SystemCallError("can't make a socket pair\(hint)", number: error)
    }
    ours = ends[0]
    theirs = ends[1]
  }
}

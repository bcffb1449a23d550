import Glibc

/// How a process ended.
package enum ExitStatus: Hashable, CustomStringConvertible {
  case exited(code: Int32)
  case signalled(number: Int32)

  /// - Parameter status: As `waitpid` reports it.
  package init(waitStatus status: Int32) {
    let signal = status & 0x7f
    self = signal == 0 ? .exited(code: status >> 8 & 0xff) : .signalled(number: signal)
  }

  package var description: String {
    switch self {
    case .exited(let code): "exit status \(code)"
    case .signalled(let number): "signal \(number) (\(String(cString: strsignal(number))))"
    }
  }
}

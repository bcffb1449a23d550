import Glibc
import Processes

/// The processes by the numbers of where an agent was started, for one in a PID namespace of its own.
///
/// On a machine that is reached over SSH these are the machine's numbers; in the lab, those of the namespace
/// that holds it.
struct MachineProcesses: ~Copyable {
  private let descriptor: Int32
  /// This process by its number there.
  private let own: String

  /// Must be made while `/proc` still shows them.
  init() {
    own = linkTarget("/proc/self") ?? ""
    descriptor = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  }

  deinit { close(descriptor) }

  /// The number of a child of this process there; nothing where it can't be known.
  func number(ofChild child: pid_t) -> pid_t? {
    let processes = "/proc/self/fd/\(descriptor)"
    // One thread starts all children.
    let children = text("\(processes)/\(own)/task/\(own)/children").split(separator: " ")
    return children.first { number in
      let line = text("\(processes)/\(number)/status").split(separator: "\n")
        .first { $0.hasPrefix("NSpid:") }
      return line?.split(whereSeparator: \.isWhitespace).last == "\(child)"
    }.flatMap { pid_t($0) }
  }

  private func text(_ path: String) -> String {
    bytes(ofFile: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}

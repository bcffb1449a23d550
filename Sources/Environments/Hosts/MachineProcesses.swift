import Glibc
import Processes

/// The processes of the whole machine, for an agent in a PID namespace, which numbers them otherwise.
struct MachineProcesses: ~Copyable {
  private let descriptor: Int32
  /// This process, as the machine numbers it.
  private let own: String

  /// Must be made while `/proc` still is the machine's.
  init() {
    var link = [CChar](repeating: 0, count: 32)
    let count = readlink("/proc/self", &link, link.count - 1)
    own = String(decoding: link.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    descriptor = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  }

  deinit { close(descriptor) }

  /// How the machine numbers a child of this process; nothing where it can't be known.
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

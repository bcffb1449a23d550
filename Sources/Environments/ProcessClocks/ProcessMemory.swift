import Glibc
import Processes

/// The vDSO in the memory of another process.
///
/// What is written stays that process's own: the kernel gives it a copy of the page, and so to the
/// children that it forks later. A program that it executes begins with the kernel's page.
struct ProcessMemory: ~Copyable {
  /// Why there is nothing to read or write.
  enum Absence: Error {
    /// The process has ended, or begins another program at this moment.
    case ended
    case refused(String)
  }

  /// Where the process has its vDSO.
  let base: UInt64
  private let descriptor: Int32

  init(_ pid: pid_t) throws(Absence) {
    let descriptor = open("/proc/\(pid)/mem", O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else {
      let error = errno
      throw [ENOENT, ESRCH].contains(error)
        ? .ended : .refused("its memory can't be written: \(errorText(error))")
    }
    guard let auxiliary = bytes(ofFile: "/proc/\(pid)/auxv"), !auxiliary.isEmpty else {
      close(descriptor)
      throw .ended
    }
    guard let base = VDSO.address(in: auxiliary) else {
      close(descriptor)
      throw .refused("it has no vDSO for 64 bits")
    }
    self.base = base
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  func read(_ place: Int, count: Int) throws(Absence) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = pread(descriptor, &bytes, count, off_t(bitPattern: base) + off_t(place))
    guard got == count else {
      throw got == 0
        ? .ended : .refused("its vDSO can't be read: \(got < 0 ? errorText(errno) : "cut short")")
    }
    return bytes
  }

  func write(_ bytes: [UInt8], at place: Int) throws(Absence) {
    let put = pwrite(descriptor, bytes, bytes.count, off_t(bitPattern: base) + off_t(place))
    guard put == bytes.count else {
      throw put == 0
        ? .ended
        : .refused("its vDSO can't be written: \(put < 0 ? errorText(errno) : "cut short")")
    }
  }
}

extension off_t {
  fileprivate init(bitPattern address: UInt64) { self = off_t(truncatingIfNeeded: address) }
}

import CProcess
import Glibc
import Processes
import Values

/// Tells which of many descriptors are ready.
struct Poller: ~Copyable {
  /// What a descriptor was registered as.
  enum Source: Hashable {
    case control
    case input(node: Int)
    case output(node: Int)
    case error(node: Int)
  }

  private let descriptor: Int32
  private var ready = [epoll_event](repeating: epoll_event(), count: 256)

  init() throws {
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard descriptor >= 0 else { throw SystemCallError("can't watch descriptors") }
  }

  deinit { close(descriptor) }

  func watch(_ watched: Int32, as source: Source, forWriting: Bool = false) {
    let events = forWriting ? EPOLLOUT.rawValue : EPOLLIN.rawValue
    var event = epoll_event(events: events, data: epoll_data_t(u64: Poller.number(source)))
    epoll_ctl(descriptor, EPOLL_CTL_ADD, watched, &event)
  }

  func forget(_ watched: Int32) { epoll_ctl(descriptor, EPOLL_CTL_DEL, watched, nil) }

  /// Waits until something is ready, at most for `time`.
  mutating func wait(_ time: Nanoseconds) -> [Source] {
    // An epoll descriptor is readable when something is ready; `ppoll` waits to the nanosecond.
    if time > 0, process_await_readable(descriptor, time) == 0 { return [] }
    let count = epoll_wait(descriptor, &ready, Int32(ready.count), 0)
    guard count > 0 else { return [] }
    return ready[..<Int(count)].map { Poller.source($0.data.u64) }
  }

  private static func number(_ source: Source) -> UInt64 {
    switch source {
    case .control: .max
    case .input(let node): UInt64(node) << 2
    case .output(let node): UInt64(node) << 2 | 1
    case .error(let node): UInt64(node) << 2 | 2
    }
  }

  private static func source(_ number: UInt64) -> Source {
    if number == .max { return .control }
    let node = Int(number >> 2)
    return switch number & 3 {
    case 0: .input(node: node)
    case 1: .output(node: node)
    default: .error(node: node)
    }
  }
}

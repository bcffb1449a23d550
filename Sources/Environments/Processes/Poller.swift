import CProcess
import Glibc
package import Values

/// Tells which of many descriptors are ready.
package struct Poller: ~Copyable {
  private let descriptor: Int32
  private var ready = [epoll_event](repeating: epoll_event(), count: 256)

  package init() throws {
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard descriptor >= 0 else { throw SystemCallError("can't watch descriptors") }
  }

  deinit { close(descriptor) }

  /// - Parameter source: What ``wait(_:)`` calls it by.
  package func watch(_ watched: Int32, as source: UInt64, forWriting: Bool = false) {
    let events = forWriting ? EPOLLOUT.rawValue : EPOLLIN.rawValue
    var event = epoll_event(events: events, data: epoll_data_t(u64: source))
    epoll_ctl(descriptor, EPOLL_CTL_ADD, watched, &event)
  }

  package func forget(_ watched: Int32) { epoll_ctl(descriptor, EPOLL_CTL_DEL, watched, nil) }

  /// Waits until something is ready, at most for `time`; a negative time waits for ever.
  package mutating func wait(_ time: Nanoseconds) -> [UInt64] {
    // An epoll descriptor is readable when something is ready; `ppoll` waits to the nanosecond.
    if time != 0, process_await_readable(descriptor, time) == 0 { return [] }
    let count = epoll_wait(descriptor, &ready, Int32(ready.count), 0)
    guard count > 0 else { return [] }
    return ready[..<Int(count)].map { $0.data.u64 }
  }
}

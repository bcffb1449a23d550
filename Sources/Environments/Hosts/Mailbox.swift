import CProcess
import Environments
import Glibc
import Processes
import Synchronization

/// What transports and probes tell from their threads, for the thread that drives the cluster.
final class Mailbox: Sendable {
  private let events = Mutex<[TransportEvent]>([])
  /// Readable while there is something.
  let descriptor: Int32

  init() throws {
    descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
    guard descriptor >= 0 else { throw SystemCallError("can't make an event descriptor") }
  }

  deinit { close(descriptor) }

  func put(_ event: TransportEvent) {
    let isFirst = events.withLock { events in
      events.append(event)
      return events.count == 1
    }
    if isFirst { eventfd_write(descriptor, 1) }
  }

  /// All that was put since the last time, in order.
  func takeAll() -> [TransportEvent] {
    var count: eventfd_t = 0
    eventfd_read(descriptor, &count)
    return events.withLock { events in
      defer { events.removeAll(keepingCapacity: true) }
      return events
    }
  }
}

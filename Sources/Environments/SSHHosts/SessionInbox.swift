import CProcess
import Glibc
import Processes
import Synchronization

/// Something that the thread of a session is to do.
struct SessionJob: Sendable {
  /// Whether it moves a file, of which only one is moved at a time.
  var isTransfer: Bool
  var run: @Sendable (SSHSession) -> Void
  /// Is told that it will never be done.
  var refuse: @Sendable (SSHError) -> Void
}

/// What other threads ask of the thread of a session.
final class SessionInbox: Sendable {
  enum Kind {
    case any
    case other
  }

  private struct State {
    var jobs: [SessionJob] = []
    var end: SSHError?
    var isClosing = false
  }

  private let state = Mutex(State())
  /// Readable while there may be something to do.
  let descriptor: Int32

  init(_ host: String) throws(SSHError) {
    descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
    guard descriptor >= 0 else {
      throw .transport(
        host, "can't make an event: \(errorText(errno)) (raise the limit: ulimit -n)")
    }
  }

  deinit { Glibc.close(descriptor) }

  /// Why nothing is done any more.
  var end: SSHError? { state.withLock { $0.end } }
  var isClosing: Bool { state.withLock { $0.isClosing } }

  func put(_ job: SessionJob) {
    let end = state.withLock { state in
      if state.end == nil { state.jobs.append(job) }
      return state.end
    }
    if let end { return job.refuse(end) }
    eventfd_write(descriptor, 1)
  }

  func take(_ kind: Kind) -> SessionJob? {
    state.withLock { state in
      let place = state.jobs.firstIndex { kind == .any || !$0.isTransfer }
      return place.map { state.jobs.remove(at: $0) }
    }
  }

  /// Makes the descriptor unreadable until something is put; to be followed by a look at what there is.
  func acknowledge() {
    var count: eventfd_t = 0
    eventfd_read(descriptor, &count)
  }

  /// Asks for the end.
  func close(_ reason: SSHError) {
    state.withLock { state in
      state.isClosing = true
      if state.end == nil { state.end = reason }
    }
    eventfd_write(descriptor, 1)
  }

  /// Nothing is done from now on, for a reason.
  func finish(_ reason: SSHError) {
    let jobs = state.withLock { state in
      if state.end == nil { state.end = reason }
      defer { state.jobs = [] }
      return state.jobs
    }
    for job in jobs { job.refuse(reason) }
  }
}

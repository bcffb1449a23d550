import Glibc
import Processes
import Values

/// An answer that one thread gives, once, and others wait for.
final class Promise<Value: Sendable>: @unchecked Sendable {
  // All of it is guarded by the mutex.
  private var answer: Result<Value, SSHError>?
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Gives the answer, unless there is one.
  func keep(_ answer: Result<Value, SSHError>) {
    pthread_mutex_lock(mutex)
    if self.answer == nil { self.answer = answer }
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  /// Waits for the answer, at most until `deadline`.
  ///
  /// - Returns: Nothing where there is none by then.
  func await(until deadline: Nanoseconds = .max) throws(SSHError) -> Value? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    var time = timespec(
      tv_sec: Int(deadline / .seconds(1)), tv_nsec: Int(deadline % .seconds(1)))
    while answer == nil {
      if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { break }
    }
    return try answer?.get()
  }
}

import Glibc
package import Values

/// Time on a clock that never steps.
package func monotonicNanoseconds() -> Nanoseconds {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return .seconds(Int64(time.tv_sec)) + Int64(time.tv_nsec)
}

/// The seconds that the present thread has had of a core.
func threadSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Does two things at once, the second on a thread of its own, and waits for both.
///
/// Where no thread can be had they are done one after the other.
func inParallel(_ first: @escaping @Sendable () -> Void, _ second: @escaping @Sendable () -> Void) {
  let work = Unmanaged.passRetained(Work(body: second))
  #if canImport(Darwin)
  var thread: pthread_t?
  #else
  var thread = pthread_t()
  #endif
  let failure = pthread_create(&thread, nil, { begin($0) }, work.toOpaque())
  first()
  guard failure == 0 else {
    work.takeRetainedValue().body()
    return
  }
  #if canImport(Darwin)
  if let thread { pthread_join(thread, nil) }
  #else
  pthread_join(thread, nil)
  #endif
}

private final class Work: Sendable {
  let body: @Sendable () -> Void

  init(body: @escaping @Sendable () -> Void) { self.body = body }
}

private func begin(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
  return nil
}

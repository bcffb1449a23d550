import Glibc
import Synchronization

/// Does something for each number below a count, all at once, in threads that wait for others most of the
/// time.
///
/// - Returns: What came of each, in order.
package func concurrently<Answer: Sendable>(
  _ count: Int, _ act: @escaping @Sendable (Int) throws -> Answer
) -> [Result<Answer, any Error>] {
  let answers = Answers<Answer>()
  let threads = (0..<count).compactMap { number in
    Work { answers.put(Result { try act(number) }, at: number) }.begin()
  }
  for thread in threads { pthread_join(thread, nil) }
  return answers.inOrder
}

private final class Answers<Answer: Sendable>: Sendable {
  private let all = Mutex<[Int: Result<Answer, any Error>]>([:])

  func put(_ answer: Result<Answer, any Error>, at number: Int) {
    all.withLock { $0[number] = answer }
  }

  var inOrder: [Result<Answer, any Error>] {
    all.withLock { answers in answers.sorted { $0.key < $1.key }.map(\.value) }
  }
}

private final class Work {
  private let run: @Sendable () -> Void

  init(_ run: @escaping @Sendable () -> Void) { self.run = run }

  /// - Returns: Nothing where it is done already, for there could be no thread.
  func begin() -> pthread_t? {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(self)
    let error = pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run() }
        return nil
      }, context.toOpaque())
    guard error != 0 else { return thread }
    context.takeRetainedValue().run()
    return nil
  }
}

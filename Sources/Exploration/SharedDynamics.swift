import Synchronization

/// The dynamics, which several threads ask one at a time.
final class SharedDynamics: @unchecked Sendable {
  private let dynamics: any Dynamics
  private let lock = Mutex(())

  init(_ dynamics: any Dynamics) { self.dynamics = dynamics }

  /// What leaves must be plain numbers, so that nothing stays shared.
  func withLock<Answer>(_ body: (any Dynamics) -> Answer) -> Answer {
    var answer: Answer?
    lock.withLock { _ in answer = body(dynamics) }
    guard let answer else { preconditionFailure("the lock was not had") }
    return answer
  }
}

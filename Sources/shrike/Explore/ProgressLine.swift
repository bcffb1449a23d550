import Reports
import Synchronization

/// Shows on a terminal how far an exploration has come.
final class ProgressLine: Sendable {
  private let line = Mutex(StatusLine())

  func show(_ unique: Int, _ depth: Int) {
    line.withLock { $0.show("\(unique) states, depth \(depth)") }
  }

  func clear() { line.withLock { $0.clear() } }
}

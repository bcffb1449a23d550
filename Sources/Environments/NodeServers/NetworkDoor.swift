package import NIOCore
package import NIOPosix

/// Where connections leave from: this process's network, or another that a thread of its own has entered.
///
/// A socket belongs to the network namespace of the thread that makes it, and so does every thread that
/// this one starts. An event loop starts threads unseen, when what it tells wakes the pool of tasks; so
/// none enters another network, and connections are begun on a thread that does nothing else.
package struct NetworkDoor: Sendable {
  private let thread: NIOThreadPool?

  /// The network of this process.
  package static let here = NetworkDoor(thread: nil)

  private init(thread: NIOThreadPool?) { self.thread = thread }

  /// - Parameter thread: One thread, which has entered the network.
  package init(_ thread: NIOThreadPool) { self.init(thread: thread) }

  /// Connects from there.
  /// - Parameters:
  ///   - loop: What the connection belongs to, and what completes the future.
  ///   - begin: Begins to connect; a channel's socket is made before it returns.
  package func connect(
    on loop: any EventLoop, _ begin: @escaping @Sendable () -> EventLoopFuture<any Channel>
  ) -> EventLoopFuture<any Channel> {
    guard let thread else { return begin() }
    return thread.runIfActive(eventLoop: loop, begin).flatMap { $0 }
  }
}

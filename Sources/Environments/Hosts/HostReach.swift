import CProcess
import NIOCore
import NIOPosix
import NodeServers
import Processes

/// What the controller reaches hosts by: an event loop, and a door to the network where they are.
final class HostReach {
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private var entered: NIOThreadPool?

  /// - Parameter namespace: The network namespace of the hosts; nothing for our own.
  init(in namespace: Int32?) throws {
    guard let namespace else { return }
    let thread = NIOThreadPool(numberOfThreads: 1)
    thread.start()
    entered = thread
    let error = try thread.runIfActive(eventLoop: loop) { process_enter_network(namespace) }.wait()
    guard error == 0 else {
      end()
      throw SystemCallError("can't enter the hosts' network", number: error)
    }
  }

  var loop: any EventLoop { group.next() }

  var door: NetworkDoor { entered.map(NetworkDoor.init) ?? .here }

  func end() {
    // Who still waits at the door is told by the loop that it is closed.
    try? entered?.syncShutdownGracefully()
    try? group.syncShutdownGracefully()
  }
}

public import Environments
import Nodes
public import Values

// Bundled nodes are asked again and again what they take themselves for, so that faults can aim at
// those who lead.
extension LocalProcesses {
  /// Who asks.
  static let statusClient: StaticString = "c-status"
  /// How often.
  private static let statusInterval: Nanoseconds = .milliseconds(100)

  /// Asks the nodes that run, when it is time.
  func askStatus() {
    let time = now
    guard isStarted, time >= nextStatus else { return }
    nextStatus = time + LocalProcesses.statusInterval
    for channel in channels where channel.state == .up && !channel.isPaused {
      guard command(of: channel.node).isBundled, channel.outbox.isEmpty else { continue }
      statusNumber += 1
      let body: Value = ["type": NodeStatus.requestType, "msg_id": .integer(statusNumber)]
      channel.outbox.bytes += line(
        from: "\(LocalProcesses.statusClient)", to: channel.name, body: body.map ?? ValueMap())
      willFlush(channel)
    }
  }

  func receiveStatus(_ envelope: Envelope, from channel: NodeChannel) {
    channel.status = NodeStatus(body: envelope.body.value) ?? channel.status
  }

  public var primaries: [NodeID] {
    channels.filter { $0.status?.isPrimary == true }.map(\.node)
  }

  public func role(of node: NodeID) -> String? { channels[node.index].status?.role }

  public func condition(of node: NodeID) -> NodeCondition? {
    let channel = channels[node.index]
    guard command(of: node).isBundled else { return nil }
    return NodeCondition(
      isUp: channel.isRunning, isWhole: channel.status?.isWhole ?? true,
      status: channel.status?.status ?? channel.lastStatus ?? "it has not told")
  }
}

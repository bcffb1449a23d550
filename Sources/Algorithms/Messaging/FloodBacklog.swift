import Nodes
import Values

/// What a node that is kept busy has not handled yet, in the order in which it came.
///
/// It stands for the limited speed of a process: a flood without end needs one to be a flood that can
/// be run at all.
struct FloodBacklog: Hashable, Sendable {
  enum Work: Hashable, Sendable {
    case request(RequestID, Request)
    case message(from: NodeID, Flood.Message)
  }

  /// From one event to the next.
  static let pause = Nanoseconds.milliseconds(1)
  /// What comes beyond that is dropped, as by a full socket.
  static let countMax = 100_000

  private var work: [Work] = []
  /// The place of the next one; those in front of it are done.
  private var head = 0

  var isEmpty: Bool { head == work.count }

  mutating func add(_ new: Work) {
    if work.count - head < FloodBacklog.countMax { work.append(new) }
  }

  mutating func next() -> Work? {
    guard head < work.count else { return nil }
    defer {
      head += 1
      if head > 1_000 && 2 * head > work.count {
        work.removeFirst(head)
        head = 0
      }
    }
    return work[head]
  }
}

extension FloodBacklog: StablyEncodable {
  func encode(into sink: inout some ByteSink) {
    sink.put(work.count - head)
    for waiting in work[head...] {
      switch waiting {
      case .request(let id, let request):
        sink.put(UInt8(0))
        id.encode(into: &sink)
        request.encode(into: &sink)
      case .message(let peer, let message):
        sink.put(UInt8(1))
        sink.put(peer)
        message.encode(into: &sink)
      }
    }
  }
}

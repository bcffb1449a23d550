import Nodes
public import Values

extension Raft {
  public func encode(into sink: inout some ByteSink) {
    sink.put(term)
    sink.put(votedFor)
    log.encode(into: &sink)
    sink.put(records.count)
    sink.put(isDamaged)
    sink.put(role.rawValue)
    sink.put(leader)
    for vote in votes { sink.put(vote) }
    sink.put(commitIndex)
    store.encode(into: &sink)
    guard role == .leader else { return }
    for peer in peers {
      sink.put(peer.nextIndex)
      sink.put(peer.matchIndex)
      sink.put(peer.round)
    }
    sink.put(durableIndex)
    sink.put(termStart)
    sink.put(leadership.round)
    sink.put(leadership.confirmed)
    sink.put(leadership.silentHeartbeats)
    sink.put(waiting.count)
    for (index, waiter) in waiting.sorted(by: { $0.key < $1.key }) {
      sink.put(index)
      waiter.id.encode(into: &sink)
      sink.put(waiter.origin)
    }
    sink.put(reads.count)
    for read in reads {
      read.key.encode(into: &sink)
      read.waiter.id.encode(into: &sink)
      sink.put(read.waiter.origin)
      sink.put(read.readIndex)
      sink.put(read.round)
    }
  }
}

public import Nodes

extension Raft: Algorithm {
  public static let description = AlgorithmDescription(
    name: "raft",
    summary: "a replicated key-value store by consensus on a log",
    promise: "Reads, writes and compare-and-sets of single keys are linearizable.",
    assumptions: "Fewer than half of the nodes are down at a time; what was synced to disk stays; "
      + "messages may be lost, delayed, duplicated and reordered; clocks matter for progress only.",
    paper: "Ongaro and Ousterhout, In Search of an Understandable Consensus Algorithm, "
      + "USENIX ATC 2014; Ongaro's thesis, 2014, sections 6.3 and 6.4",
    options: [
      AlgorithmOption(
        "election-timeout", standard: "150ms",
        "a follower waits between one and two of these for a leader"),
      AlgorithmOption("heartbeat", standard: "50ms", "how often a leader makes itself heard"),
      AlgorithmOption("batch", standard: "64", "the most entries that one message carries"),
    ],
    bugs: [
      PlantedBug("stale-reads", "a leader answers reads without making sure that it still leads"),
      PlantedBug("volatile-vote", "a vote is not written to disk, and can be given again"),
      PlantedBug(
        "commit-old-term",
        "a leader commits entries of earlier terms by counting their copies (figure 8)"),
      PlantedBug("early-ack", "a leader acknowledges a write before it is committed"),
      PlantedBug("no-truncate", "a follower keeps entries that conflict with the leader's"),
      PlantedBug("torn-tail", "a torn record at the end of the log is not cut at restart"),
    ],
    workloads: ["lin-kv"])

  public static func invariants() -> [any Invariant<Raft>] {
    [RaftElectionSafety(), RaftLogInvariants()]
  }
}

import Nodes

/// The planted bugs that several replicated data types have in common.
extension PlantedBug {
  static let mergeAdds = PlantedBug(
    "merge-adds", "deltas hold what was added, and merging adds them up",
    source:
      "Almeida et al. (2018): a delta is a state that is joined, and may come twice.",
    violates: ["unexplained", "diverging", "below-bound"])
  static let shareOverwritten = PlantedBug(
    "share-overwritten", "a share that is told takes the place of the own copy, be it older",
    source:
      "Shapiro et al. (2011), Counters: of two states of a share the greater one is the later.",
    violates: ["unexplained", "diverging", "below-bound"])
  static let oneShare = PlantedBug(
    "one-share", "all nodes add to the same share, and the greater of two sums is kept",
    source:
      "Shapiro et al. (2011), Counters: the greater of two integers loses concurrent increments.",
    violates: ["unexplained", "lost"])

  static let mergeOverwrites = PlantedBug(
    "merge-overwrites", "what another node tells takes the place of what a node has",
    source: "Jepsen, Cassandra (2013): the last writer's whole value wins, and updates are lost.",
    violates: ["unexplained", "lost", "diverging"])
  static let tombstoneCollected = PlantedBug(
    "tombstone-collected", "a removal is forgotten as soon as two nodes know of it",
    source:
      "Cassandra's gc_grace_seconds: deleted data comes back where a replica was away for longer.",
    violates: ["unexplained", "diverging"])

  static let tagReused = PlantedBug(
    "tag-reused", "a node gives two of its updates the same tag",
    source: "Shapiro et al. (2011), OR-Set: the tag of each add must be unique.",
    violates: ["unexplained", "lost", "diverging"])
  static let contextDropped = PlantedBug(
    "context-dropped",
    "what was seen is forgotten with what it named, so that what is told again returns",
    source: "Bieniusa et al., An optimized conflict-free replicated set (2012): without "
      + "tombstones, only what was seen tells a removed element from a new one.",
    violates: ["unexplained", "diverging"])
  static let removeUnseen = PlantedBug(
    "remove-unseen", "a removal takes away what it never saw, too",
    source: "Shapiro et al. (2011), OR-Set: a remove takes the tags that its source had observed.",
    violates: ["unexplained", "lost", "diverging"])
  static let removeOneTag = PlantedBug(
    "remove-one-tag", "a removal takes away only one of the adds that it saw",
    source: "Shapiro et al. (2011), OR-Set: a remove takes all tags that its source had observed.",
    violates: ["unexplained"])

  static let clockNotAdvanced = PlantedBug(
    "clock-not-advanced", "stamps count a node's own updates, whatever it has seen",
    source: "Lamport, Time, clocks, and the ordering of events (1978), rule IR2.",
    violates: ["arbitration-cycle", "lost"])
  static let tieUnbroken = PlantedBug(
    "tie-unbroken",
    "a clock ticks every 100 ms, and of two updates of the same time the one that came first stays",
    source:
      "Lamport (1978): ties have to be broken by an order of the processes; Jepsen, Cassandra "
      + "(2013), on writes of equal timestamps.",
    violates: ["diverging", "unexplained"])
  static let lastArrivalWins = PlantedBug(
    "last-arrival-wins", "what comes last takes the place of what is there, whatever its stamp",
    source: "Shapiro et al. (2011), LWW-Register: the greater timestamp wins.",
    violates: ["diverging", "unexplained", "lost", "arbitration-cycle"])
}

extension Set<String> {
  /// Whether a planted bug is switched on.
  func contains(_ bug: PlantedBug) -> Bool { !isEmpty && contains(bug.name) }
}

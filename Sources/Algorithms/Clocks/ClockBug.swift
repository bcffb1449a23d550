import Nodes

/// What can go wrong where nodes stamp events, whatever the clock.
enum ClockBug {
  static let noMergeName = "no-merge"
  static let noTickName = "no-tick"
  static let staleMessageName = "stale-message"
  static let sharedEntryName = "shared-entry"

  static func noMerge(source: String) -> PlantedBug {
    PlantedBug(
      noMergeName, "a message that is received does not advance the clock to its stamp",
      source: source, violates: ["unordered", "falsely-ordered"])
  }

  static func noTick(source: String) -> PlantedBug {
    PlantedBug(
      noTickName, "the receipt of a message is no event of its own", source: source,
      violates: ["unordered", "falsely-ordered"])
  }

  static func staleMessage(source: String) -> PlantedBug {
    PlantedBug(
      staleMessageName, "a message carries what the clock said before it was sent", source: source,
      violates: ["unordered", "falsely-ordered"])
  }

  static func sharedEntry(source: String) -> PlantedBug {
    PlantedBug(
      sharedEntryName, "two nodes count their events in one place", source: source,
      violates: ["falsely-ordered", "unordered"])
  }

  static let forgetsClock = PlantedBug(
    "forgets-clock", "the clock of a node that restarts begins anew",
    source:
      "Lamport (1978), clock condition C1: of one process the later event has the greater time, also "
      + "after a restart.",
    violates: ["unordered", "falsely-ordered"])
}

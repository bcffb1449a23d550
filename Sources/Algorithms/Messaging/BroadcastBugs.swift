import Nodes
import Values

/// The options that several broadcasts have.
enum BroadcastOption {
  static let resend = AlgorithmOption(
    "resend", standard: "200ms", variants: ["50ms", "1s"],
    "how long an acknowledgement may take before messages are sent again")
}

/// The bugs that several broadcasts can have.
enum BroadcastBug {
  static let noRetry = PlantedBug(
    "no-retry", "messages that were not acknowledged are not sent again",
    source:
      "Cachin, Guerraoui and Rodrigues (2011), section 2.4: fair-loss links become perfect by "
      + "sending again only.",
    violates: ["lost", "diverging"])
  static let noSync = PlantedBug(
    "no-sync", "messages are acknowledged and shown before they are durable",
    source: "Jepsen, Elasticsearch 1.5.0 (2015), which synced its log every five seconds.",
    violates: [
      "lost", "diverging", "rewritten", "duplicated", "fifo-violation", "causal-violation",
      "total-order-violation", "reply-before-message",
    ])
  static let ackBeforeSync = PlantedBug(
    "ack-before-sync", "what other nodes send is acknowledged before it is durable",
    source:
      "Jepsen, NATS 2.12.1 (2025): acknowledged before it is flushed, and lost when power is.",
    violates: ["lost", "diverging", "rewritten"])
  static let forgetsDelivered = PlantedBug(
    "forgets-delivered", "a node that restarts does not know which messages it has delivered",
    source:
      "Cachin, Guerraoui and Rodrigues (2011), section 2.4.5: what was delivered must be stored, "
      + "or a message that is sent again is delivered again.",
    violates: ["duplicated"])
  static let reusesNumbers = PlantedBug(
    "reuses-numbers", "a node that restarts numbers its messages from 1 again",
    source:
      "RFC 9293, section 3.4.3: numbers must not start again while old ones are about, or what is "
      + "new is taken for old.",
    violates: ["lost", "diverging", "fifo-violation", "duplicated"])
}

/// What a broadcast promises of the messages that it delivers, from the weakest to the strongest.
///
/// After Hadzilacos and Toueg: A modular approach to fault-tolerant broadcasts and related problems
/// (1994).
public enum DeliveryPromise: String, Hashable, Sendable, CaseIterable {
  /// What was acknowledged is delivered by every node; nothing twice, nothing that was not broadcast.
  case bestEffort = "best-effort"
  /// What one node delivers, all deliver.
  case reliable
  /// After all that its sender broadcast before.
  case fifo
  /// After all that its sender had broadcast or delivered before.
  case causal
  /// In one order everywhere.
  case totalOrder = "total-order"
  /// In one order everywhere, which is causal.
  case causalTotalOrder = "causal-total-order"

  var isReliable: Bool { self != .bestEffort }
  var isFIFO: Bool { self == .fifo || isCausal }
  var isCausal: Bool { self == .causal || self == .causalTotalOrder }
  var isTotal: Bool { self == .totalOrder || self == .causalTotalOrder }
}

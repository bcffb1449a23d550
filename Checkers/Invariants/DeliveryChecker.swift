public import Histories
internal import Values
public import Verdicts

/// Judges what nodes delivered of the messages that were broadcast, and in which order.
///
/// Operations: `broadcast` m, each m once; its ok line says `"message":[node, k]`, the node's k-th from
/// 1, and `"delivered":c`, how many messages the node had delivered when it broadcast m. `read` → [m, …]
/// with `"at":node`, `"from":p`: what the node has delivered, in order, from its place p on (0 where
/// nothing is said). Final reads are marked `"final":true`.
///
/// - `phantom`: delivered, though no broadcast can have brought it.
/// - `duplicated`: delivered more than once by one node.
/// - `rewritten`: what a node had delivered is not what it has delivered later.
/// - `lost`: acknowledged, and some node's last final read lacks it.
/// - `diverging` (from `reliable` on): never acknowledged, and in some last final reads only.
/// - `fifo-violation`: delivered without or before a message that its sender had broadcast before it.
/// - `causal-violation`: delivered without or before a message that its sender had delivered before it.
///   That, with FIFO order, is all of causal order (Hadzilacos and Toueg 1994).
/// - `total-order-violation`: two nodes' deliveries are not the beginning of one order.
///
/// A broadcast that was not acknowledged says nothing of its order, and neither does a node of which
/// something was rewritten. Where final reads had not come to
/// rest nothing is lost or diverging, and the verdict is unknown unless something else is wrong;
/// without final reads the verdict rests on what was read.
public struct DeliveryChecker: Checker {
  public var name: String { "\(promise.rawValue)-delivery" }

  private let promise: DeliveryPromise

  public init(_ promise: DeliveryPromise) { self.promise = promise }

  private static let meanings = [
    ("phantom", "delivered, though no broadcast can have brought them"),
    ("duplicated", "delivered more than once by one node"),
    ("rewritten", "deliveries that a node had shown and took back"),
    ("lost", "acknowledged, and not delivered by every node in the end"),
    ("diverging", "delivered by some nodes, and by others not in the end"),
    ("fifo-violation", "delivered without a message that its sender had broadcast before"),
    ("causal-violation", "delivered without a message that its sender had delivered before"),
    ("total-order-violation", "nodes whose deliveries are in no one order"),
  ]

  /// - Complexity: O(*n* log *n* + *d* *k*) for *n* lines, *d* deliveries and *k* nodes.
  public func check(_ history: History) -> Finding {
    let deliveries = Deliveries(history)
    if let problem = deliveries.problem { return Finding(name, .unknown, reason: problem) }
    var report = CaseReport(DeliveryChecker.meanings)
    deliveries.reportIntegrity(in: &report)
    if promise.isFIFO { deliveries.reportFIFO(in: &report) }
    if promise.isCausal { deliveries.reportCausal(in: &report) }
    if promise.isTotal { deliveries.reportTotalOrder(in: &report) }
    if deliveries.unrest == nil {
      deliveries.reportOutcome(demandsAgreement: promise.isReliable, in: &report)
    }
    var finding = Finding(name, .valid, facts: deliveries.facts)
    finding.add(report.anomalies)
    guard finding.verdict == .valid else { return finding }
    if deliveries.readCount == 0 {
      finding.verdict = .unknown
      finding.reason = "no read succeeded"
    } else if let unrest = deliveries.unrest {
      finding.verdict = .unknown
      finding.reason = unrest
    } else if deliveries.finals.isEmpty {
      finding.reason = "no final reads: nothing is said of lost messages"
    }
    return finding
  }
}

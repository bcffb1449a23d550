import Convergence
import Invariants
import Isolation
import Verdicts

extension LinearizabilityBench {
  private static let million = 1_000_000

  /// What every history of a kind must keep to; no peer is at hand to be measured beside.
  static let invariantRows = [
    Row(
      name: "set-full, 1 M adds, 20 reads while it grows, 5 final ones, check only",
      must: Bound(milliseconds: 5_000), stretch: Bound(milliseconds: 1_000)
    ) { _ in
      try Sample(InvariantText.set(adds: million, reads: 20), SetFullChecker())
    },
    Row(
      name: "kafka, 1 M sends and polls, 2 M messages polled, offsets from 10^12, check only",
      must: Bound(milliseconds: 10_000), stretch: Bound(milliseconds: 2_000)
    ) { _ in
      try Sample(InvariantText.kafka(operations: million), KafkaChecker())
    },
    Row(
      name: "convergence, or-set of 1 M updates at 10 replicas, 10 k reads, check only",
      must: Bound(milliseconds: 10_000), stretch: Bound(milliseconds: 2_000)
    ) { _ in
      try Sample(
        ReplicatedText.addWinsSet(updates: million, replicas: 10), ConvergenceChecker(.addWinsSet))
    },
    Row(
      name: "the same with a wrong read at the end, check only",
      must: Bound(milliseconds: 10_000), stretch: Bound(milliseconds: 2_000)
    ) { _ in
      try Sample(
        ReplicatedText.addWinsSet(updates: million, replicas: 10, isValid: false),
        ConvergenceChecker(.addWinsSet), expecting: .invalid)
    },
  ]

  /// How time and memory grow with the number of updates, by the number of replicas.
  static let convergenceCourses = [
    Growth.Course(
      name: "convergence, or-set", clients: [10], lengths: [10_000, 100_000, million]
    ) { course in
      try Sample(
        ReplicatedText.addWinsSet(updates: course.operations, replicas: course.clients),
        ConvergenceChecker(.addWinsSet))
    }
  ]
}

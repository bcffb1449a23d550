import Dispatch
import Nodes
import Synchronization
public import Values

/// The planted bugs of bundled systems, and how hard it is to find each.
///
/// Each bug is hunted several times, from seeds far apart, so that the mean number of runs until it
/// is found means something; the correct version of each system runs under the same configuration.
public struct Zoo: Sendable {
  public var exhibits: [Exhibit]
  /// The bugs that are hunted, by name; nothing stands for all.
  public var bugs: Set<String>?
  /// How often each bug is hunted.
  public var repetitions: Int
  /// Under how many seeds each correct system runs.
  public var seedCount: Int
  /// The failing runs of how many hunts of each bug are shrunk, and how long each may take.
  public var shrinkCount = 0
  public var shrinkLimit = Nanoseconds.seconds(60)

  public init(
    _ exhibits: [Exhibit] = Exhibit.all, bugs: Set<String>? = nil, repetitions: Int,
    seedCount: Int
  ) {
    self.exhibits = exhibits
    self.bugs = bugs
    self.repetitions = repetitions
    self.seedCount = seedCount
  }

  /// Something that a core can do alone.
  private enum Work: Sendable {
    case hunt(system: Int, bug: Int, Hunt)
    /// Runs of a correct system.
    case watch(system: Int, seeds: Range<UInt64>)
  }

  /// Runs of a correct system that a core takes at a time.
  private static let watchCount: UInt64 = 20

  private struct State {
    var next = 0
    var results: [ExhibitResult]
    var firstError: (any Error)?
  }

  private final class Shared: Sendable {
    private let state: Mutex<State>

    init(_ state: State) { self.state = Mutex(state) }

    func withLock<Result: Sendable>(
      _ body: (inout sending State) throws -> sending Result
    ) rethrows -> Result {
      try state.withLock { state throws in try body(&state) }
    }
  }

  /// Hunts all bugs on all cores; but for the seconds, the result does not depend on their number.
  ///
  /// - Parameter watch: Told now and then how much is done, of how much.
  /// - Throws: When a configuration makes no sense.
  public func run(
    cores: Int, interrupted: @escaping @Sendable () -> Bool = { false },
    watch: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws -> [ExhibitResult] {
    let results = exhibits.map { ExhibitResult($0, bugs: hunted(in: $0)) }
    let work = work(for: results)
    let shared = Shared(State(results: results))
    // Threads, as in a campaign.
    DispatchQueue.concurrentPerform(iterations: max(1, cores)) { _ in
      while !interrupted(), let place = claim(from: shared, of: work.count) {
        watch(place, work.count)
        do {
          switch work[place] {
          case .hunt(let system, let bug, let hunt):
            guard let result = try hunt.run(interrupted: interrupted) else { continue }
            shared.withLock { $0.results[system].bugs[bug].hunts.append((place, result)) }
          case .watch(let system, let seeds):
            let correct = try observe(exhibits[system], seeds, interrupted)
            shared.withLock { $0.results[system].correct.add(correct) }
          }
        } catch {
          shared.withLock { $0.firstError = $0.firstError ?? error }
        }
      }
    }
    let (ended, error) = shared.withLock { ($0.results, $0.firstError) }
    if let error { throw error }
    var ordered = ended.map(\.inOrder)
    let shrinkCount = shrinkCount * ordered.map(\.bugs.count).reduce(0, +)
    var begun = 0
    for system in ordered.indices {
      for bug in ordered[system].bugs.indices {
        try shrinkFailures(of: &ordered[system].bugs[bug], cores: cores, interrupted: interrupted) {
          watch(work.count + begun + $0, work.count + shrinkCount)
        }
        begun += self.shrinkCount
      }
    }
    return ordered
  }

  private func hunted(in exhibit: Exhibit) -> [PlantedBug] {
    exhibit.bugs.filter { bugs?.contains($0.name) ?? true }
  }

  /// The first hunt of each bug comes first, so that what is not found at all shows early.
  private func work(for results: [ExhibitResult]) -> [Work] {
    var work: [Work] = []
    for repetition in 0..<repetitions {
      for (system, result) in results.enumerated() {
        for (place, bug) in result.bugs.enumerated() {
          let seed = UInt64(repetition * result.exhibit.runsMax)
          work.append(
            .hunt(
              system: system, bug: place,
              Hunt(exhibit: result.exhibit, bug: bug.bug, firstSeed: seed)))
        }
      }
    }
    for system in results.indices {
      for first in stride(from: 0, to: UInt64(seedCount), by: UInt64.Stride(Zoo.watchCount)) {
        let end = min(UInt64(seedCount), first + Zoo.watchCount)
        work.append(.watch(system: system, seeds: first..<end))
      }
    }
    return work
  }

  private func claim(from shared: Shared, of count: Int) -> Int? {
    shared.withLock { state in
      guard state.next < count, state.firstError == nil else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }

  /// Runs a correct system, of which nothing is to be found.
  private func observe(
    _ exhibit: Exhibit, _ seeds: Range<UInt64>, _ interrupted: () -> Bool
  ) throws -> CorrectResult {
    var result = CorrectResult()
    let began = threadSeconds()
    for seed in seeds where !interrupted() {
      result.add(try SimulatedRun(exhibit.plan.seeded(seed)).run())
    }
    result.cpuSeconds = threadSeconds() - began
    return result
  }
}

/// The rule of a sync barrier as it is written down, decided anew for each effect from everything
/// that was ever asked for.
struct NaiveBarrier {
  struct Asked {
    var step: Step
    var event: Int
    var isDone = false
  }

  /// What one step of the barrier lets out.
  struct Output: Equatable {
    /// Sends, replies and calls; storage operations; timers, marks and logs: each in order.
    var outgoing: [Int] = []
    var stored: [Int] = []
    var immediate: [Int] = []
    /// Whether a sync is to be started, and after how many of the storage operations above.
    var startsSyncAfter: Int?
    var tokens: [Int] = []
  }

  private var asked: [Asked] = []
  private var event = 0
  /// The indices of the syncs that the running one will satisfy.
  private(set) var running: [Int] = []

  mutating func admit(_ steps: [Step]) -> Output {
    event += 1
    var output = Output()
    for step in steps {
      asked.append(Asked(step: step, event: event))
      // A sync starts as soon as it is asked for, where none runs.
      settle(&output)
    }
    return output
  }

  mutating func succeed() -> Output {
    var tokens: [Int] = []
    for index in running {
      asked[index].isDone = true
      if case .sync(let number, hasToken: true) = asked[index].step { tokens.append(number) }
    }
    running = []
    var output = Output(tokens: tokens)
    settle(&output)
    return output
  }

  /// - Returns: The tokens that the node hears of; nothing where it is stopped.
  mutating func fail() -> [Int] {
    func token(_ index: Int) -> Int? {
      if case .sync(let number, hasToken: true) = asked[index].step { number } else { nil }
    }
    let carriesToken = running.contains { token($0) != nil }
    let dropped = asked.indices.filter { !asked[$0].isDone }
    for index in dropped { asked[index].isDone = true }
    running = []
    return carriesToken ? dropped.compactMap(token) : []
  }

  private mutating func settle(_ output: inout Output) {
    for index in asked.indices where !asked[index].isDone && mayLeave(index) {
      asked[index].isDone = true
      switch asked[index].step {
      case .outgoing(let number): output.outgoing.append(number)
      case .store(let number): output.stored.append(number)
      case .immediate(let number): output.immediate.append(number)
      case .sync: break
      }
    }
    let startable = asked.indices.filter { isSync($0) && !asked[$0].isDone && mayStart($0) }
    if running.isEmpty && !startable.isEmpty {
      running = startable
      output.startsSyncAfter = output.stored.count
    }
  }

  private func mayLeave(_ index: Int) -> Bool {
    let before = asked[..<index]
    switch asked[index].step {
    case .immediate: return true
    case .sync: return false
    case .outgoing:
      // Every sync asked for before it has succeeded, and it overtakes nothing.
      return before.allSatisfy { entry in
        switch entry.step {
        case .sync, .outgoing: entry.isDone
        case .store, .immediate: true
        }
      }
    case .store:
      // It waits for syncs of its own event, and behind storage operations that wait.
      return before.allSatisfy { entry in
        switch entry.step {
        case .sync: entry.isDone || entry.event != asked[index].event
        case .store: entry.isDone
        case .outgoing, .immediate: true
        }
      }
    }
  }

  /// A sync covers all storage operations that were asked for before it.
  private func mayStart(_ index: Int) -> Bool {
    asked[..<index].allSatisfy { entry in
      if case .store = entry.step { entry.isDone } else { true }
    }
  }

  private func isSync(_ index: Int) -> Bool {
    if case .sync = asked[index].step { true } else { false }
  }
}

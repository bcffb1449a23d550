public import Values

/// The combinators as methods, in the order in which one reads them.
extension Generator {
  public func limit(_ count: Int) -> Limit { Limit(count, self) }
  public func once() -> Limit { Limit(1, self) }
  public func timeLimit(_ duration: Nanoseconds) -> TimeLimit { TimeLimit(duration, self) }
  public func processLimit(_ count: Int) -> ProcessLimit { ProcessLimit(count, self) }
  public func concurrencyLimit(_ count: Int) -> ConcurrencyLimit { ConcurrencyLimit(count, self) }

  public func repeated(_ count: Int? = nil) -> Repeat { Repeat(count, self) }
  public func cycled(_ count: Int? = nil) -> Cycle { Cycle(count, self) }

  /// Random spacing of the given mean.
  public func staggered(by spacing: Nanoseconds, _ draws: Draws) -> Stagger {
    Stagger(spacing, draws, self)
  }

  /// Fixed spacing.
  public func delayed(by spacing: Nanoseconds) -> Delay { Delay(spacing, self) }

  public func map(_ function: @escaping Map.Function) -> Map { Map(self, function) }
  public func renamed(_ names: [String: String]) -> FMap { FMap(names, self) }
  public func filter(_ isWanted: @escaping Filter.Function) -> Filter { Filter(self, isWanted) }
  public func onUpdate(_ function: @escaping OnUpdate.Function) -> OnUpdate {
    OnUpdate(self, function)
  }

  public func onClients() -> OnThreads { .clients(self) }
  public func onNemesis() -> OnThreads { .nemesis(self) }
  public func onThreads(_ threads: ThreadSet) -> OnThreads { OnThreads(threads, self) }
  public func eachThread() -> EachThread { EachThread(self) }
  public func eachProcess() -> EachProcess { EachProcess(self) }

  public func synchronized() -> Synchronize { Synchronize(self) }

  /// This generator, then, once all threads are idle, the next.
  public func then(_ next: any Generator) -> Concat { Concat(self, Synchronize(next)) }

  public func untilOk() -> UntilOk { UntilOk(self) }
  public func cached(for duration: Nanoseconds) -> Cache { Cache(for: duration, self) }
  public func traced(_ label: String, to sink: @escaping Trace.Sink) -> Trace {
    Trace(label, self, to: sink)
  }
  public func validated() -> Validate { Validate(self) }
}

public import Values

/// Operations whose times and threads are known, each at its time or as soon as its thread is free.
public struct Timetable: Generator {
  /// One of the operations.
  public struct Line: Hashable, Sendable {
    /// Since the main phase began.
    public var time: Nanoseconds
    public var thread: Int
    public var f: String
    public var value: Value
    /// Further fields of the operation.
    public var extra: ValueMap

    public init(
      time: Nanoseconds, thread: Int, f: String, value: Value, extra: ValueMap = ValueMap()
    ) {
      self.time = time
      self.thread = thread
      self.f = f
      self.value = value
      self.extra = extra
    }
  }

  /// In the order of their times.
  private let lines: [Line]
  /// By thread: the places of its lines, the last first.
  private var places: [[Int]]
  private let end: Nanoseconds

  /// - Parameter end: When it is over, be something left or be all done long before.
  public init(_ lines: [Line], until end: Nanoseconds) {
    self.end = end
    self.lines = lines.enumerated()
      .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    places = Array(repeating: [], count: (lines.map(\.thread).max() ?? -1) + 1)
    for (place, line) in self.lines.enumerated().reversed() { places[line.thread].append(place) }
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    guard context.time < end else { return .exhausted }
    let free = context.free
    guard !free.isEmpty else { return .pending }
    let ready = places.indices.filter { free.contains($0) }.compactMap { places[$0].last }
    guard let place = ready.min(), lines[place].time < end else { return rest(context) }
    let line = lines[place]
    places[line.thread].removeLast()
    return .invocation(
      Invocation(
        time: line.time, thread: line.thread, process: context.process(of: line.thread), f: line.f,
        value: line.value, extra: line.extra))
  }

  /// Nothing until a thread is free that has something to do, or all is over: no need to ask before.
  private func rest(_ context: GeneratorContext) -> Offer {
    var rest = Invocation(.sleep(0), in: context)
    rest.time = end
    return .invocation(rest)
  }
}

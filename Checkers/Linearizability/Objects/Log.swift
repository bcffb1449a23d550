/// An append-only log that gives each message an offset, ascending, and is polled from an offset on.
public struct Log: SequentialObject {
  public struct Message: Hashable, Sendable {
    public var offset: Int64
    public var value: Int32

    public init(offset: Int64, value: Int32) {
      self.offset = offset
      self.value = value
    }
  }

  public enum Operation: Hashable, Sendable {
    /// Answered the message's offset; nothing where it got the next one.
    case send(Int32, offset: Int64?)
    /// Answered the messages with this number, short or none, but without a gap from the first at
    /// or after an offset.
    case poll(from: Int64, Int32)
  }

  /// What polls answered, by number.
  public let polls: [[Message]]

  public init(polls: [[Message]]) { self.polls = polls }

  public var initial: [Message] { [] }

  public func step(_ state: [Message], _ operation: Operation) -> [Message]? {
    switch operation {
    case .send(let value, let offset):
      let last = state.last?.offset ?? -1
      let offset = offset ?? last &+ 1
      return offset > last ? state + [Message(offset: offset, value: value)] : nil
    case .poll(let from, let number):
      let messages = polls[Int(number)]
      let rest = state.drop { $0.offset < from }
      return rest.starts(with: messages) ? state : nil
    }
  }

  public func isPure(_ operation: Operation) -> Bool {
    if case .poll = operation { true } else { false }
  }
}

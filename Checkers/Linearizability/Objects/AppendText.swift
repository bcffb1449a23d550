/// A text that is appended to, read whole, and written anew.
public struct AppendText: SequentialObject {
  public enum Operation: Hashable, Sendable {
    /// Answered the text with this number.
    case read(Int32)
    case write(Int32)
    case append(Int32)
  }

  /// What the numbers in the operations stand for, in UTF-8.
  public let texts: [[UInt8]]
  public let initial: [UInt8]

  public init(texts: [[UInt8]], initial: [UInt8] = []) {
    self.texts = texts
    self.initial = initial
  }

  public func step(_ state: [UInt8], _ operation: Operation) -> [UInt8]? {
    switch operation {
    case .read(let text): texts[Int(text)] == state ? state : nil
    case .write(let text): texts[Int(text)]
    case .append(let text): state + texts[Int(text)]
    }
  }

  public func touches(of operation: Operation) -> [Touch]? {
    switch operation {
    case .read: [Touch(part: 0, looks: true, sets: false)]
    case .write: [Touch(part: 0, looks: false, sets: true)]
    case .append: [Touch(part: 0, looks: false, sets: false)]
    }
  }

  /// Whether appending may lead from one text to another: it is a prefix of that.
  public func mayLead(_ state: [UInt8], to operation: Operation, part: Int32) -> Bool {
    guard case .read(let text) = operation else { return true }
    return texts[Int(text)].starts(with: state)
  }

  public func isPure(_ operation: Operation) -> Bool {
    if case .read = operation { true } else { false }
  }
}

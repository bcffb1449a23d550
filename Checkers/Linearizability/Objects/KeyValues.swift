/// Registers under several keys, on which an operation may touch several at one moment:
/// transactions, ranges, and operations on single keys beside them.
public struct KeyValues: SequentialObject {
  /// What an operation does to one key.
  public enum Effect: Hashable, Sendable {
    /// Answered this value.
    case read(Int32)
    case write(Int32)
    /// A compare-and-set that succeeded.
    case cas(from: Int32, to: Int32)
    /// A compare-and-set that failed: the value was not this one.
    case differ(from: Int32)
    /// Appended the text with this number to the key's text.
    case append(Int32)

    /// Whether it never changes the key's value.
    package var isPure: Bool {
      switch self {
      case .read, .differ: true
      case .cas(let from, let to): from == to
      case .write, .append: false
      }
    }
  }

  public struct Access: Hashable, Sendable {
    public var key: Int32
    public var effect: Effect

    public init(_ key: Int32, _ effect: Effect) {
      self.key = key
      self.effect = effect
    }
  }

  /// What an operation does, in this order: an access sees what those before it did.
  public typealias Operation = [Access]

  /// A key's value: the number of a known one, or a text that is no known one.
  public enum Content: Hashable, Sendable {
    case known(Int32)
    case text([UInt8])
  }

  /// How many keys there are: 0 and up.
  public let keyCount: Int
  /// The number of the value that all keys begin with.
  public let first: Int32
  /// The texts of the values by number; needed where something is appended.
  public let texts: [[UInt8]]
  private let numbers: [[UInt8]: Int32]

  /// An object whose keys are the numbers below `keyCount`.
  ///
  /// - Parameter texts: The text of each value by its number, all different; empty where nothing
  ///   is ever appended.
  public init(keyCount: Int, initial: Int32, texts: [[UInt8]] = []) {
    self.keyCount = keyCount
    first = initial
    self.texts = texts
    numbers = Dictionary(
      texts.enumerated().map { ($0.element, Int32($0.offset)) }, uniquingKeysWith: { a, _ in a })
  }

  public var initial: [Content] { Array(repeating: .known(first), count: keyCount) }

  public func step(_ state: [Content], _ operation: [Access]) -> [Content]? {
    var after = state
    for access in operation {
      let key = Int(access.key)
      switch access.effect {
      case .read(let value): guard after[key] == .known(value) else { return nil }
      case .write(let value): after[key] = .known(value)
      case .cas(let from, let to):
        guard after[key] == .known(from) else { return nil }
        after[key] = .known(to)
      case .differ(let from): guard after[key] != .known(from) else { return nil }
      case .append(let tail): after[key] = content(text(of: after[key]) + texts[Int(tail)])
      }
    }
    return after
  }

  public func isPure(_ operation: [Access]) -> Bool { operation.allSatisfy(\.effect.isPure) }

  public func touches(of operation: [Access]) -> [Touch]? {
    var touches: [Touch] = []
    for access in operation {
      let place = touches.firstIndex { $0.part == access.key } ?? touches.count
      if place == touches.count {
        touches.append(Touch(part: access.key, looks: false, sets: false))
      }
      switch access.effect {
      case .read, .differ: if !touches[place].sets { touches[place].looks = true }
      case .cas:
        if !touches[place].sets { touches[place].looks = true }
        touches[place].sets = true
      case .write: touches[place].sets = true
      case .append: break
      }
    }
    return touches
  }

  /// Whether appending may lead from a key's value to the one that the operation needs first.
  public func mayLead(_ state: [Content], to operation: [Access], part: Int32) -> Bool {
    var appended = false
    for access in operation where access.key == part {
      switch access.effect {
      case .read(let value), .cas(let value, _):
        if state[Int(part)] == .known(value) { return true }
        guard !texts.isEmpty else { return false }
        return appended || texts[Int(value)].starts(with: text(of: state[Int(part)]))
      case .append: appended = true
      case .differ, .write: return true
      }
    }
    return true
  }

  private func text(of content: Content) -> [UInt8] {
    switch content {
    case .known(let number): texts[Int(number)]
    case .text(let text): text
    }
  }

  func content(_ text: [UInt8]) -> Content {
    if let number = numbers[text] { .known(number) } else { .text(text) }
  }
}

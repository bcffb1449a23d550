/// What a descriptor that is watched is.
enum DescriptorSource: Hashable {
  case control
  case input(node: Int)
  case output(node: Int)
  case error(node: Int)

  /// The number that the poller knows it by.
  var number: UInt64 {
    switch self {
    case .control: .max
    case .input(let node): UInt64(node) << 2
    case .output(let node): UInt64(node) << 2 | 1
    case .error(let node): UInt64(node) << 2 | 2
    }
  }

  init(number: UInt64) {
    let node = Int(number >> 2)
    self =
      switch (number, number & 3) {
      case (.max, _): .control
      case (_, 0): .input(node: node)
      case (_, 1): .output(node: node)
      default: .error(node: node)
      }
  }
}

import Values

/// New numbers for the keys and the values of operations.
///
/// In `[key, value]`, and in a transaction's `["append", key, value]`, what comes first of numbers is the
/// key; every other number is a value.
struct Renumbering {
  private var keys: [Int: Int] = [:]
  private var values: [Int: Int] = [:]

  mutating func renumbered(_ value: Value) -> Value {
    guard case .list(let elements) = value else { return renumberedValue(value) }
    var hasKey = false
    return .list(
      elements.map { element in
        guard case .integer(let number) = element, !hasKey else {
          return hasKey ? renumberedValue(element) : renumbered(element)
        }
        hasKey = true
        return .integer(new(number, in: &keys))
      })
  }

  private mutating func renumberedValue(_ value: Value) -> Value {
    switch value {
    case .integer(let number): .integer(new(number, in: &values))
    case .list(let elements): .list(elements.map { renumberedValue($0) })
    default: value
    }
  }

  private func new(_ number: Int, in numbers: inout [Int: Int]) -> Int {
    if let known = numbers[number] { return known }
    numbers[number] = numbers.count + 1
    return numbers.count
  }
}

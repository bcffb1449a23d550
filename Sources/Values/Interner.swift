/// Gives equal values equal numbers, dense from 0 in the order of their first appearance.
package struct Interner: Sendable {
  package private(set) var values: [Value] = []
  private var numbers: [Value: Int32] = [:]

  package init() {}

  package mutating func number(of value: Value) -> Int32 {
    if let number = numbers[value] { return number }
    let number = Int32(values.count)
    numbers[value] = number
    values.append(value)
    return number
  }
}

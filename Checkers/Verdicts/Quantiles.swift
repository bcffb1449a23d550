package import Values

/// Jepsen's quantiles of some numbers: the element at ⌊*n* · *q*⌋ of them in order.
package func quantiles(_ numbers: [Int]) -> Value? {
  guard !numbers.isEmpty else { return nil }
  let sorted = numbers.sorted()
  let points: [(name: String, numerator: Int)] = [
    ("0", 0), ("0.5", 50), ("0.95", 95), ("0.99", 99), ("1", 100),
  ]
  return .map(
    ValueMap(
      points.map { point in
        let place = min(sorted.count * point.numerator / 100, sorted.count - 1)
        return ValueMap.Entry(key: .string(point.name), value: .integer(sorted[place]))
      }))
}

/// The first few of a list as text, with how many more there are.
package func listing(_ items: [String], limit: Int = 10) -> String {
  let shown = items.prefix(limit).joined(separator: ", ")
  return items.count > limit ? "\(shown) and \(items.count - limit) more" : shown
}

import Processes

/// The users that a user namespace has, by their numbers in it.
package struct UserMap: Hashable {
  private var ranges: [Range<UInt64>] = []

  /// - Parameter text: As `/proc/<pid>/uid_map` has it: the first number inside, the first outside, and
  ///   how many.
  package init(_ text: String) {
    for line in text.split(separator: "\n") {
      let numbers = line.split(separator: " ").compactMap { UInt64($0) }
      if numbers.count == 3 { ranges.append(numbers[0]..<numbers[0] + numbers[2]) }
    }
  }

  package static var ofThisProcess: UserMap {
    UserMap(
      bytes(ofFile: "/proc/self/uid_map").map { String(decoding: $0, as: UTF8.self) } ?? "")
  }

  package func contains(_ user: UInt32) -> Bool { ranges.contains { $0.contains(UInt64(user)) } }
}

import Convergence
import Foundation
import Histories
import Testing
import Values
import Verdicts

@Suite("Random histories of replicas, judged as the definitions say")
struct TwinTests {
  /// How many histories of each type are judged.
  static let count =
    ProcessInfo.processInfo.environment["SHRIKE_TWINS"].flatMap { Int($0) } ?? 2_000

  @Test(
    "Reads are explained exactly where the definitions explain them", arguments: DataType.allCases)
  func specification(_ type: DataType) throws {
    var (valid, invalid) = (0, 0)
    for seed in 0..<UInt64(TwinTests.count) {
      var draws = Draws(seed: seed, stream: 0x7477)
      let (script, expected) = TwinTests.history(type, &draws)
      let finding = try script.finding
      let found = Set(finding.anomalies.map(\.type)).intersection(["diverging", "unexplained"])
      #expect(found == expected, "seed \(seed): \(finding.anomalies.map(\.explanation))")
      if expected.isEmpty { valid += 1 } else { invalid += 1 }
      guard found == expected else { return }
    }
    #expect(valid > TwinTests.count / 20 && invalid > TwinTests.count / 20, "\(valid) \(invalid)")
  }

  /// A history of few replicas whose contexts grow by chance, and what is wrong with its reads.
  private static func history(
    _ type: DataType, _ draws: inout Draws
  ) -> (script: ReplicaScript, anomalies: Set<String>) {
    let replicaCount = 1 + draws.below(3)
    var script = ReplicaScript(type, replicas: replicaCount)
    var contexts = Array(
      repeating: Array(repeating: 0, count: replicaCount), count: replicaCount)
    var updates: [SpecificationTwin.Update] = []
    var reads: [(context: [Int], answer: Value)] = []
    let isCausal = draws.below(4) > 0
    for step in 0..<(2 + draws.below(10)) {
      let replica = draws.below(replicaCount)
      switch draws.below(5) {
      case 0, 1:
        contexts[replica][replica] += 1
        let (f, value, result) = update(type, &draws, step, after: updates)
        let stamp = draws.below(4)
        updates.append(
          SpecificationTwin.Update(
            replica: replica, number: contexts[replica][replica], f: f, value: result ?? value,
            context: contexts[replica], stamp: 10 * stamp + updates.count % 10))
        script.update(
          replica, f, value, context: contexts[replica], result: result,
          stamp: updates[updates.count - 1].stamp)
      case 2:
        let other = draws.below(replicaCount)
        for place in 0..<replicaCount {
          let offered = isCausal || draws.below(2) == 0 ? contexts[other][place] : 0
          contexts[replica][place] = max(contexts[replica][place], offered)
        }
      default:
        let twin = SpecificationTwin(type: type, updates: updates)
        var answer = twin.value(contexts[replica])
        if draws.below(8) == 0 { answer = reads.last?.answer ?? answer }
        if draws.below(8) == 0 { answer = twin.value(contexts[draws.below(replicaCount)]) }
        reads.append((contexts[replica], answer))
        script.read(replica, answer, context: contexts[replica])
      }
    }
    var anomalies: Set<String> = []
    let twin = SpecificationTwin(type: type, updates: updates)
    for (place, read) in reads.enumerated() {
      if twin.value(read.context) != read.answer { anomalies.insert("unexplained") }
      if reads[..<place].contains(where: { $0.context == read.context && $0.answer != read.answer })
      {
        anomalies.insert("diverging")
      }
    }
    return (script, anomalies)
  }

  /// - Returns: An update, and what it came to where that says more: a delete's index is no element, for
  ///   else nobody could tell whether the element is told.
  private static func update(
    _ type: DataType, _ draws: inout Draws, _ step: Int, after updates: [SpecificationTwin.Update]
  ) -> (f: String, value: Value, result: Value?) {
    guard type == .text else {
      let (f, value) = update(type, &draws, step)
      return (f, value, nil)
    }
    let inserted = updates.filter { $0.f == "insert" }.compactMap { $0.value.elements?[1] }
    guard !inserted.isEmpty, draws.below(3) == 0 else {
      return ("insert", [0, .integer(10 + step)], [nil, .integer(10 + step), nil])
    }
    return ("delete", 0, inserted[draws.below(inserted.count)])
  }

  private static func update(
    _ type: DataType, _ draws: inout Draws, _ step: Int
  ) -> (f: String, value: Value) {
    let element = Value.integer(draws.below(3))
    switch type {
    case .growOnlyCounter: return ("add", .integer(draws.below(3)))
    case .counter: return ("add", .integer(draws.below(5) - 2))
    case .boundedCounter:
      return draws.below(4) == 0 ? ("transfer", [0, 1]) : ("add", .integer(draws.below(5) - 2))
    case .growOnlySet: return ("add", element)
    case .twoPhaseSet, .lastWriterSet, .addWinsSet, .removeWinsSet:
      return (draws.below(2) == 0 ? "add" : "remove", element)
    case .lastWriterRegister, .multiValueRegister, .text:
      return ("write", .integer(step % 4))
    case .enableWinsFlag, .disableWinsFlag:
      return (draws.below(2) == 0 ? "enable" : "disable", .null)
    case .tree: return ("move", [.integer(1 + draws.below(3)), .integer(draws.below(4))])
    case .cart:
      switch draws.below(3) {
      case 0: return ("add", [element, .integer(1 + draws.below(2))])
      case 1: return ("change", [element, .integer(1 + draws.below(2))])
      default: return ("remove", element)
      }
    case .map: return mapUpdate(&draws, step, depth: 0)
    }
  }

  private static func mapUpdate(
    _ draws: inout Draws, _ step: Int, depth: Int
  ) -> (f: String, value: Value) {
    let type = ["pn-counter", "or-set", "mv-register", "or-map"][draws.below(depth < 2 ? 4 : 3)]
    let key: Value = draws.below(3) == 0 ? "b" : "a"
    if draws.below(4) == 0 { return ("remove", [key, .string(type)]) }
    let (f, value): (String, Value)
    switch type {
    case "pn-counter": (f, value) = ("add", .integer(draws.below(5) - 2))
    case "or-set": (f, value) = (draws.below(2) == 0 ? "add" : "remove", .integer(draws.below(2)))
    case "mv-register": (f, value) = ("write", .integer(step % 4))
    default: (f, value) = mapUpdate(&draws, step, depth: depth + 1)
    }
    return ("update", [key, .string(type), .string(f), value])
  }

  @Test("A text is misordered exactly where no permutation agrees with all reads")
  func textOrder() throws {
    var misordered = 0
    for seed in 0..<UInt64(TwinTests.count) {
      var draws = Draws(seed: seed, stream: 0x7478)
      let count = 2 + draws.below(3)
      var script = ReplicaScript(.text, replicas: 1)
      for element in 0..<count {
        script.update(0, "insert", [0, .integer(element)], context: [element + 1])
      }
      var lists: [[Int]] = []
      for _ in 0..<(1 + draws.below(4)) {
        var rest = Array(0..<count)
        var list: [Int] = []
        for _ in 0..<(1 + draws.below(count)) {
          list.append(rest.remove(at: draws.below(rest.count)))
        }
        lists.append(list)
        script.read(0, .list(list.map { .integer($0) }), context: nil)
      }
      let hasOrder = permutations(Array(0..<count)).contains { order in
        lists.allSatisfy { list in
          list.map { order.firstIndex(of: $0) ?? 0 }
            == list.map { order.firstIndex(of: $0) ?? 0 }.sorted()
        }
      }
      #expect(try script.anomalies.contains("misordered") == !hasOrder, "seed \(seed)")
      misordered += hasOrder ? 0 : 1
    }
    #expect(misordered > TwinTests.count / 20)
  }

  private func permutations(_ elements: [Int]) -> [[Int]] {
    guard !elements.isEmpty else { return [[]] }
    return elements.indices.flatMap { place in
      var rest = elements
      let first = rest.remove(at: place)
      return permutations(rest).map { [first] + $0 }
    }
  }
}

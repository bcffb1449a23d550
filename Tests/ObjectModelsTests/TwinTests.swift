import Histories
import Linearizability
import ObjectModels
import Testing
import Values
import Verdicts

@Suite("The checker agrees with the definition")
struct TwinTests {
  /// Compares the verdicts on many histories; the evidence must be invalid by itself.
  ///
  /// - Returns: How many were invalid.
  private func compare(
    _ shape: Shape, seeds: Range<UInt64>, failedCasSaw: Bool = false
  ) throws -> Int {
    var invalid = 0
    for seed in seeds {
      let history = try History.random(shape, seed: seed)
      let isKeyed = shape.keys > 1
      let expected = BruteForce.isLinearizable(
        history, isKeyed: isKeyed, failedCasSaw: failedCasSaw)
      let model: any Model =
        isKeyed
        ? KeyValueModel() : RegisterModel(failedCas: failedCasSaw ? .observed : .ignored)
      let finding = LinearizabilityChecker(model).check(history)
      #expect(finding.verdict == (expected ? .valid : .invalid), "seed \(seed)")
      guard let anomaly = finding.anomalies.first else { continue }
      invalid += 1
      let lines = Set(anomaly.operations)
      let part = try History(history.operations.filter { lines.contains($0.index) })
      let isPartValid = BruteForce.isLinearizable(
        part, isKeyed: isKeyed, failedCasSaw: failedCasSaw)
      #expect(!isPartValid, "evidence of seed \(seed)")
      #expect(anomaly.explanation.split(separator: "\n").count <= 40, "seed \(seed)")
    }
    return invalid
  }

  @Test("on random cas-register histories with crashed operations", arguments: 0..<20)
  func registers(batch: Int) throws {
    let seeds = UInt64(batch * 500)..<UInt64(batch * 500 + 500)
    let invalid = try compare(Shape(operations: 4 + batch % 6), seeds: seeds)
    #expect((25...475).contains(invalid), "\(invalid) of 500 are invalid")
  }

  @Test("on histories whose written values are unique", arguments: 0..<4)
  func uniqueValues(batch: Int) throws {
    let shape = Shape(operations: 7, values: 6, lies: 0.2, isUnique: true, casShare: 0.2)
    let invalid = try compare(shape, seeds: UInt64(batch * 500)..<UInt64(batch * 500 + 500))
    #expect((50...450).contains(invalid), "\(invalid) of 500 are invalid")
  }

  @Test("on histories of several keys", arguments: 0..<4)
  func severalKeys(batch: Int) throws {
    let shape = Shape(operations: 12, keys: 3, lies: 0.05)
    let invalid = try compare(shape, seeds: UInt64(batch * 500)..<UInt64(batch * 500 + 500))
    #expect((50...450).contains(invalid), "\(invalid) of 500 are invalid")
  }

  @Test("on histories in which a failed compare-and-set saw another value", arguments: 0..<10)
  func failedCas(batch: Int) throws {
    let shape = Shape(
      operations: 4 + batch % 5, values: 2, crashes: 0.3, casShare: 0.5)
    let invalid = try compare(
      shape, seeds: UInt64(batch * 500)..<UInt64(batch * 500 + 500), failedCasSaw: true)
    #expect((25...475).contains(invalid), "\(invalid) of 500 are invalid")
  }

  @Test("on wide histories with many crashed operations", arguments: 0..<4)
  func wide(batch: Int) throws {
    let shape = Shape(clients: 6, operations: 9, values: 2, crashes: 0.35, lies: 0.15)
    let invalid = try compare(shape, seeds: UInt64(batch * 100)..<UInt64(batch * 100 + 100))
    #expect((5...95).contains(invalid), "\(invalid) of 100 are invalid")
  }

  @Test("histories of an atomic register are valid, whatever crashes", arguments: 0..<60)
  func atomic(seed: Int) throws {
    let shape = Shape(
      clients: 2 + seed % 9, operations: 300, values: 2 + seed % 4, crashes: 0.05, lies: 0)
    let history = try History.random(shape, seed: UInt64(seed))
    #expect(LinearizabilityChecker(RegisterModel()).check(history).verdict == .valid)
  }

  @Test("each prefix of a valid history is valid", arguments: 0..<60 as Range<UInt64>)
  func prefixes(seed: UInt64) throws {
    let history = try History.random(Shape(operations: 30, crashes: 0.1, lies: 0), seed: seed)
    let checker = LinearizabilityChecker(RegisterModel())
    for length in 1...history.operations.count {
      let prefix = try History(Array(history.operations[..<length]))
      #expect(checker.check(prefix).verdict == .valid, "\(length) lines")
    }
  }

  @Test("what the definition calls failed observations agrees with reads that rule a value out")
  func failedCasObserved() throws {
    let lines = [
      Operation(index: 0, type: .invoke, process: .client(0), f: "write", value: 1),
      Operation(index: 1, type: .ok, process: .client(0), f: "write", value: 1),
      Operation(index: 2, type: .invoke, process: .client(0), f: "cas", value: [1, 2]),
      Operation(index: 3, type: .fail, process: .client(0), f: "cas", value: [1, 2]),
    ]
    let history = try History(lines)
    let observing = RegisterModel(failedCas: .observed)
    #expect(LinearizabilityChecker(RegisterModel()).check(history).verdict == .valid)
    #expect(LinearizabilityChecker(observing).check(history).verdict == .invalid)
  }
}

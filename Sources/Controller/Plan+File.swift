public import SystemPackage
public import Values

extension Plan {
  /// Reads the file of a plan.
  ///
  /// - Throws: When it can't be read or is no plan; the error names the file.
  public init(path: FilePath) throws {
    let bytes: [UInt8]
    do { bytes = try FileContents.read(path) } catch {
      throw PlanError("\(path): \(error)")
    }
    do {
      self = try Plan(value: Value(json: bytes))
    } catch {
      throw PlanError("\(path): \(error)")
    }
  }
}

extension RunFolder {
  /// The faults that happened in this run, as plans have them.
  public func happenedFaults() throws -> [Value] {
    let bytes = try FileContents.read(faults)
    var happened: [Value] = []
    for (place, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
      do {
        let fault = try Value(json: line)
        if fault["afterwards"] != true { happened.append(fault) }
      } catch {
        throw PlanError("\(faults):\(place + 1): \(error)")
      }
    }
    return happened
  }
}
